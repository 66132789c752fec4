// time.h - durations and points in time, as types.
//
// Every timeout in Loquat is a std::chrono duration, every deadline inside it a TimePoint, every clock the World's: the
// kernel's CLOCK_MONOTONIC, or the virtual clock of a simulation. Nothing in the library reads another clock.
//
// Layer: base (docs/layers.txt).
#pragma once

#include <chrono>

namespace loquat {

using Clock = std::chrono::steady_clock;
using Duration = Clock::duration;  // nanoseconds
using TimePoint = Clock::time_point;

// A deadline that never passes.
inline constexpr TimePoint never = TimePoint::max();

// `from` + `timeout`, without overflow: a timeout too long to add is never.
constexpr TimePoint deadline_after(TimePoint from, Duration timeout) {
  return timeout >= never - from ? never : from + timeout;
}

}  // namespace loquat
