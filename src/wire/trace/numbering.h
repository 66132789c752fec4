// numbering.h - the connections of a trace, and the small numbers by which people read their segments.
//
//   Numbering numbering;
//   for (each segment, in the order of sending) show(numbering.add(segment).seq);
//
// True of every call in this file:
//   Numbers   Relative sequence numbers count from the first one seen in their direction: 0 for a SYN, 1 for what comes
//             after one that was not seen. That is how Wireshark counts.
//   Windows   Scaled when both SYNs allowed it, as RFC 7323 s.2.3 has it; a SYN,ACK that does proves that the SYN did.
//             If the sender's own SYN was not seen: as in the header.
//   Again     Adding a segment twice changes nothing.
//   Memory    One small entry per connection.
//   Threads   One caller at a time.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293 s.3.4, RFC 7323 s.2.2.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "codec/network/segment.h"

namespace loquat::wire {

struct Numbers {
  std::size_t connection = 0;  // 0, 1, ... in the order of their first segments
  std::uint32_t seq = 0;       // relative
  std::uint32_t ack = 0;       // relative; 0 without the ACK flag
  std::uint32_t window = 0;    // bytes
  bool ports_reused = false;   // the same ends had a connection before
};

class Numbering {
 public:
  // A SYN with a sequence number that its direction did not begin with begins a new connection between the same ends;
  // so does any SYN after both ends have sent FIN. If its sender goes on with the older connection, the SYN was forged.
  Numbers add(const codec::Segment& segment);

  std::size_t connections() const noexcept { return connections_.size(); }
  // Who opened connection `n`, by its first segment: the sender of a SYN without ACK, the receiver of one with it; else
  // a guess: the end with the higher port.
  const codec::Endpoint& client(std::size_t n) const { return connections_.at(n).ends[connections_.at(n).client]; }
  const codec::Endpoint& server(std::size_t n) const { return connections_.at(n).ends[1 - connections_.at(n).client]; }

 private:
  struct Direction {
    std::optional<std::uint32_t> base;
    bool syn_seen = false, fin_seen = false;
    bool answers = false;               // its SYN had an ACK
    std::optional<std::uint8_t> scale;  // offered in the SYN
  };
  struct Connection {
    std::array<codec::Endpoint, 2> ends;
    std::array<Direction, 2> directions;  // [n]: what ends[n] sends
    std::size_t client = 0;
    std::optional<std::size_t> before;  // the connection that the same ends had before
  };
  Connection& begin(const codec::Segment& first, std::size_t& number);
  Connection& find(const codec::Segment& segment, std::size_t& number);

  std::vector<Connection> connections_;
  std::map<std::pair<codec::Endpoint, codec::Endpoint>, std::size_t> newest_;  // by the ends, the lower one first
};

}  // namespace loquat::wire
