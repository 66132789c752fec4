#include "wire/lab/sent_segments.h"

#include <algorithm>

namespace loquat::wire {
namespace {

constexpr std::size_t max_remembered = 1024;

bool takes_numbers(const codec::Segment& segment) {
  return segment.length > 0 || segment.has(codec::tcp::syn | codec::tcp::fin);
}

bool repeats(const codec::Segment& earlier, const codec::Segment& later) {
  if (earlier.source != later.source || earlier.destination != later.destination) return false;
  if (!takes_numbers(earlier) || !takes_numbers(later)) return false;
  if (earlier.has(codec::tcp::syn) != later.has(codec::tcp::syn)) return false;
  return codec::seq_before(later.seq, earlier.end()) && codec::seq_before(earlier.seq, later.end());
}

}  // namespace

int SentSegments::original_of(const codec::Segment& segment) const {
  const auto found =
      std::find_if(sent_.begin(), sent_.end(), [&](const Sent& earlier) { return repeats(earlier.segment, segment); });
  return found == sent_.end() ? 0 : found->number;
}

void SentSegments::add(int number, const codec::Segment& segment) {
  sent_.push_back({number, segment});
  sent_.back().segment.payload = {};  // it refers to the frame
  if (sent_.size() > max_remembered) sent_.pop_front();
}

}  // namespace loquat::wire
