// sent_segments.h - finds which frame a segment repeats, among the last 1024 that were sent.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293 s.3.4 (sequence numbers).
#pragma once

#include <deque>

#include "codec/network/segment.h"

namespace loquat::wire {

class SentSegments {
 public:
  // The number of the first frame that carried some of this segment: bytes of the same side, or its SYN or FIN. 0 if
  // none did.
  int original_of(const codec::Segment& segment) const;
  void add(int number, const codec::Segment& segment);

 private:
  struct Sent {
    int number;
    codec::Segment segment;
  };
  std::deque<Sent> sent_;
};

}  // namespace loquat::wire
