// What stands before the network layer, for network.h.
#include "codec/network/network.h"

namespace loquat::codec {
namespace {

// Behind the last label the packet itself tells what it is. A control word, which begins with 0, stands before
// Ethernet. RFC 3032, RFC 4385.
std::optional<LinkHeader> behind_label(Bytes frame, std::size_t at) noexcept {
  if (frame.size() < at + 5) return std::nullopt;
  const bool last = (be8(frame, at + 2) & 1) != 0;
  if (!last) return LinkHeader{at + 4, mpls_type};
  if (be8(frame, at + 4) >> 4 == 0) return LinkHeader{at + 8, bridged_type};
  return LinkHeader{at + 4, type_of_version(frame, at + 4)};
}

// Address, control and the first half of the protocol may be left out. RFC 1661 s.6.5 and s.6.6.
std::optional<LinkHeader> behind_ppp(Bytes frame, std::size_t at) noexcept {
  if (frame.size() >= at + 2 && be16(frame, at) == 0xFF03) at += 2;
  if (frame.size() < at + 2) return std::nullopt;
  const bool is_short = (be8(frame, at) & 1) != 0;
  const std::uint16_t protocol = is_short ? be8(frame, at) : be16(frame, at);
  return LinkHeader{at + (is_short ? 1 : 2), type_of_ppp(protocol)};
}

// Of IEEE 802.2 only what carries an EtherType: SNAP.
std::optional<LinkHeader> behind_llc(Bytes frame, std::size_t at) noexcept {
  if (frame.size() < at + 8 || be16(frame, at) != 0xAAAA || be32(frame, at + 2) != 0x03000000) return std::nullopt;
  return LinkHeader{at + 8, be16(frame, at + 6)};
}

}  // namespace

std::uint16_t type_of_version(Bytes frame, std::size_t at) noexcept {
  const int version = at < frame.size() ? be8(frame, at) >> 4 : 0;
  return version == 4 ? ipv4_type : version == 6 ? ipv6_type : std::uint16_t{0};
}

std::uint16_t type_of_family(std::uint32_t family) noexcept {
  if (family == 2) return ipv4_type;
  return family == 10 || family == 24 || family == 28 || family == 30 ? ipv6_type : std::uint16_t{0};
}

std::uint16_t type_of_ppp(std::uint16_t protocol) noexcept {
  switch (protocol) {
    case 0x0021:
      return ipv4_type;
    case 0x0057:
      return ipv6_type;
    case 0x0281:
      return mpls_type;
    default:
      return 0;
  }
}

std::optional<LinkHeader> next_header(Bytes frame, LinkHeader at) noexcept {
  const auto has = [&](std::size_t n) { return frame.size() >= at.payload + n; };
  const std::uint16_t type = at.ethertype;
  if (is_vlan_type(type) && has(4)) return LinkHeader{at.payload + 4, be16(frame, at.payload + 2)};
  if (type == bridged_type && has(14)) return LinkHeader{at.payload + 14, be16(frame, at.payload + 12)};
  if (type == mpls_type || type == mpls_multicast_type) return behind_label(frame, at.payload);
  if (type == pppoe_type && has(6)) return LinkHeader{at.payload + 6, ppp_type};
  if (type == ppp_type) return behind_ppp(frame, at.payload);
  if (type != 0 && type < 1536) return behind_llc(frame, at.payload);
  return std::nullopt;
}

LinkHeader last_header(Bytes frame, LinkHeader at) noexcept {
  for (int headers = 0; headers < max_link_headers; ++headers) {
    const auto next = next_header(frame, at);
    if (!next) break;
    at = *next;
  }
  return at;
}

// Attributes are of the capturing machine's byte order, which the sizes show.
std::optional<LinkHeader> find_nflog_packet(Bytes frame) noexcept {
  constexpr std::uint16_t payload = 9;  // NFULA_PAYLOAD
  for (std::size_t at = 4; frame.size() >= at + 4;) {
    std::uint16_t size = be16(frame, at), type = be16(frame, at + 2);
    if (type >= 256 || (type == 0 && size >= 256)) {
      size = __builtin_bswap16(size);
      type = __builtin_bswap16(type);
    }
    if (type == payload) return LinkHeader{at + 4, type_of_family(be8(frame, 0))};
    if (size < 4) break;
    at += (size + 3u) / 4 * 4;
  }
  return std::nullopt;
}

bool is_read(LinkType link) noexcept {
  switch (link) {
    case LinkType::null:
    case LinkType::ethernet:
    case LinkType::ppp:
    case LinkType::raw_bsd:
    case LinkType::ppp_hdlc:
    case LinkType::raw_ip:
    case LinkType::cisco_hdlc:
    case LinkType::loop:
    case LinkType::linux_sll:
    case LinkType::raw_ipv4:
    case LinkType::raw_ipv6:
    case LinkType::nflog:
    case LinkType::linux_sll2:
      return true;
  }
  return false;
}

std::optional<LinkHeader> find_link(Bytes frame, LinkType link) noexcept {
  const auto has = [&](std::size_t n) { return frame.size() >= n; };
  const auto behind = [&](std::size_t size, std::uint16_t type) { return last_header(frame, {size, type}); };
  switch (link) {
    case LinkType::ethernet:
      return has(14) ? std::optional(behind(0, bridged_type)) : std::nullopt;
    case LinkType::linux_sll:
      return has(16) ? std::optional(behind(16, be16(frame, 14))) : std::nullopt;
    case LinkType::linux_sll2:
      return has(20) ? std::optional(behind(20, be16(frame, 0))) : std::nullopt;
    case LinkType::null:
    case LinkType::loop: {
      if (!has(4)) return std::nullopt;
      const std::uint32_t family = be32(frame, 0);  // which of the two it is shows, as families are small
      return LinkHeader{4, type_of_family(family > 0xFFFF ? __builtin_bswap32(family) : family)};
    }
    case LinkType::ppp:
    case LinkType::ppp_hdlc:
      return behind(0, ppp_type);
    case LinkType::cisco_hdlc:
      return has(4) ? std::optional(behind(4, be16(frame, 2))) : std::nullopt;
    case LinkType::nflog:
      return find_nflog_packet(frame);
    case LinkType::raw_ip:
    case LinkType::raw_bsd:
      return LinkHeader{0, type_of_version(frame, 0)};
    case LinkType::raw_ipv4:
      return LinkHeader{0, ipv4_type};
    case LinkType::raw_ipv6:
      return LinkHeader{0, ipv6_type};
  }
  return std::nullopt;
}

}  // namespace loquat::codec
