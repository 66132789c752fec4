// segment_facts.h - what a capture shows of one segment beyond its bytes. The words are Wireshark's (tcp.analysis).
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293 s.3.8, RFC 5681 s.2 and s.3.2, RFC 6298 s.3 (Karn's rule).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "loquat/time.h"

namespace loquat::wire {

enum class SegmentKind : std::uint8_t {
  ordinary,
  copy,                     // the same segment, seen twice by the capture or doubled on the way
  retransmission,           // its sender sends it again
  fast_retransmission,      // because of duplicate ACKs
  spurious_retransmission,  // though it had been acknowledged
  out_of_order,             // it was overtaken
  keepalive,                // asks whether the other end is still there; may carry one old byte
  keepalive_ack,
  window_probe,  // asks whether a closed window has opened; may carry one byte
  window_probe_ack,
  duplicate_ack,
  window_update,
  challenge_ack,  // a SYN's receiver still has an older connection of the same ports: RFC 5961 s.4
};

constexpr bool is_retransmission(SegmentKind kind) noexcept {
  return kind == SegmentKind::retransmission || kind == SegmentKind::fast_retransmission ||
         kind == SegmentKind::spurious_retransmission;
}
// "fast-retransmission"; "" for an ordinary one.
std::string_view name(SegmentKind kind) noexcept;

struct SegmentFacts {
  SegmentKind kind = SegmentKind::ordinary;
  std::size_t length = 0;       // of its payload: by IP's header, or what of it a packet has that was captured whole
  std::uint64_t new_bytes = 0;  // of its payload: not seen before
  std::uint64_t unseen_before = 0;  // bytes between what was seen and it, which the capture has not seen
  std::uint64_t in_flight = 0;      // bytes sent and not acknowledged, with its own; 0 if it carries none
  std::uint32_t window = 0;         // that it announces, bytes; scaled if that is known
  std::optional<Duration> rtt;      // from the segment that it acknowledges to it, at the place of the capture
  bool window_full = false;         // it ends where the receiver's window ends
  bool acks_unseen = false;         // it acknowledges bytes that the capture has not seen
  bool ports_reused = false;        // a SYN between ends that had a connection before in this capture
};

}  // namespace loquat::wire
