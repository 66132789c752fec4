// IPv4.  Source: RFC 791, RFC 2474 (DS field), RFC 3168 (ECN), RFC 2113 (router alert).
#include "codec/network/network.h"
#include "codec/packet/protocols.h"

namespace loquat::codec {
namespace {

constexpr FieldSpec ipv4[] = {
    {"ip.version", "Version", 0, 4},
    {"ip.hdr_len", "Header length", 4, 4, Show::words},
    {"ip.dsfield", "Differentiated services", 8, 8, Show::hex},
    {"ip.dsfield.dscp", "Code point", 8, 6},
    {"ip.dsfield.ecn", "Congestion notification", 14, 2},
    {"ip.len", "Total length", 16, 16},
    {"ip.id", "Identification", 32, 16, Show::hex},
    {"ip.flags", "Flags", 48, 3, Show::hex},
    {"ip.flags.rb", "Reserved", 48, 1},
    {"ip.flags.df", "Don't fragment", 49, 1},
    {"ip.flags.mf", "More fragments", 50, 1},
    {"ip.frag_offset", "Fragment offset", 51, 13, Show::octets8},
    {"ip.ttl", "Time to live", 64, 8},
    {"ip.proto", "Protocol", 72, 8, Show::decimal, protocol_name},
    {"ip.checksum", "Header checksum", 80, 16, Show::hex},
    {"ip.src", "Source", 96, 32, Show::ip},
    {"ip.dst", "Destination", 128, 32, Show::ip},
};

std::string_view ip_option_name(std::uint64_t type) {
  switch (type) {
    case 0:
      return "end of options";
    case 1:
      return "no operation";
    case 7:
      return "record route";
    case 68:
      return "time stamp";
    case 131:
      return "loose source route";
    case 137:
      return "strict source route";
    case 148:
      return "router alert";
    default:
      return "";
  }
}

constexpr FieldSpec ip_option_type = {"ip.opt.type", "Option", 0, 8, Show::decimal, ip_option_name};
constexpr FieldSpec ip_option_length = {"ip.opt.len", "Option length", 0, 8};
constexpr FieldSpec ip_option_pointer = {"ip.opt.ptr", "Pointer", 0, 8};
constexpr FieldSpec router_alert = {"ip.opt.ra", "Router alert", 0, 16};

void add_ip_options(LayerWriter& out, std::size_t end) {
  for (std::size_t at = 20; at < end;) {
    const std::uint64_t type = out.number(at, 1);
    out.add(ip_option_type, at);
    if (type == 0) return;
    if (type == 1) {
      ++at;
      continue;
    }
    const std::size_t length = out.number(at + 1, 1);
    if (at + 1 < end) out.add(ip_option_length, at + 1);
    if (length < 2 || length > end - at) return out.cut();
    if (length > 2 && (type == 7 || type == 131 || type == 137)) out.add(ip_option_pointer, at + 2);
    if (length == 4 && type == 148) out.add(router_alert, at + 2);
    at += length;
  }
}

std::string ipv4_summary(LayerWriter& out) {
  const Bytes bytes = out.bytes();
  const std::uint64_t fragment = out.number(6, 2);
  std::string text = ip_text(bytes.subspan(12, 4)) + " > " + ip_text(bytes.subspan(16, 4)) +
                     "  ttl=" + std::to_string(out.number(8, 1));
  if ((fragment & 0x4000) != 0) text += " DF";
  if ((fragment & 0x2000) != 0) text += " MF";
  if ((fragment & 0x3FFF) != 0) text += " fragment at " + std::to_string((fragment & 0x1FFF) * 8);
  return text + "  proto=" + number_text(out.number(9, 1), protocol_name);
}

}  // namespace

void read_ipv4(Dissection& in, Extent range) {
  const Bytes bytes = in.captured(range);
  const std::size_t header = bytes.empty() ? 20 : std::max<std::size_t>(20, (be8(bytes, 0) & 15u) * 4);
  LayerWriter out(in, "IPv4", 3, range, header);
  out.add(ipv4);
  if (bytes.size() < 20) return;
  add_ip_options(out, std::min(header, bytes.size()));
  out.layer().summary = ipv4_summary(out);
  const std::size_t total = out.number(2, 2) == 0 ? range.size() : out.number(2, 2);
  if ((out.number(0, 1) & 15) < 5 || total < header || bytes.size() < header || out.number(0, 1) >> 4 != 4)
    return out.cut();
  const std::uint64_t fragment = out.number(6, 2);
  const auto protocol = static_cast<std::uint8_t>(out.number(9, 1));
  const Extent inside{range.at + header, range.at + total};
  if ((fragment & 0x1FFF) != 0) return read_data(in, inside);
  read_by_protocol(in, protocol, inside);
}

}  // namespace loquat::codec
