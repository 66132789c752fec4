// IPv6 and its extension headers.  Source: RFC 8200, RFC 4302 (AH).
#include "codec/network/network.h"
#include "codec/packet/protocols.h"

namespace loquat::codec {
namespace {

constexpr FieldSpec ipv6[] = {
    {"ipv6.version", "Version", 0, 4},
    {"ipv6.tclass", "Traffic class", 4, 8, Show::hex},
    {"ipv6.tclass.dscp", "Code point", 4, 6},
    {"ipv6.tclass.ecn", "Congestion notification", 10, 2},
    {"ipv6.flow", "Flow label", 12, 20, Show::hex},
    {"ipv6.plen", "Payload length", 32, 16},
    {"ipv6.nxt", "Next header", 48, 8, Show::decimal, protocol_name},
    {"ipv6.hlim", "Hop limit", 56, 8},
    {"ipv6.src", "Source", 64, 128, Show::ip},
    {"ipv6.dst", "Destination", 192, 128, Show::ip},
};
constexpr FieldSpec hop_by_hop[] = {
    {"ipv6.hopopts.nxt", "Next header", 0, 8, Show::decimal, protocol_name},
    {"ipv6.hopopts.len", "Length", 8, 8},
};
constexpr FieldSpec destination[] = {
    {"ipv6.dstopts.nxt", "Next header", 0, 8, Show::decimal, protocol_name},
    {"ipv6.dstopts.len", "Length", 8, 8},
};
constexpr FieldSpec routing[] = {
    {"ipv6.routing.nxt", "Next header", 0, 8, Show::decimal, protocol_name},
    {"ipv6.routing.len", "Length", 8, 8},
    {"ipv6.routing.type", "Type", 16, 8},
    {"ipv6.routing.segleft", "Segments left", 24, 8},
};
constexpr FieldSpec fragment[] = {
    {"ipv6.fraghdr.nxt", "Next header", 0, 8, Show::decimal, protocol_name},
    {"ipv6.fraghdr.reserved_octet", "Reserved", 8, 8, Show::hex},
    {"ipv6.fraghdr.offset", "Offset", 16, 13, Show::octets8},
    {"ipv6.fraghdr.reserved_bits", "Reserved", 29, 2},
    {"ipv6.fraghdr.more", "More fragments", 31, 1},
    {"ipv6.fraghdr.ident", "Identification", 32, 32, Show::hex},
};
constexpr FieldSpec authentication[] = {
    {"ah.next_header", "Next header", 0, 8, Show::decimal, protocol_name},
    {"ah.length", "Length", 8, 8},
    {"ah.reserved", "Reserved", 16, 16, Show::hex},
    {"ah.spi", "Security parameters index", 32, 32, Show::hex},
    {"ah.sequence", "Sequence number", 64, 32},
};
constexpr FieldSpec option_type = {"ipv6.opt.type", "Option", 0, 8};
constexpr FieldSpec option_length = {"ipv6.opt.length", "Option length", 0, 8};

std::string_view ipv6_option_field(std::uint64_t type) {
  return type == 1 ? "ipv6.opt.padn" : type == 5 ? "ipv6.opt.router_alert" : "ipv6.opt.unknown";
}

void add_ipv6_options(LayerWriter& out) {
  const std::size_t end = out.bytes().size();
  for (std::size_t at = 2; at < end;) {
    out.add(option_type, at);
    if (out.number(at, 1) == 0) {  // Pad1
      ++at;
      continue;
    }
    if (!out.has(at + 1, 1)) return out.cut();
    out.add(option_length, at + 1);
    const std::size_t length = out.number(at + 1, 1);
    if (length > 0) out.add(ipv6_option_field(out.number(at, 1)), "Data", at + 2, length, size_text(length));
    at += 2 + length;
  }
}

void add_extension(LayerWriter& out, std::uint8_t kind) {
  out.layer().summary = protocol_name(kind);
  if (kind == 0) out.add(hop_by_hop);
  if (kind == 60) out.add(destination);
  if (kind == 0 || kind == 60) add_ipv6_options(out);
  if (kind == 43) out.add(routing);
  if (kind == 43 && out.has(4, 4))
    out.add("ipv6.routing.unknown_data", "Data", 4, out.bytes().size() - 4, size_text(out.bytes().size() - 4));
  if (kind == 51) out.add(authentication);
  if (kind != 44) return;
  out.add(fragment);
  out.layer().summary = "fragment at " + std::to_string((out.number(2, 2) >> 3) * 8) +
                        ((out.number(2, 2) & 1) != 0 ? ", more follow" : ", the last");
}

struct Extensions {
  std::uint8_t next;
  Extent range;
  bool first = true;  // no fragment but the first
};

// Adds one extension header as a layer. False if what comes next is none, or does not fit.
bool read_extension(Dissection& in, Extensions& at) {
  const std::uint8_t kind = at.next;
  if (!at.first || (!is_ipv6_extension(kind) && kind != 44 && kind != 51)) return false;
  const Bytes bytes = in.captured(at.range);
  const std::size_t units = bytes.size() < 2 || kind == 44 ? 0 : be8(bytes, 1);
  const std::size_t length = kind == 51 ? (units + 2) * 4 : (units + 1) * 8;
  LayerWriter out(in, "IPv6 extension", 3, at.range, length);
  add_extension(out, kind);
  if (!out.has(0, length)) {
    out.cut();
    at.first = false;
    return false;
  }
  at.next = static_cast<std::uint8_t>(out.number(0, 1));
  at.range = at.range.behind(length);
  if (kind == 44) at.first = out.number(2, 2) >> 3 == 0;
  return true;
}

}  // namespace

void read_ipv6(Dissection& in, Extent range) {
  LayerWriter out(in, "IPv6", 3, range, 40);
  out.add(ipv6);
  if (!out.has(0, 40)) return;
  const Bytes bytes = out.bytes();
  Extensions at{static_cast<std::uint8_t>(out.number(6, 1)), {}};
  out.layer().summary = ip_text(bytes.subspan(8, 16)) + " > " + ip_text(bytes.subspan(24, 16)) +
                        "  hlim=" + std::to_string(out.number(7, 1)) + "  next=" + number_text(at.next, protocol_name);
  if (out.number(0, 1) >> 4 != 6) return out.cut();
  const std::size_t length = out.number(4, 2);
  at.range = {range.at + 40,
              length == 0 && at.next != 59 ? std::max(range.end, range.at + 40) : range.at + 40 + length};
  while (read_extension(in, at)) {
  }
  if (at.first && at.next != 59) return read_by_protocol(in, at.next, at.range);
  if (at.range.size() > 0 && !in.packet.layers.back().cut) read_data(in, at.range);
}

}  // namespace loquat::codec
