// capture_rules.h - from what was on the wire to a verdict. For this room only.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstdint>
#include <utility>

#include "wire/kernel/counters.h"
#include "wire/why/rules.h"
#include "wire/why_capture/captured_connection.h"

namespace loquat::wire {

// A connection, and what the rest of the capture says about it.
struct CaptureEvidence {
  const CapturedConnection& connection;
  std::int64_t end = 0;                   // of the capture, or of its stretch of it, ns
  const kernel::CounterValues& counters;  // empty: unknown
  bool server_answers_others = false;     // SYNs, just before or since this connection began
  bool server_drops_others = false;       // SYNs or ACKs of other connections get no answer either
  bool is_alone = false;                  // no other connection is in the capture: the counters are its own
};

Verdict judge_capture(const CaptureEvidence& evidence);

namespace rules {

constexpr std::int64_t second = 1'000'000'000;  // ns

inline Fact captured(Text text) { return {std::move(text), Source::captured}; }

// The handshake: capture_opening.cc
Answer refused_by_icmp(const CaptureEvidence& e);
Answer one_direction_alone(const CaptureEvidence& e);
Answer backlog_drops_ack(const CaptureEvidence& e);
Answer syn_ack_unanswered(const CaptureEvidence& e);
Answer syn_unanswered(const CaptureEvidence& e);
Answer slow_handshake(const CaptureEvidence& e);
// Why it was reset, if it was: capture_resets.cc
Answer was_reset(const CaptureEvidence& e);
// The path: capture_path.cc
Answer pmtu_black_hole(const CaptureEvidence& e);
Answer lossy(const CaptureEvidence& e);
Answer repeats_needlessly(const CaptureEvidence& e);
Answer reorders(const CaptureEvidence& e);
Answer seen_twice(const CaptureEvidence& e);
// How many frames the capture holds more than once; nothing if few are.
std::optional<Fact> copies_in(const CaptureEvidence& e);
// Nothing is lost, but it takes its time: capture_slow.cc
Answer nagle_and_delayed_acks(const CaptureEvidence& e);
Answer slow_answers(const CaptureEvidence& e);
// "of 12 s: 9 s for the answers of 10.0.0.2:80, 3 s for pauses of 10.0.0.1:40000"; nothing if it waited for nothing.
std::optional<Fact> where_the_time_went(const CaptureEvidence& e);

}  // namespace rules

}  // namespace loquat::wire
