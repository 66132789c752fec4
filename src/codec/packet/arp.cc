// ARP.  Source: RFC 826; IANA's registry of ARP parameters.
#include "codec/network/network.h"
#include "codec/packet/protocols.h"

namespace loquat::codec {
namespace {

std::string_view arp_opcode_name(std::uint64_t code) {
  constexpr std::string_view names[] = {"", "request", "reply", "reverse request", "reverse reply"};
  return code < 5 ? names[code] : "";
}

std::string_view arp_hardware_name(std::uint64_t type) { return type == 1 ? "Ethernet" : ""; }

constexpr FieldSpec arp[] = {
    {"arp.hw.type", "Hardware type", 0, 16, Show::decimal, arp_hardware_name},
    {"arp.proto.type", "Protocol type", 16, 16, Show::hex, ethertype_name},
    {"arp.hw.size", "Hardware address size", 32, 8},
    {"arp.proto.size", "Protocol address size", 40, 8},
    {"arp.opcode", "Operation", 48, 16, Show::decimal, arp_opcode_name},
};
constexpr FieldSpec arp_addresses[] = {
    {"arp.src.hw_mac", "Sender's hardware address", 64, 48, Show::mac},
    {"arp.src.proto_ipv4", "Sender's IP address", 112, 32, Show::ip},
    {"arp.dst.hw_mac", "Target's hardware address", 144, 48, Show::mac},
    {"arp.dst.proto_ipv4", "Target's IP address", 192, 32, Show::ip},
};

std::string arp_summary(LayerWriter& out) {
  const Bytes bytes = out.bytes();
  const std::string sender = ip_text(bytes.subspan(14, 4)), target = ip_text(bytes.subspan(24, 4));
  const std::uint64_t operation = out.number(6, 2);
  if (operation == 1 && sender == target) return "announces " + target;
  if (operation == 1) return "who-has " + target + " tell " + sender;
  if (operation == 2) return sender + " is-at " + mac_text(bytes.subspan(8, 6));
  return number_text(operation, arp_opcode_name);
}

}  // namespace

void read_arp(Dissection& in, Extent range) {
  const Bytes bytes = in.captured(range);
  const bool usual = bytes.size() < 6 || (be8(bytes, 4) == 6 && be8(bytes, 5) == 4);
  const std::size_t size = usual ? 28 : 8 + 2u * (be8(bytes, 4) + be8(bytes, 5));
  LayerWriter out(in, "ARP", 2, range, size);
  out.add(arp);
  if (usual) out.add(arp_addresses);
  out.layer().summary = !usual || out.layer().cut ? number_text(out.number(6, 2), arp_opcode_name) : arp_summary(out);
}

}  // namespace loquat::codec
