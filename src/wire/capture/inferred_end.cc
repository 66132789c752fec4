#include "wire/capture/inferred_end.h"

namespace loquat::wire {
namespace {

using codec::Segment;
namespace tcp = codec::tcp;

}  // namespace

void InferredEnd::sends_syn(bool with_ack) {
  const bool may_begin = state_ == State::unknown || state_ == State::listen || state_ == State::closed;
  if (with_ack && (may_begin || state_ == State::syn_sent)) state_ = State::syn_received;
  if (!with_ack && may_begin) state_ = State::syn_sent;
}

void InferredEnd::sends_fin() {
  switch (state_) {
    case State::close_wait:
      state_ = State::last_ack;
      return;
    case State::unknown:
    case State::syn_sent:
    case State::syn_received:
    case State::established:
      state_ = State::fin_wait_1;
      return;
    default:
      return;  // again
  }
}

// An end has received what it acknowledges, whether the capture saw that arrive or not.
void InferredEnd::acknowledges(const Segment& segment, std::uint64_t acked, const ByteFlow& peers) {
  if (segment.has(tcp::syn)) return;
  if (state_ == State::syn_sent) state_ = State::established;
  if (state_ == State::syn_received && segment.length > 0) state_ = State::established;
  if (state_ == State::unknown || state_ == State::listen) state_ = State::established;
  if (peers.fin && acked > *peers.fin) gets_fin();
}

void InferredEnd::sends(const Segment& segment, const Positions& place, const ByteFlow& mine, const ByteFlow& peers) {
  if (segment.has(tcp::rst)) {
    // A RST that does not fit the end's own numbers was forged.
    if (mine.known() && place.at != mine.sent_end() && place.at != mine.acked()) return;
    if (state_ != State::listen) reset();
    return;
  }
  if (state_ == State::closed && before_reset_ != State::unknown) state_ = before_reset_;  // it was not reset after all
  before_reset_ = State::unknown;
  if (segment.has(tcp::syn)) return sends_syn(segment.has(tcp::ack));
  if (segment.has(tcp::ack) && peers.fin && place.acked <= *peers.fin) forget_fin();
  if (segment.has(tcp::ack)) acknowledges(segment, place.acked, peers);
  if (segment.has(tcp::fin)) sends_fin();
}

void InferredEnd::sent() {
  if (fin_to_come_) gets_fin();
  fin_to_come_ = false;
}

void InferredEnd::forget_fin() {
  fin_to_come_ = true;
  switch (state_) {
    case State::close_wait:
      state_ = State::established;
      return;
    case State::last_ack:
    case State::closing:
      state_ = State::fin_wait_1;
      return;
    case State::time_wait:
      state_ = State::fin_wait_2;
      return;
    default:
      fin_to_come_ = false;
  }
}

void InferredEnd::gets_syn(const Segment& segment, bool acks_mine) {
  if (!segment.has(tcp::ack)) {
    if (state_ == State::listen || state_ == State::syn_sent) state_ = State::syn_received;
    return;
  }
  if (acks_mine && (state_ == State::syn_sent || state_ == State::syn_received)) state_ = State::established;
}

void InferredEnd::gets_ack(std::uint64_t acked, const ByteFlow& mine) {
  if (state_ == State::syn_received && mine.syn && acked > *mine.syn) state_ = State::established;
  if (!mine.fin || acked <= *mine.fin) return;
  if (state_ == State::fin_wait_1) state_ = State::fin_wait_2;
  if (state_ == State::closing) state_ = State::time_wait;
  if (state_ == State::last_ack) state_ = State::closed;
}

void InferredEnd::gets_fin() {
  switch (state_) {
    case State::unknown:
    case State::syn_received:
    case State::established:
      state_ = State::close_wait;
      return;
    case State::fin_wait_1:
      state_ = State::closing;
      return;
    case State::fin_wait_2:
      state_ = State::time_wait;
      return;
    default:
      return;
  }
}

void InferredEnd::reset() {
  before_reset_ = state_;
  state_ = State::closed;
}

void InferredEnd::gets(const Segment& segment, const Positions& place, const ByteFlow& mine, const ByteFlow& peers) {
  if (state_ == State::closed || state_ == State::unknown) return;  // it does not react, or nobody knows
  const bool acks_mine = segment.has(tcp::ack) && mine.syn && place.acked > *mine.syn;
  if (segment.has(tcp::rst)) {
    const bool counts = state_ == State::syn_sent ? acks_mine : place.at == place.expected;
    if (counts && state_ != State::listen) reset();
    return;
  }
  if (segment.has(tcp::syn)) return gets_syn(segment, acks_mine);
  if (segment.has(tcp::ack)) gets_ack(place.acked, mine);
  if (peers.fin && peers.next() > *peers.fin) gets_fin();
}

}  // namespace loquat::wire
