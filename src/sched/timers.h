// timers.h - the deadlines of one worker: a binary heap of nodes on the fibers' stacks.
//
//   Cost      O(log n) to add and to remove, O(1) to look at the next.
//   Lifetime  A node must not move until it is removed or has fired.
//
// Layer: sched.
#pragma once

#include <cstddef>
#include <vector>

#include "loquat/detail/timer.h"

namespace loquat::sched {

class Timers {
 public:
  void add(Timer& timer);
  // Reserves memory for `count` timers, so that add() does not fail. Returns false if there is none.
  bool make_room(std::size_t count) noexcept { return count <= heap_.capacity() || grow(count); }
  // Does nothing if the timer is not set.
  void remove(Timer& timer) noexcept;
  // The earliest deadline, or `never`.
  TimePoint next() const noexcept { return heap_.empty() ? never : heap_.front().when; }
  // Removes and returns the earliest timer that is due at `now`; nullptr if none is.
  Timer* pop_due(TimePoint now) noexcept;

 private:
  struct Entry {
    TimePoint when;
    Timer* timer;
  };
  bool grow(std::size_t count) noexcept;
  void place(std::size_t index, Entry entry) noexcept;
  void sift_up(std::size_t index, Entry entry) noexcept;
  void sift_down(std::size_t index, Entry entry) noexcept;
  std::vector<Entry> heap_;
};

}  // namespace loquat::sched
