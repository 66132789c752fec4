#include "wire/capture/byte_flow.h"

#include <algorithm>

namespace loquat::wire {
namespace {

constexpr std::size_t max_segments = 1000, max_islands = 100;
constexpr std::uint64_t origin = std::uint64_t{1} << 32;  // nothing that wraps backwards gets below 0

}  // namespace

std::uint64_t ByteFlow::position(std::uint32_t seq) {
  if (!known_) {
    known_ = true;
    sent_end_ = next_ = acked_ = origin + seq;
  }
  const auto step = static_cast<std::int32_t>(seq - static_cast<std::uint32_t>(sent_end_));
  return sent_end_ + static_cast<std::uint64_t>(static_cast<std::int64_t>(step));
}

void ByteFlow::restart(std::uint32_t seq) {
  *this = {};
  position(seq);
}

void ByteFlow::sent(std::uint64_t from, std::uint64_t to, int number, std::int64_t time) {
  if (to > from) {
    const bool again = unseen_in(from, to) < to - from;
    sent_[from] = {to, number, time, again};
    if (sent_.size() > max_segments) sent_.erase(sent_.begin());
  }
  if (from > sent_end_) gaps_[sent_end_] = from;
  see(from, std::min(to, sent_end_));
  if (gaps_.size() > max_islands) gaps_.erase(gaps_.begin());
  sent_end_ = std::max(sent_end_, to);
}

// Takes [from, to) out of the gaps.
void ByteFlow::see(std::uint64_t from, std::uint64_t to) {
  auto gap = gaps_.upper_bound(from);
  if (gap != gaps_.begin()) --gap;
  while (gap != gaps_.end() && gap->first < to) {
    const auto [begin, end] = *gap;
    if (end <= from) {
      ++gap;
      continue;
    }
    gap = gaps_.erase(gap);
    if (begin < from) gaps_[begin] = from;
    if (end > to) gaps_[to] = end;
  }
}

std::uint64_t ByteFlow::unseen_in(std::uint64_t from, std::uint64_t to) const {
  std::uint64_t unseen = to > sent_end_ ? to - std::max(from, sent_end_) : 0;
  auto gap = gaps_.upper_bound(from);
  if (gap != gaps_.begin()) --gap;
  for (; gap != gaps_.end() && gap->first < to; ++gap) {
    const std::uint64_t left = std::max(from, gap->first), right = std::min(to, gap->second);
    if (right > left) unseen += right - left;
  }
  return unseen;
}

const SentRange* ByteFlow::timed_by(std::uint64_t position) const {
  if (position <= acked_) return nullptr;
  auto last = sent_.lower_bound(position);
  if (last == sent_.begin()) return nullptr;
  --last;
  return last->second.end <= position && last->second.end > acked_ && !last->second.again ? &last->second : nullptr;
}

int ByteFlow::sent_before(std::uint64_t from, std::uint64_t to) const {
  auto after = sent_.lower_bound(to);
  while (after != sent_.begin()) {
    --after;
    if (after->second.end > from) return after->second.number;
    if (after->first + (std::uint64_t{1} << 20) < from) break;  // no segment is that long
  }
  return 0;
}

void ByteFlow::arrived(std::uint64_t from, std::uint64_t to) {
  if (to <= next_) return;
  if (from > next_) {
    if (islands_.size() < max_islands) islands_[from] = std::max(islands_[from], to);
    return;
  }
  next_ = to;
  merge_islands();
}

void ByteFlow::acknowledged(std::uint64_t position) {
  acked_ = std::max(acked_, position);
  if (position <= next_) return;
  next_ = position;
  if (position > sent_end_) gaps_[sent_end_] = position;
  sent_end_ = std::max(sent_end_, position);
  merge_islands();
}

void ByteFlow::merge_islands() {
  while (!islands_.empty() && islands_.begin()->first <= next_) {
    next_ = std::max(next_, islands_.begin()->second);
    islands_.erase(islands_.begin());
  }
}

}  // namespace loquat::wire
