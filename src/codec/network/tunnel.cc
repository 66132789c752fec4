#include "codec/network/tunnel.h"

#include <algorithm>

namespace loquat::codec {
namespace {

std::optional<LinkHeader> behind_vxlan(Bytes frame, std::size_t at) noexcept {
  if (frame.size() < at + 8) return std::nullopt;
  return LinkHeader{at + 8, bridged_type};
}

std::optional<LinkHeader> behind_geneve(Bytes frame, std::size_t at) noexcept {
  if (frame.size() < at + 8 || be8(frame, at) >> 6 != 0) return std::nullopt;
  return LinkHeader{at + 8 + (be8(frame, at) & 0x3Fu) * 4, be16(frame, at + 2)};
}

// Version 1, messages that carry a packet. Extension headers count their size in units of four bytes.
std::optional<LinkHeader> behind_gtp(Bytes frame, std::size_t at) noexcept {
  constexpr int packet = 255;
  if (frame.size() < at + 8 || be8(frame, at) >> 4 != 3 || be8(frame, at + 1) != packet) return std::nullopt;
  const unsigned flags = be8(frame, at) & 7u;
  std::size_t end = at + 8 + (flags != 0 ? 4 : 0);
  if (frame.size() < end) return std::nullopt;
  if ((flags & 4) != 0) {
    while (be8(frame, end - 1) != 0) {
      if (frame.size() <= end || be8(frame, end) == 0) return std::nullopt;
      end += be8(frame, end) * 4u;
      if (frame.size() < end) return std::nullopt;
    }
  }
  return LinkHeader{end, type_of_version(frame, end)};
}

std::optional<LinkHeader> behind_udp(Bytes& frame, std::size_t at) noexcept {
  constexpr std::size_t header = 8;
  if (frame.size() < at + header) return std::nullopt;
  const std::size_t length = be16(frame, at + 4);
  if (length < header && length != 0) return std::nullopt;
  if (length != 0) frame = frame.first(std::min(frame.size(), at + length));
  return behind_udp_tunnel(udp_tunnel(be16(frame, at), be16(frame, at + 2)), frame, at + header);
}

// What IP carries, if that carries a packet. Shortens `frame` to what the transport's header says.
std::optional<LinkHeader> behind_transport(Bytes& frame, const Network& ip) noexcept {
  const std::size_t at = ip.payload;
  switch (ip.protocol) {
    case 4:
    case 41:
      return LinkHeader{at, type_of_version(frame, at)};
    case 47:
      return behind_gre(frame, at);
    case 17:
      return behind_udp(frame, at);
    default:
      return std::nullopt;
  }
}

}  // namespace

UdpTunnel udp_tunnel(std::uint16_t source, std::uint16_t destination) noexcept {
  const auto has = [&](std::uint16_t port) { return source == port || destination == port; };
  if (destination == 4754) return UdpTunnel::gre_in_udp;
  return has(4789) ? UdpTunnel::vxlan : has(6081) ? UdpTunnel::geneve : has(2152) ? UdpTunnel::gtp : UdpTunnel::none;
}

std::optional<LinkHeader> behind_gre(Bytes frame, std::size_t at) noexcept {
  if (frame.size() < at + 4) return std::nullopt;
  const unsigned flags = be16(frame, at), version = flags & 7;
  if ((flags & gre::routing) != 0 || version > 1) return std::nullopt;
  const auto word = [&](unsigned flag) -> std::size_t { return (flags & flag) != 0 ? 4 : 0; };
  const std::size_t size =
      4 + word(gre::checksum) + word(gre::key) + word(gre::sequence) + (version == 1 ? word(gre::acknowledgment) : 0);
  return LinkHeader{at + size, be16(frame, at + 2)};
}

std::optional<LinkHeader> behind_udp_tunnel(UdpTunnel kind, Bytes frame, std::size_t at) noexcept {
  switch (kind) {
    case UdpTunnel::vxlan:
      return behind_vxlan(frame, at);
    case UdpTunnel::geneve:
      return behind_geneve(frame, at);
    case UdpTunnel::gtp:
      return behind_gtp(frame, at);
    case UdpTunnel::gre_in_udp:
      return behind_gre(frame, at);
    case UdpTunnel::none:
      break;
  }
  return std::nullopt;
}

bool enter_tunnel(Bytes& frame, Network& ip) noexcept {
  if (!ip.first) return false;
  Bytes inside = frame.first(std::min(frame.size(), ip.payload + ip.length));
  const auto carried = behind_transport(inside, ip);
  if (!carried) return false;
  const auto inner = find_ip(inside, last_header(inside, *carried));
  if (!inner) return false;
  frame = inside;
  ip = *inner;
  return true;
}

}  // namespace loquat::codec
