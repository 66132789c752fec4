// tunnel.h - IP packets that travel in IP packets: where the inner one begins. Internal to codec.
//
// Known are IP in IP, 6in4, GRE (also in UDP, with whole Ethernet frames, and PPP as PPTP sends it), VXLAN, Geneve and
// GTP-U.
//
// True of every call in this file:
//   Bounds    Never reads outside the frame, whatever its lengths say.
//   Cost      No allocation.
//
// Layer: codec (docs/layers.txt).  Source: RFC 2003, RFC 4213 (6in4), RFC 2784, RFC 2890, RFC 2637 (PPTP), RFC 8086
// (GRE in UDP), RFC 7348 (VXLAN), RFC 8926 (Geneve), 3GPP TS 29.281 (GTP-U).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "codec/network/network.h"

namespace loquat::codec {

inline constexpr int max_nesting = 8;  // packets around a packet that is still read

namespace gre {
enum Flag : std::uint16_t {
  checksum = 0x8000,
  routing = 0x4000,
  key = 0x2000,
  sequence = 0x1000,
  acknowledgment = 0x0080
};
}

enum class UdpTunnel : std::uint8_t { none, vxlan, geneve, gtp, gre_in_udp };
UdpTunnel udp_tunnel(std::uint16_t source, std::uint16_t destination) noexcept;

// What a header at `at` carries. Its EtherType is 0 if what follows is of another kind. Nothing: the header is cut, or
// none of these.
std::optional<LinkHeader> behind_gre(Bytes frame, std::size_t at) noexcept;
std::optional<LinkHeader> behind_udp_tunnel(UdpTunnel kind, Bytes frame, std::size_t at) noexcept;

// Steps from an IP packet to the one that it carries, and shortens `frame` to what lies inside. False: it carries none.
bool enter_tunnel(Bytes& frame, Network& ip) noexcept;

}  // namespace loquat::codec
