// Ethernet, Linux's cooked headers and NFLOG, BSD's loopback headers, Cisco's HDLC.  Source: IEEE 802.3;
// https://www.tcpdump.org/linktypes.html.
#include "codec/network/network.h"
#include "codec/packet/protocols.h"

namespace loquat::codec {
namespace {

constexpr FieldSpec ethernet_fields[] = {
    {"eth.dst", "Destination", 0, 48, Show::mac},
    {"eth.src", "Source", 48, 48, Show::mac},
};
constexpr FieldSpec ethernet_type = {"eth.type", "Type", 96, 16, Show::hex, ethertype_name};
constexpr FieldSpec ethernet_length = {"eth.len", "Length", 96, 16};
std::string_view packet_type_name(std::uint64_t type) {
  constexpr std::string_view names[] = {"to us", "broadcast", "multicast", "to another", "from us"};
  return type < 5 ? names[type] : "";
}

std::string_view hardware_name(std::uint64_t type) { return type == 1 ? "Ethernet" : type == 772 ? "loopback" : ""; }

constexpr FieldSpec cooked[] = {
    {"sll.pkttype", "Packet type", 0, 16, Show::decimal, packet_type_name},
    {"sll.hatype", "Hardware type", 16, 16, Show::decimal, hardware_name},
    {"sll.halen", "Address length", 32, 16},
    {"sll.etype", "Type", 112, 16, Show::hex, ethertype_name},
};
constexpr FieldSpec cooked2[] = {
    {"sll.etype", "Type", 0, 16, Show::hex, ethertype_name},
    {"sll.unused", "Unused", 16, 16, Show::hex},
    {"sll.ifindex", "Interface index", 32, 32},
    {"sll.hatype", "Hardware type", 64, 16, Show::decimal, hardware_name},
    {"sll.pkttype", "Packet type", 80, 8, Show::decimal, packet_type_name},
    {"sll.halen", "Address length", 88, 8},
};

constexpr FieldSpec cisco_hdlc[] = {
    {"chdlc.address", "Address", 0, 8, Show::hex},
    {"chdlc.protocol", "Protocol", 16, 16, Show::hex, ethertype_name},
};
constexpr FieldSpec nflog_version = {"nflog.version", "Version", 8, 8};
constexpr FieldSpec nflog_group = {"nflog.res_id", "Group", 16, 16};

std::string family_text(std::uint32_t family) {
  const std::uint16_t type = type_of_family(family);
  return number_text(family) + (type == 0 ? "" : type == ipv4_type ? " (IPv4)" : " (IPv6)");
}

// The CRC-32 of IEEE 802.3, bit by bit: only frames that have bytes behind their end are checked.
std::uint32_t check_sequence(Bytes frame) {
  std::uint32_t crc = ~0u;
  for (const std::byte each : frame) {
    crc ^= static_cast<std::uint8_t>(each);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320u : 0u);
  }
  return __builtin_bswap32(~crc);  // the first byte that is sent first
}

// The frame check sequence, which some cards hand over. Only a good one is known from other bytes at the end.
bool add_check_sequence(Dissection& in, std::size_t layer, std::size_t start, std::size_t end) {
  const std::size_t size = in.frame.size() - start;
  if (size < 64 || in.frame.size() < end + 4) return false;
  const std::uint32_t found = be32(in.frame, in.frame.size() - 4);
  if (check_sequence(in.frame.subspan(start, size - 4)) != found) return false;
  in.packet.layers[layer].fields.push_back({"eth.fcs", "Frame check sequence", hex_text(found, 8) + " (good)",
                                            static_cast<std::uint32_t>((in.frame.size() - 4) * 8), 32});
  return true;
}

// What is behind the end of the network layer: Ethernet fills its frames up to 60 bytes.
void add_trailer(Dissection& in, std::size_t layer, std::size_t start) {
  const LinkHeader link = last_header(in.frame, {start, bridged_type});
  const std::uint16_t type = be16(in.frame, start + 12);
  std::size_t end = in.frame.size();
  if (const auto network = find_ip(in.frame, link))
    end = network->payload + network->length;
  else if (link.ethertype == arp_type)
    end = link.payload + 28;
  else if (type < 1536)
    end = start + 14 + type;
  const std::size_t all = in.frame.size() - (add_check_sequence(in, layer, start, end) ? 4 : 0);
  if (end >= all) return;
  const std::size_t size = all - end;
  const bool padding = all - start <= 60;
  in.packet.layers[layer].fields.push_back({padding ? "eth.padding" : "eth.trailer", padding ? "Padding" : "Trailer",
                                            size_text(size), static_cast<std::uint32_t>(end * 8),
                                            static_cast<std::uint32_t>(size * 8)});
}

// Its length stands in it, but eight bytes are always there.
void add_cooked_address(LayerWriter& out, std::size_t length, std::size_t at) {
  length = std::min<std::size_t>(length, 8);
  if (length < 8) out.add("sll.unused", "Unused", at + length, 8 - length, size_text(8 - length));
  if (length == 6 && out.has(at, 6))
    out.add("sll.src.eth", "Source", at, 6, mac_text(out.bytes().subspan(at, 6)));
  else if (length > 0)
    out.add("sll.src.other", "Source", at, length, size_text(length));
}

void read_cooked(Dissection& in, Extent range) {
  LayerWriter out(in, "Linux cooked", 2, range, 16);
  out.add(cooked);
  add_cooked_address(out, out.number(4, 2), 6);
  const auto type = static_cast<std::uint16_t>(out.number(14, 2));
  out.layer().summary = std::string(packet_type_name(out.number(0, 2))) + "  type=" + hex_text(type, 4, ethertype_name);
  if (!out.layer().cut) read_by_ethertype(in, type, range.behind(16));
}

void read_cooked2(Dissection& in, Extent range) {
  LayerWriter out(in, "Linux cooked v2", 2, range, 20);
  out.add(cooked2);
  add_cooked_address(out, out.number(11, 1), 12);
  const auto type = static_cast<std::uint16_t>(out.number(0, 2));
  out.layer().summary = "interface " + std::to_string(out.number(4, 4)) + "  " +
                        std::string(packet_type_name(out.number(10, 1))) +
                        "  type=" + hex_text(type, 4, ethertype_name);
  if (!out.layer().cut) read_by_ethertype(in, type, range.behind(20));
}

void read_loopback(Dissection& in, Extent range) {
  LayerWriter out(in, "Loopback", 2, range, 4);
  auto family = static_cast<std::uint32_t>(out.number(0, 4));
  if (family > 0xFFFF) family = __builtin_bswap32(family);
  out.add("null.family", "Address family", 0, 4, family_text(family));
  out.layer().summary = "family=" + family_text(family);
  if (!out.layer().cut) read_by_ethertype(in, type_of_family(family), range.behind(4));
}

void read_cisco_hdlc(Dissection& in, Extent range) {
  LayerWriter out(in, "Cisco HDLC", 2, range, 4);
  out.add(cisco_hdlc);
  const auto type = static_cast<std::uint16_t>(out.number(2, 2));
  out.layer().summary = "protocol=" + hex_text(type, 4, ethertype_name);
  if (!out.layer().cut) read_by_ethertype(in, type, range.behind(4));
}

void read_nflog(Dissection& in, Extent range) {
  const auto packet = find_nflog_packet(in.frame);
  LayerWriter out(in, "NFLOG", 2, range, packet ? packet->payload : range.size());
  if (out.has(0, 1))
    out.add("nflog.family", "Address family", 0, 1, family_text(static_cast<std::uint32_t>(out.number(0, 1))));
  out.add(nflog_version, 0);
  out.add(nflog_group, 0);
  out.layer().summary = "group=" + std::to_string(out.number(2, 2));
  if (packet && !out.layer().cut) read_by_ethertype(in, packet->ethertype, range.behind(packet->payload));
}

// Data, as nothing is known of it.
void read_unknown_link(Dissection& in, Extent range) {
  LayerWriter out(in, "Data", 7, range, range.size());
  out.add("data.data", "Data", 0, out.bytes().size(), size_text(out.bytes().size()));
  out.layer().summary = "of link type " + std::to_string(static_cast<unsigned>(in.link)) +
                        ", which is not read: " + size_text(range.size());
}

}  // namespace

void read_ethernet(Dissection& in, Extent range) {
  LayerWriter out(in, "Ethernet", 2, range, 14);
  const std::size_t layer = in.packet.layers.size() - 1;
  out.add(ethernet_fields);
  const auto type = static_cast<std::uint16_t>(out.number(12, 2));
  const bool is_length = type < 1536;
  out.add(is_length ? ethernet_length : ethernet_type, 0);
  if (out.has(0, 14))
    out.layer().summary =
        mac_text(out.bytes().subspan(6, 6)) + " > " + mac_text(out.bytes().first(6)) +
        (is_length ? "  length=" + std::to_string(type) : "  type=" + hex_text(type, 4, ethertype_name));
  if (out.layer().cut) return;
  Extent inside = range.behind(14);
  if (is_length) inside.end = std::min(inside.end, inside.at + type);
  read_by_ethertype(in, type, inside);
  add_trailer(in, layer, range.at);
}

void read_link(Dissection& in) {
  const Extent all{0, in.frame.size()};
  switch (in.link) {
    case LinkType::ethernet:
      return read_by_ethertype(in, bridged_type, all);
    case LinkType::linux_sll:
      return read_cooked(in, all);
    case LinkType::linux_sll2:
      return read_cooked2(in, all);
    case LinkType::null:
    case LinkType::loop:
      return read_loopback(in, all);
    case LinkType::ppp:
    case LinkType::ppp_hdlc:
      return read_by_ethertype(in, ppp_type, all);
    case LinkType::cisco_hdlc:
      return read_cisco_hdlc(in, all);
    case LinkType::nflog:
      return read_nflog(in, all);
    case LinkType::raw_ip:
    case LinkType::raw_bsd:
    case LinkType::raw_ipv4:
    case LinkType::raw_ipv6:
      return read_by_ethertype(in, find_link(in.frame, in.link).value_or(LinkHeader{}).ethertype, all);
  }
  read_unknown_link(in, all);
}

void read_by_ethertype(Dissection& in, std::uint16_t type, Extent range) {
  if (in.headers == max_link_headers) return read_data(in, range);
  ++in.headers;
  if (is_vlan_type(type)) return read_vlan(in, range, type == 0x88a8);
  switch (type) {
    case arp_type:
      return read_arp(in, range);
    case ipv4_type:
      return read_ipv4(in, range);
    case ipv6_type:
      return read_ipv6(in, range);
    case bridged_type:
      return read_ethernet(in, range);
    case mpls_type:
    case mpls_multicast_type:
      return read_mpls(in, range);
    case pppoe_type:
      return read_pppoe(in, range);
    case ppp_type:
      return read_ppp(in, range);
    default:
      return type != 0 && type < 1536 ? read_llc(in, range) : read_data(in, range);
  }
}

}  // namespace loquat::codec
