// segment_kind.h - tells what a segment is for from what its connection has sent before. Internal to tracker.h.
//
// A capture shows a segment's sending and its repetition, not the reason. These are the rules:
//
//   Overtaken   A segment that fills a gap was overtaken if IPv4's identification is older than that of what came
//               before it, or if it came within a round trip of it: a retransmission takes longer.
//   Fast        A retransmission is fast if two or more duplicate ACKs have just asked for it, as Wireshark has it.
//               They ask for what they acknowledge next, and for nothing while they announce a closed window.
//   Unseen      An ACK of bytes that the capture does not have is said once for these bytes, and only if the capture
//               has that direction at all.
//   Probes      Repeat the last byte (keep-alive), or carry one byte into a closed window. Such a byte counts as sent
//               only once it is acknowledged.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293 s.3.8.4 (keep-alive), s.3.8.6.1 (probes), RFC 5681 s.2 (duplicate
// ACK), RFC 5961 s.4 (challenge ACK).
#pragma once

#include <cstdint>
#include <optional>

#include "codec/network/segment.h"
#include "wire/capture/byte_flow.h"
#include "wire/trace/segment_facts.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

// What one end has sent so far.
struct Direction {
  ByteFlow flow;
  std::optional<std::uint32_t> window;  // bytes; nothing if not seen
  std::uint64_t last_ack = 0;           // a position in the other direction's flow
  int duplicate_acks = 0;               // since the last ACK of something new
  std::int64_t last_time = 0;           // ns
  std::int64_t gap_time = 0;            // ns: when something before a segment was first missing
  std::uint16_t advanced_id = 0;        // IPv4's identification of the last segment that was new
  std::int64_t round_trip = 0;          // ns: the shortest time in which it acknowledged; 0: none seen
  SegmentKind last_kind = SegmentKind::ordinary;
  int fragment = 0;          // the frame, if the last new segment was the first fragment of a larger one
  std::uint64_t probed = 0;  // a position: after the new byte of a window probe
  bool has_acked = false, has_sent = false;
};

// A segment, and what the tracker knows of it.
struct SegmentPlace {
  std::uint64_t at = 0, end = 0;  // its positions in its sender's flow; with SYN and FIN
  std::uint64_t acked = 0;        // a position in the other flow; with the flag ACK only
  std::uint32_t window = 0;       // bytes
  std::int64_t time = 0;          // ns
};

// `mine` and `peers` are the directions before the segment.
SegmentFacts segment_facts(const codec::Segment& segment, const SegmentPlace& place, const Direction& mine,
                           const Direction& peers);

// After the first fragment of a segment: the rest of it reaches to where the connection goes on.
void end_fragment(std::uint64_t at, Direction& direction);

// An ACK of bytes that the capture should have and does not have.
bool acks_unseen(const SegmentPlace& place, const Direction& peers);

// What people are told of it; empty for an ordinary one.
Text segment_remark(const codec::Segment& segment, const SegmentPlace& place, const SegmentFacts& facts,
                    const Direction& mine, const Direction& peers);

// Adds the segment to `mine`. The flows know it already.
void note_segment(const codec::Segment& segment, const SegmentPlace& place, const SegmentFacts& facts, Direction& mine);

}  // namespace loquat::wire
