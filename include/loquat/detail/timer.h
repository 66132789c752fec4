// timer.h - a deadline in the heap of a worker (sched/timers.h). Internal to timeout.h.
//
// Layer: sched (docs/layers.txt).
#pragma once

#include <cstddef>

#include "loquat/time.h"

namespace loquat {

class Timeout;

namespace sched {

class Task;

struct Timer {
  static constexpr std::size_t unset = static_cast<std::size_t>(-1);
  TimePoint when;
  Task* task = nullptr;
  Timeout* timeout = nullptr;  // nullptr: the deadline of the task's present wait
  std::size_t index = unset;   // in the heap
};

}  // namespace sched
}  // namespace loquat
