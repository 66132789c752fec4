// ICMP, with the packet that an error quotes.  Source: RFC 792, RFC 1191 (next hop's MTU), RFC 4884; IANA's registry.
#include "codec/packet/protocols.h"

namespace loquat::codec {
namespace {

std::string_view icmp_type_name(std::uint64_t type) {
  switch (type) {
    case 0:
      return "echo reply";
    case 3:
      return "destination unreachable";
    case 4:
      return "source quench";
    case 5:
      return "redirect";
    case 8:
      return "echo request";
    case 9:
      return "router advertisement";
    case 10:
      return "router solicitation";
    case 11:
      return "time exceeded";
    case 12:
      return "parameter problem";
    case 13:
      return "timestamp request";
    case 14:
      return "timestamp reply";
    default:
      return "";
  }
}

std::string_view unreachable_name(std::uint64_t code) {
  constexpr std::string_view names[] = {"network",
                                        "host",
                                        "protocol",
                                        "port",
                                        "fragmentation needed",
                                        "source route failed",
                                        "network unknown",
                                        "host unknown",
                                        "source isolated",
                                        "network prohibited",
                                        "host prohibited",
                                        "network for this service",
                                        "host for this service",
                                        "administratively prohibited",
                                        "host precedence",
                                        "precedence cutoff"};
  return code < 16 ? names[code] : "";
}

std::string_view exceeded_name(std::uint64_t code) { return code == 0 ? "in transit" : code == 1 ? "reassembly" : ""; }

constexpr FieldSpec icmp_type = {"icmp.type", "Type", 0, 8, Show::decimal, icmp_type_name};
constexpr FieldSpec icmp_code[] = {{"icmp.code", "Code", 8, 8},
                                   {"icmp.code", "Code", 8, 8, Show::decimal, unreachable_name},
                                   {"icmp.code", "Code", 8, 8, Show::decimal, exceeded_name}};
constexpr FieldSpec icmp_checksum = {"icmp.checksum", "Checksum", 16, 16, Show::hex};
constexpr FieldSpec icmp_echo[] = {{"icmp.ident", "Identifier", 32, 16}, {"icmp.seq", "Sequence number", 48, 16}};
constexpr FieldSpec icmp_gateway = {"icmp.redir_gw", "Gateway", 32, 32, Show::ip};
constexpr FieldSpec icmp_unused = {"icmp.unused", "Unused", 32, 32, Show::hex};
constexpr FieldSpec icmp_unused_half = {"icmp.unused", "Unused", 32, 16, Show::hex};
constexpr FieldSpec icmp_mtu = {"icmp.mtu", "MTU of the next hop", 48, 16};

bool quotes_a_packet(std::uint64_t type) noexcept {
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

std::string icmp_summary(LayerWriter& out) {
  const std::uint64_t type = out.number(0, 1), code = out.number(1, 1);
  std::string text(icmp_type_name(type));
  if (text.empty()) text = "type=" + std::to_string(type);
  if (type == 3) (text += ": ") += unreachable_name(code);
  if (type == 11) (text += " ") += exceeded_name(code);
  if (type == 3 && code == 4) text += ", mtu=" + std::to_string(out.number(6, 2));
  if (type == 5) text += " to " + ip_text(out.bytes().subspan(4, 4));
  if (type == 0 || type == 8)
    text += " id=" + std::to_string(out.number(4, 2)) + " seq=" + std::to_string(out.number(6, 2));
  return text;
}

}  // namespace

void read_icmp(Dissection& in, Extent range) {
  const Bytes bytes = in.captured(range);
  const std::uint64_t type = bytes.empty() ? 0 : be8(bytes, 0), code = bytes.size() < 2 ? 0 : be8(bytes, 1);
  const bool echo = type == 0 || type == 8;
  LayerWriter out(in, "ICMP", 3, range, echo ? std::max<std::size_t>(range.size(), 8) : 8);
  out.add(icmp_type, 0);
  out.add(icmp_code[type == 3 ? 1 : type == 11 ? 2 : 0], 0);
  out.add(icmp_checksum, 0);
  if (echo) out.add(icmp_echo);
  if (type == 5) out.add(icmp_gateway, 0);
  if (type == 3 && code == 4) {
    out.add(icmp_unused_half, 0);
    out.add(icmp_mtu, 0);
  } else if (type == 3 || type == 4 || type == 11) {
    out.add(icmp_unused, 0);
  }
  if (!out.has(0, 8)) return;
  if (echo && out.has(8, 1)) out.add("data.data", "Data", 8, out.bytes().size() - 8, size_text(out.bytes().size() - 8));
  out.layer().summary = icmp_summary(out);
  if (echo) return;
  if (quotes_a_packet(type)) return read_inner_ip(in, range.behind(8), true);
  read_data(in, range.behind(8));
}

}  // namespace loquat::codec
