#include "wire/why_capture/capture_waits.h"

#include <algorithm>

namespace loquat::wire {
namespace {

namespace flag = codec::tcp;

constexpr std::int64_t ms = 1'000'000;  // ns

bool is_about_a_window(SegmentKind kind, const CapturedEnd& from, const CapturedEnd& to) {
  return kind == SegmentKind::window_probe || kind == SegmentKind::window_probe_ack || from.zero_windows > 0 ||
         to.zero_windows > 0;
}

// A small segment that goes out as soon as the last small one is acknowledged, after the receiver took its time for
// that: Nagle's algorithm waits for what delayed ACKs hold back.
bool was_held_back(const codec::Segment& segment, std::int64_t time, std::size_t side, const CapturedConnection& c) {
  const CapturedEnd& from = c.ends[side];
  const CapturedEnd& to = c.ends[1 - side];
  if (segment.length == 0 || c.last_from == side || c.last_data_from != side) return false;
  const std::int64_t until_ack = to.last - from.data_at, since_ack = time - to.last;
  return until_ack >= 30 * ms && until_ack < 600 * ms && until_ack > 3 * c.round_trip.value_or(0) && since_ack < 5 * ms;
}

}  // namespace

void note_wait(const codec::Segment& segment, const SegmentFacts& facts, std::int64_t time, std::size_t side,
               CapturedConnection& c) {
  CapturedEnd& from = c.ends[side];
  CapturedEnd& to = c.ends[1 - side];
  const std::int64_t wait = time - c.last;
  if (was_held_back(segment, time, side, c)) {
    ++c.waits.times_held_back[side];
    c.waits.held_back[side] += to.last - from.data_at;
  }
  if (wait < std::max(10 * ms, 2 * c.round_trip.value_or(0))) return;
  const bool opens = segment.has(flag::syn) || (!c.connected && from.syns + from.syn_acks == from.segments);
  if (opens) {
    c.waits.handshake += wait;
  } else if (is_retransmission(facts.kind)) {
    c.waits.timer += wait;
  } else if (is_about_a_window(facts.kind, from, to)) {
    c.waits.window[from.zero_windows > 0 ? side : 1 - side] += wait;
  } else if (facts.kind == SegmentKind::keepalive || facts.kind == SegmentKind::keepalive_ack) {
    c.waits.pause[side] += wait;
  } else if (segment.length > 0 || segment.has(flag::fin)) {
    if (side == 1 && c.last_data_from == 0U && segment.length > 0)
      c.waits.answer += wait;
    else
      c.waits.pause[side] += wait;
  }
}

}  // namespace loquat::wire
