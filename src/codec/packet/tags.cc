// What may stand between the link's header and the packet: VLAN tags, MPLS labels, PPP, and 802.2's header.
// Source: IEEE 802.1Q, 802.2, RFC 3032 (MPLS), RFC 4385 (control word), RFC 1661 (PPP), RFC 2516 (PPPoE).
#include "codec/network/network.h"
#include "codec/packet/protocols.h"

namespace loquat::codec {
namespace {

constexpr FieldSpec vlan[] = {
    {"vlan.priority", "Priority", 0, 3},
    {"vlan.dei", "Drop eligible", 3, 1},
    {"vlan.id", "VLAN", 4, 12},
};
constexpr FieldSpec vlan_type = {"vlan.etype", "Type", 16, 16, Show::hex, ethertype_name};

constexpr FieldSpec vlan_length = {"vlan.len", "Length", 16, 16};

// The outer one of two, IEEE 802.1ad.
constexpr FieldSpec service_vlan[] = {
    {"ieee8021ad.priority", "Priority", 0, 3},
    {"ieee8021ad.dei", "Drop eligible", 3, 1},
    {"ieee8021ad.id", "VLAN", 4, 12},
    {"ieee8021ah.etype", "Type", 16, 16, Show::hex, ethertype_name},
};

constexpr FieldSpec mpls[] = {
    {"mpls.label", "Label", 0, 20},
    {"mpls.exp", "Traffic class", 20, 3},
    {"mpls.bottom", "Bottom of stack", 23, 1},
    {"mpls.ttl", "Time to live", 24, 8},
};

constexpr FieldSpec pppoe[] = {
    {"pppoe.version", "Version", 0, 4},
    {"pppoe.type", "Type", 4, 4},
    {"pppoe.code", "Code", 8, 8, Show::hex},
    {"pppoe.session_id", "Session", 16, 16, Show::hex},
    {"pppoe.payload_length", "Payload length", 32, 16},
};

std::string_view ppp_name(std::uint64_t protocol) {
  switch (protocol) {
    case 0x0021:
      return "IPv4";
    case 0x0057:
      return "IPv6";
    case 0x00fd:
      return "compressed";
    case 0x0281:
      return "MPLS";
    case 0x8021:
      return "IPCP";
    case 0x8057:
      return "IPV6CP";
    case 0xc021:
      return "LCP";
    case 0xc023:
      return "PAP";
    case 0xc223:
      return "CHAP";
    default:
      return "";
  }
}
constexpr FieldSpec ppp_head[] = {
    {"ppp.address", "Address", 0, 8, Show::hex},
    {"ppp.control", "Control", 8, 8, Show::hex},
};
constexpr FieldSpec ppp_protocol = {"ppp.protocol", "Protocol", 0, 16, Show::hex, ppp_name};
constexpr FieldSpec ppp_short_protocol = {"ppp.protocol", "Protocol", 0, 8, Show::hex, ppp_name};

constexpr FieldSpec llc[] = {
    {"llc.dsap", "Destination", 0, 8, Show::hex},
    {"llc.ssap", "Source", 8, 8, Show::hex},
    {"llc.control", "Control", 16, 8, Show::hex},
};
constexpr FieldSpec snap[] = {
    {"llc.oui", "Organization", 24, 24, Show::hex},
    {"llc.type", "Type", 48, 16, Show::hex, ethertype_name},
};

// Goes on behind `size` bytes of a layer, if all of them are there.
void read_next(Dissection& in, LayerWriter& out, std::uint16_t type, Extent range, std::size_t size) {
  if (!out.layer().cut && out.has(0, size)) read_by_ethertype(in, type, range.behind(size));
}

}  // namespace

void read_vlan(Dissection& in, Extent range, bool is_service) {
  LayerWriter out(in, "VLAN", 2, range, 4);
  if (is_service)
    out.add(service_vlan);
  else
    out.add(vlan);
  const auto type = static_cast<std::uint16_t>(out.number(2, 2));
  const bool is_length = type < 1536;
  if (!is_service) out.add(is_length ? vlan_length : vlan_type, 0);
  out.layer().summary =
      "id=" + std::to_string(out.number(0, 2) & 0xFFF) + " priority=" + std::to_string(out.number(0, 2) >> 13) +
      (is_length ? "  length=" + std::to_string(type) : "  type=" + hex_text(type, 4, ethertype_name));
  if (!out.layer().cut) read_by_ethertype(in, type, range.behind(4));
}

void read_mpls(Dissection& in, Extent range) {
  LayerWriter out(in, "MPLS", 2, range, 4);
  out.add(mpls);
  const std::uint64_t word = out.number(0, 4);
  out.layer().summary = "label=" + std::to_string(word >> 12) + " ttl=" + std::to_string(word & 255);
  const auto next = next_header(in.frame, {range.at, mpls_type});
  if (out.layer().cut || !next) return;
  if (next->payload == range.at + 4) return read_next(in, out, next->ethertype, range, 4);
  LayerWriter control(in, "MPLS control word", 2, range.behind(4), 4);
  control.add("pwethcw", "Control word", 0, 4, hex_text(control.number(0, 4), 8));
  read_next(in, control, next->ethertype, range.behind(4), 4);
}

void read_pppoe(Dissection& in, Extent range) {
  LayerWriter out(in, "PPPoE", 2, range, 6);
  out.add(pppoe);
  out.layer().summary = "session=" + hex_text(out.number(2, 2), 4);
  if (out.layer().cut) return;
  range.end = std::min(range.end, range.at + 6 + out.number(4, 2));
  read_next(in, out, ppp_type, range, 6);
}

void read_ppp(Dissection& in, Extent range) {
  const Bytes bytes = in.captured(range);
  const std::size_t head = bytes.size() >= 2 && be16(bytes, 0) == 0xFF03 ? 2 : 0;
  const bool is_short = bytes.size() > head && (be8(bytes, head) & 1) != 0;
  const std::size_t size = head + (is_short ? 1 : 2);
  LayerWriter out(in, "PPP", 2, range, size);
  if (head != 0) out.add(ppp_head);
  out.add(is_short ? ppp_short_protocol : ppp_protocol, head);
  const auto protocol = static_cast<std::uint16_t>(out.number(head, size - head));
  out.layer().summary = "protocol=" + hex_text(protocol, 4, ppp_name);
  read_next(in, out, type_of_ppp(protocol), range, size);
}

void read_llc(Dissection& in, Extent range) {
  const auto carried = next_header(in.frame, {range.at, 1});  // any length
  const std::size_t size = carried ? 8 : 3;
  LayerWriter out(in, "LLC", 2, range, size);
  out.add(llc);
  if (carried) out.add(snap);
  out.layer().summary = "dsap=" + hex_text(out.number(0, 1), 2);
  if (carried) out.layer().summary += " type=" + hex_text(carried->ethertype, 4, ethertype_name);
  read_next(in, out, carried ? carried->ethertype : std::uint16_t{0}, range, size);
}

}  // namespace loquat::codec
