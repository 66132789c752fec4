#include "sched/timers.h"

#include <algorithm>
#include <new>

namespace loquat::sched {

void Timers::place(std::size_t index, Entry entry) noexcept {
  heap_[index] = entry;
  entry.timer->index = index;
}

void Timers::sift_up(std::size_t index, Entry entry) noexcept {
  while (index > 0) {
    std::size_t parent = (index - 1) / 2;
    if (heap_[parent].when <= entry.when) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, entry);
}

void Timers::sift_down(std::size_t index, Entry entry) noexcept {
  for (;;) {
    std::size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].when < heap_[child].when) ++child;
    if (entry.when <= heap_[child].when) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, entry);
}

bool Timers::grow(std::size_t count) noexcept {
  try {
    heap_.reserve(std::max(count, 2 * heap_.capacity()));
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void Timers::add(Timer& timer) {
  heap_.push_back({timer.when, &timer});
  sift_up(heap_.size() - 1, {timer.when, &timer});
}

void Timers::remove(Timer& timer) noexcept {
  std::size_t index = timer.index;
  if (index == Timer::unset) return;
  timer.index = Timer::unset;
  Entry last = heap_.back();
  heap_.pop_back();
  if (last.timer == &timer) return;
  if (index > 0 && last.when < heap_[(index - 1) / 2].when) {
    sift_up(index, last);
  } else {
    sift_down(index, last);
  }
}

Timer* Timers::pop_due(TimePoint now) noexcept {
  if (heap_.empty() || heap_.front().when > now) return nullptr;
  Timer* timer = heap_.front().timer;
  remove(*timer);
  return timer;
}

}  // namespace loquat::sched
