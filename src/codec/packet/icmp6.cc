// ICMPv6 and neighbour discovery.  Source: RFC 4443, RFC 4861, RFC 3810; IANA's registry.
#include "codec/packet/protocols.h"

namespace loquat::codec {
namespace {

std::string_view icmp6_type_name(std::uint64_t type) {
  switch (type) {
    case 1:
      return "destination unreachable";
    case 2:
      return "packet too big";
    case 3:
      return "time exceeded";
    case 4:
      return "parameter problem";
    case 128:
      return "echo request";
    case 129:
      return "echo reply";
    case 130:
      return "multicast listener query";
    case 131:
      return "multicast listener report";
    case 132:
      return "multicast listener done";
    case 133:
      return "router solicitation";
    case 134:
      return "router advertisement";
    case 135:
      return "neighbor solicitation";
    case 136:
      return "neighbor advertisement";
    case 137:
      return "redirect";
    case 143:
      return "multicast listener report v2";
    default:
      return "";
  }
}

std::string_view unreachable6_name(std::uint64_t code) {
  constexpr std::string_view names[] = {
      "no route", "prohibited", "beyond scope", "address", "port", "source address failed policy", "rejected by route"};
  return code < 7 ? names[code] : "";
}

std::string_view discovery_option_name(std::uint64_t type) {
  constexpr std::string_view names[] = {
      "", "source link-layer address", "target link-layer address", "prefix information", "redirected header", "MTU"};
  return type < 6 ? names[type] : "";
}

constexpr FieldSpec icmp6_type = {"icmpv6.type", "Type", 0, 8, Show::decimal, icmp6_type_name};
constexpr FieldSpec icmp6_code = {"icmpv6.code", "Code", 8, 8};
constexpr FieldSpec icmp6_unreachable = {"icmpv6.code", "Code", 8, 8, Show::decimal, unreachable6_name};
constexpr FieldSpec icmp6_checksum = {"icmpv6.checksum", "Checksum", 16, 16, Show::hex};
constexpr FieldSpec icmp6_echo[] = {{"icmpv6.echo.identifier", "Identifier", 32, 16, Show::hex},
                                    {"icmpv6.echo.sequence_number", "Sequence number", 48, 16}};
constexpr FieldSpec icmp6_mtu = {"icmpv6.mtu", "MTU", 32, 32};
constexpr FieldSpec icmp6_reserved = {"icmpv6.reserved", "Reserved", 32, 32, Show::hex};
constexpr FieldSpec icmp6_pointer = {"icmpv6.pointer", "Pointer", 32, 32};
constexpr FieldSpec solicitation = {"icmpv6.nd.ns.target_address", "Target", 64, 128, Show::ip};
constexpr FieldSpec advertisement[] = {
    {"icmpv6.nd.na.flag.r", "Router", 32, 1},
    {"icmpv6.nd.na.flag.s", "Solicited", 33, 1},
    {"icmpv6.nd.na.flag.o", "Override", 34, 1},
    {"icmpv6.nd.na.flag.rsv", "Reserved", 35, 29},
    {"icmpv6.nd.na.target_address", "Target", 64, 128, Show::ip},
};
constexpr FieldSpec router[] = {
    {"icmpv6.nd.ra.cur_hop_limit", "Hop limit", 32, 8},
    {"icmpv6.nd.ra.flag", "Flags", 40, 8, Show::hex},
    {"icmpv6.nd.ra.flag.m", "Managed addresses", 40, 1},
    {"icmpv6.nd.ra.flag.o", "Other configuration", 41, 1},
    {"icmpv6.nd.ra.router_lifetime", "Router lifetime", 48, 16},
    {"icmpv6.nd.ra.reachable_time", "Reachable time", 64, 32},
    {"icmpv6.nd.ra.retrans_timer", "Retransmission timer", 96, 32},
};
constexpr FieldSpec discovery_option[] = {
    {"icmpv6.opt.type", "Option", 0, 8, Show::decimal, discovery_option_name},
    {"icmpv6.opt.length", "Option length", 8, 8, Show::octets8},
};
constexpr FieldSpec link_address = {"icmpv6.opt.linkaddr", "Link-layer address", 16, 48, Show::mac};

void add_discovery_options(LayerWriter& out, std::size_t at) {
  while (out.has(at, 1)) {
    out.add(discovery_option, at);
    const std::size_t type = out.number(at, 1), length = out.number(at + 1, 1) * 8;
    if (length == 0 || !out.has(at, length)) return out.cut();
    if ((type == 1 || type == 2) && length == 8) out.add(link_address, at);
    at += length;
  }
}

// The fixed part of a message that has its own fields, up to its options. 0: it has none.
std::size_t discovery_size(std::uint64_t type) noexcept {
  return type == 133 ? 8 : type == 134 ? 16 : type == 135 || type == 136 ? 24 : 0;
}

void add_discovery(LayerWriter& out, std::uint64_t type) {
  if (type == 134) out.add(router);
  if (type == 135) out.add(solicitation, 0);
  if (type == 136) out.add(advertisement);
  if (const std::size_t size = discovery_size(type); size != 0) add_discovery_options(out, size);
}

std::string icmp6_summary(LayerWriter& out) {
  const std::uint64_t type = out.number(0, 1), code = out.number(1, 1);
  std::string text(icmp6_type_name(type));
  if (text.empty()) text = "type=" + std::to_string(type);
  if (type == 1) (text += ": ") += unreachable6_name(code);
  if (type == 2) text += " mtu=" + std::to_string(out.number(4, 4));
  if (type == 128 || type == 129)
    text += " id=" + std::to_string(out.number(4, 2)) + " seq=" + std::to_string(out.number(6, 2));
  if ((type == 135 || type == 136) && out.has(8, 16)) text += " " + ip_text(out.bytes().subspan(8, 16));
  return text;
}

}  // namespace

void read_icmp6(Dissection& in, Extent range) {
  const Bytes bytes = in.captured(range);
  const std::uint64_t type = bytes.empty() ? 0 : be8(bytes, 0);
  const bool echo = type == 128 || type == 129, error = type < 128;
  const bool all_its_own = echo || discovery_size(type) != 0;
  LayerWriter out(in, "ICMPv6", 3, range, all_its_own ? std::max<std::size_t>(range.size(), 8) : 8);
  out.add(icmp6_type, 0);
  out.add(type == 1 ? icmp6_unreachable : icmp6_code, 0);
  out.add(icmp6_checksum, 0);
  if (echo) out.add(icmp6_echo);
  if (type == 1 || type == 3 || type == 133 || type == 135) out.add(icmp6_reserved, 0);
  if (type == 2) out.add(icmp6_mtu, 0);
  if (type == 4) out.add(icmp6_pointer, 0);
  if (!out.has(0, 8)) return;
  add_discovery(out, type);
  if (echo && out.has(8, 1)) out.add("data.data", "Data", 8, out.bytes().size() - 8, size_text(out.bytes().size() - 8));
  out.layer().summary = icmp6_summary(out);
  if (all_its_own) return;
  if (error) return read_inner_ip(in, range.behind(8), true);
  read_data(in, range.behind(8));
}

}  // namespace loquat::codec
