// capture_waits.h - where the time of a captured connection went. For this room only.
//
//   Short     Waits of less than 10 ms, or of two round trips, count as nobody's: the path takes them.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstdint>

#include "codec/network/segment.h"
#include "wire/trace/segment_facts.h"
#include "wire/why_capture/captured_connection.h"

namespace loquat::wire {

// `segment` of ends[side] comes next; `c` is the connection before it.
void note_wait(const codec::Segment& segment, const SegmentFacts& facts, std::int64_t time, std::size_t side,
               CapturedConnection& c);

// The bytes that ends[side] has sent and that nobody has acknowledged.
std::uint64_t unacknowledged(const CapturedConnection& c, std::size_t side);

}  // namespace loquat::wire
