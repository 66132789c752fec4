// copies.h - knows a segment that the capture holds twice: a mirror port, two interfaces, a path that doubles.
//
// A copy has the identification of the first, and all of TCP but the checksum, which the sender's card may compute; the
// capture may have cut one of them. A segment that is sent again has another identification, or comes later than any
// timer. Some senders give all their segments one identification, or 0: it then says nothing, and only what comes at
// once with the same bytes is a copy. A pure ACK may be sent twice with the same bytes, so it must have other Ethernet
// addresses as well.
//
//   Memory    The last 32 segments.
//   Threads   One caller at a time.
//
// Layer: wire (docs/layers.txt).  Source: RFC 6864 (identifications).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "codec/network/segment.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

// Of one direction of a connection.
class Copies {
 public:
  // The number of the frame that `frame` is a copy of; 0: of none, and it is remembered. `time`: ns.
  int add(const Frame& frame, const codec::Segment& segment, std::int64_t time);

 private:
  struct Seen {
    std::size_t with_id = 0, content = 0, addresses = 0;  // hashes
    std::uint16_t id = 0;
    int number = 0;
    std::int64_t time = 0;
  };
  bool is_copy(const Seen& later, const Seen& first, bool carries) const;

  std::deque<Seen> seen_;
  bool ids_vary_ = true;
};

}  // namespace loquat::wire
