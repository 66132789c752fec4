// segment_kind.h - what a segment is for: a probe, an answer to a gap, one out of order. Internal to tracker.h.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293 s.3.8.4 (keep-alive), s.3.8.6.1 (probes), RFC 5681 s.2 (duplicate
// ACK).
#pragma once

#include <optional>

#include "codec/network/segment.h"
#include "wire/trace/byte_flow.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

struct SegmentContext {
  std::uint64_t at = 0;                                      // its first position in its sender's flow
  const ByteFlow& mine;                                      // that flow, before it
  const ByteFlow& peers;                                     // the flow in the other direction
  std::optional<std::uint32_t> window_before, peers_window;  // bytes; nothing if not seen
  std::uint32_t window = 0;                                  // bytes, as it says
  bool same_ack = false;                                     // as its sender's last one
};

// True if it only asks whether the other side is alive or its window still closed.
bool is_probe(const codec::Segment& segment, const SegmentContext& context) noexcept;

// Empty for an ordinary one.
Text segment_remark(const codec::Segment& segment, const SegmentContext& context);

}  // namespace loquat::wire
