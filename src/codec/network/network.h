// network.h - finds the IP header in a frame, and what lies behind it. Internal to codec; find_segment()'s first half.
// Packets that travel in packets: tunnel.h.
//
// True of every call in this file:
//   Bounds    Never reads outside the frame, whatever its lengths say.
//   Cost      No allocation.
//
// Layer: codec (docs/layers.txt).  Source: IEEE 802.3, 802.1Q, 802.2, RFC 791, RFC 8200, RFC 3032 (MPLS), RFC 2516
// (PPPoE).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "codec/network/bytes.h"
#include "codec/network/link_type.h"

namespace loquat::codec {

// EtherTypes. `bridged`: a whole Ethernet frame, RFC 1701.
inline constexpr std::uint16_t ipv4_type = 0x0800, ipv6_type = 0x86dd, arp_type = 0x0806, bridged_type = 0x6558,
                               mpls_type = 0x8847, mpls_multicast_type = 0x8848, pppoe_type = 0x8864, ppp_type = 0x880b;

constexpr bool is_vlan_type(std::uint16_t type) noexcept { return type == 0x8100 || type == 0x88a8 || type == 0x9100; }
// The EtherType for a family number of a BSD loopback header; 0 if it is none of IP.
std::uint16_t type_of_family(std::uint32_t family) noexcept;
// The same for the version that an IP header at `at` begins with.
std::uint16_t type_of_version(Bytes frame, std::size_t at) noexcept;
// Headers between an IPv6 header and its payload whose length is told in the same way as that of hop-by-hop options.
constexpr bool is_ipv6_extension(std::uint8_t next) noexcept {
  return next == 0 || next == 43 || next == 60 || next == 135 || next == 139 || next == 140;
}

// What stands before the network layer.
struct LinkHeader {
  std::size_t payload = 0;      // where the network layer begins
  std::uint16_t ethertype = 0;  // what it is; less than 1536: of IEEE 802.3, which has a length there
};
// The packet that NFLOG's attributes hold. Nothing: none of them does, or they are cut.
std::optional<LinkHeader> find_nflog_packet(Bytes frame) noexcept;
// Behind all link headers: Ethernet's, tags, MPLS labels, PPP. Nothing: they are cut.
std::optional<LinkHeader> find_link(Bytes frame, LinkType link) noexcept;
// One step of it: from a header whose EtherType is known to the next one. Nothing: `at` is the network layer's, or cut.
std::optional<LinkHeader> next_header(Bytes frame, LinkHeader at) noexcept;
// All steps from there, at most max_link_headers.
inline constexpr int max_link_headers = 64;
LinkHeader last_header(Bytes frame, LinkHeader at) noexcept;
// The EtherType for a protocol number of PPP; 0: none that is known.
std::uint16_t type_of_ppp(std::uint16_t protocol) noexcept;

struct Network {
  bool v6 = false;
  std::size_t header = 0;     // of IP, in the frame
  std::size_t payload = 0;    // what IP carries, in the frame; it may be cut
  std::size_t length = 0;     // of what IP carries, by its header, whether captured or not
  std::uint8_t protocol = 0;  // what it carries; in a later fragment, what the first one began with
  bool fragment = false;      // of a larger packet
  bool first = true;          // the first fragment, or no fragment
  bool rerouted = false;      // by a routing header: the destination is not the last one
};
// Nothing: no IP, or its header is cut or lies about its own length.
std::optional<Network> find_ip(Bytes frame, LinkHeader at) noexcept;
// The outermost one.
std::optional<Network> find_network(Bytes frame, LinkType link) noexcept;

// The Internet checksum's sum of `bytes`, to be added up; and what must stand in the packet for a sum. RFC 1071.
std::uint64_t checksum_sum(Bytes bytes) noexcept;
std::uint16_t checksum_fold(std::uint64_t sum) noexcept;
// Over the pseudo header too: 0 if `payload`, all of what IP carries, has a good checksum. RFC 9293 s.3.1, RFC 8200
// s.8.1.
std::uint16_t transport_checksum(Bytes frame, const Network& network, Bytes payload) noexcept;

}  // namespace loquat::codec
