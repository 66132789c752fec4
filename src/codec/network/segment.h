// segment.h - one TCP segment as it lies in a frame: the quick way to it, for all who draw, follow or hold segments.
//
//   if (auto segment = find_segment(frame)) ladder.draw(flag_names(segment->flags), segment->seq, segment->length);
//
// True of every call in this file:
//   Units     Sizes and offsets are bytes, numbers host byte order; seq and ack as they stand in the header (raw).
//   Lifetime  A segment's payload points into the frame and lives as long as it.
//   Bounds    Never reads outside the frame, whatever its lengths say.
//   Cost      find_segment() allocates nothing.
//
// Layer: codec (docs/layers.txt).  Source: RFC 9293 s.3.1, RFC 7323, RFC 2018.  Every field of every layer: packet.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "codec/network/ip_address.h"
#include "codec/network/link_type.h"

namespace loquat::codec {

namespace tcp {
enum Flag : std::uint16_t { fin = 1, syn = 2, rst = 4, psh = 8, ack = 16, urg = 32, ece = 64, cwr = 128, ae = 256 };
}

struct TcpOptions {
  struct Stamp {
    std::uint32_t value = 0, echo = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct Block {
    std::uint32_t left = 0, right = 0;  // the first byte that came, and the one after the last
    bool operator==(const Block&) const = default;
  };

  std::optional<std::uint16_t> mss;
  std::optional<std::uint8_t> window_scale;  // a shift; s.2.3 of RFC 7323: more than 14 counts as 14
  bool sack_permitted = false;
  std::optional<Stamp> timestamps;
  std::array<Block, 4> sack_blocks{};
  std::size_t sack_count = 0;
  bool malformed = false;  // a length that does not fit; what stands before it has been read

  std::span<const Block> sack() const noexcept { return {sack_blocks.data(), sack_count}; }
  bool operator==(const TcpOptions&) const = default;
};

enum class Checksum : std::uint8_t {
  unknown,  // not all of it was captured, or it is a fragment
  good,
  bad,  // on a loopback interface, or at the sender: perhaps only not yet computed
};

struct Segment {
  Endpoint source, destination;
  std::uint16_t identification = 0;  // IPv4's; 0: it has none
  std::uint8_t hops = 0;             // TTL or hop limit
  std::uint32_t seq = 0, ack = 0;
  std::uint16_t flags = 0;   // of tcp::Flag
  std::uint16_t window = 0;  // as it stands there, not scaled
  TcpOptions options;
  std::size_t header_offset = 0;       // of TCP, in the frame
  std::size_t payload_offset = 0;      // in the frame
  std::size_t length = 0;              // of the payload by IP's header, even if the capture was cut
  std::span<const std::byte> payload;  // what of it was captured
  bool fragment = false;               // of a larger segment, whose length is not known: what follows has no TCP header
  Checksum checksum = Checksum::unknown;

  bool has(std::uint16_t flag) const noexcept { return (flags & flag) != 0; }
  // The sequence number after it: SYN and FIN count as a byte each.
  std::uint32_t end() const noexcept {
    return seq + static_cast<std::uint32_t>(length) + (has(tcp::syn) ? 1u : 0u) + (has(tcp::fin) ? 1u : 0u);
  }
};

// The TCP segment in a frame, the innermost one if it travels in a tunnel (tunnel.h): its ends are the inner addresses.
// What ICMP quotes is none. Nothing: no TCP, a fragment other than the first, a frame cut before the end of TCP's 20
// fixed bytes, or a header length below them or beyond the packet.
std::optional<Segment> find_segment(std::span<const std::byte> frame, LinkType link = LinkType::ethernet) noexcept;

// The options between TCP's fixed header and the payload. A capture that cuts them makes them malformed.
TcpOptions read_tcp_options(std::span<const std::byte> options) noexcept;

// "SYN,ACK", "PSH,ACK", "-" for none: as the ladder shows them.
std::string flag_names(std::uint16_t flags);

// True if sequence number `a` comes before `b`, in the circle of 2^32. RFC 9293 s.3.4.
constexpr bool seq_before(std::uint32_t a, std::uint32_t b) noexcept { return static_cast<std::int32_t>(a - b) < 0; }

}  // namespace loquat::codec
