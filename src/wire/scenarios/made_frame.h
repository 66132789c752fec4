// made_frame.h - frames that the wire makes where a scenario needs a router or a forger: whole Ethernet frames with
// correct lengths and checksums.
//
// True of every call in this file:
//   Honesty   Such a frame goes out by Lab::inject() or Wire::route(), which mark it as the wire's.
//   Errors    Throws std::invalid_argument if an address is not an IPv4 literal or a frame not IPv4.
//
// Layer: wire (docs/layers.txt).  Source: RFC 792, RFC 791, RFC 9293 s.3.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "loquat/address.h"
#include "wire/kernel/network/private_network.h"

namespace loquat::wire {

// An ICMP error about a packet: type 3 is "destination unreachable", 11 "time exceeded".
struct IcmpError {
  std::string_view router;  // who says so: "10.0.1.1"
  std::uint8_t type = 3;
  std::uint8_t code = 0;
  std::uint16_t next_mtu = 0;  // of type 3, code 4. Source: RFC 1191 s.4
};

// To the sender of `about`, quoting as much of it as goes into 576 bytes. Source: RFC 1812 s.4.3.2.3.
std::vector<std::byte> icmp_error(std::span<const std::byte> about, const IcmpError& error);

// A TCP segment without data. Its options, if it is a SYN: an MSS of 1460, nothing else.
struct MadeSegment {
  Address source, destination;
  kernel::Mac from{}, to{};
  std::uint32_t seq = 0, ack = 0;
  std::uint16_t flags = 0;  // of codec::tcp::Flag
  std::uint16_t window = 64240;
};
std::vector<std::byte> made_segment(const MadeSegment& segment);

// The router's and the forger's hardware address: 02:00:00:00:00:fe.
inline constexpr kernel::Mac wire_mac = {2, 0, 0, 0, 0, 0xfe};

}  // namespace loquat::wire
