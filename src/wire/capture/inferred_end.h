// inferred_end.h - the state of one end of a connection, concluded from the segments that it sends and gets. Internal
// to tracker.h, which says where that differs from what a kernel knows.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293 s.3.3.2, s.3.10; RFC 5961 s.3 (resets).
#pragma once

#include "codec/network/segment.h"
#include "wire/capture/byte_flow.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

class InferredEnd {
 public:
  State state() const noexcept { return state_; }
  // Sets a state that is known from elsewhere.
  void suppose(State state) noexcept { state_ = state; }

  struct Positions {
    std::uint64_t at = 0;        // of the segment's first position in its sender's flow
    std::uint64_t expected = 0;  // the position that was to arrive next there
    std::uint64_t acked = 0;     // what it acknowledges, as a position in its receiver's flow
  };
  // This end sends `segment`. `mine` is its flow before that; `peers` is the flow to it, with what the segment
  // acknowledges. Until sent(), state() is the state at sending: if the segment does not acknowledge a FIN that the
  // capture has seen already, the state before that FIN.
  void sends(const codec::Segment& segment, const Positions& place, const ByteFlow& mine, const ByteFlow& peers);
  void sent();
  // `segment` has reached this end and is in the flow `peers`.
  void gets(const codec::Segment& segment, const Positions& place, const ByteFlow& mine, const ByteFlow& peers);

 private:
  void sends_syn(bool with_ack);
  void sends_fin();
  void acknowledges(const codec::Segment& segment, std::uint64_t acked, const ByteFlow& peers);
  void gets_syn(const codec::Segment& segment, bool acks_mine);
  void gets_ack(std::uint64_t acked, const ByteFlow& mine);
  void gets_fin();
  void forget_fin();
  void reset();

  State state_ = State::unknown;
  State before_reset_ = State::unknown;
  bool fin_to_come_ = false;
};

}  // namespace loquat::wire
