// capture_rules.h - from what was on the wire to a verdict. For this room only.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstdint>
#include <utility>

#include "wire/kernel/counters.h"
#include "wire/why/captured_connection.h"
#include "wire/why/rules.h"

namespace loquat::wire {

// A connection, and what the rest of the capture says about it.
struct CaptureEvidence {
  const CapturedConnection& connection;
  std::int64_t end = 0;                   // of the capture, ns
  const kernel::CounterValues& counters;  // empty: unknown
  bool server_answers_others = false;
  bool too_big = false;   // a router has dropped packets because they do not fit, and said so
  bool is_alone = false;  // no other connection is in the capture: the counters are its own
};

Verdict judge_capture(const CaptureEvidence& evidence);

namespace rules {

constexpr std::int64_t second = 1'000'000'000;  // ns

inline Fact captured(Text text) { return {std::move(text), Source::captured}; }

// Why it was reset, if it was: capture_resets.cc
Answer was_reset(const CaptureEvidence& evidence);

}  // namespace rules

}  // namespace loquat::wire
