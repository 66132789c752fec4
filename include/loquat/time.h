// time.h - durations and points in time, as types.
//
// Every timeout in Loquat is a std::chrono duration, every deadline inside it a TimePoint, every clock the World's: the
// kernel's CLOCK_MONOTONIC, or the virtual clock of a simulation. Nothing in the library reads another clock.
//
// Layer: base (docs/layers.txt).
#pragma once

#include <chrono>
#include <cstdint>
#include <type_traits>

namespace loquat {

using Clock = std::chrono::steady_clock;
using Duration = Clock::duration;  // nanoseconds
using TimePoint = Clock::time_point;

// A deadline that never passes.
inline constexpr TimePoint never = TimePoint::max();

namespace detail {

// What is not 0 does not become 0, which has a meaning of its own.
constexpr Duration round_to_duration(long double nanoseconds) {
  constexpr auto most = static_cast<long double>(Duration::max().count());
  if (nanoseconds != nanoseconds) return Duration::zero();
  if (nanoseconds >= most) return Duration::max();
  if (nanoseconds <= -most) return Duration::min();
  const Duration rounded(static_cast<Duration::rep>(nanoseconds + (nanoseconds < 0 ? -0.5L : 0.5L)));
  if (rounded == Duration::zero() && nanoseconds != 0) return Duration(nanoseconds < 0 ? -1 : 1);
  return rounded;
}

// What an int64_t of Duration cannot hold becomes its max() or min().
template <class Rep, class Period>
constexpr Duration saturated(const std::chrono::duration<Rep, Period>& time) {
  constexpr std::intmax_t second = Duration::period::den;
  constexpr std::intmax_t num = std::chrono::duration<Rep, Period>::period::num;
  constexpr std::intmax_t den = std::chrono::duration<Rep, Period>::period::den;
  if constexpr (std::is_integral_v<Rep> && second % den == 0 && num <= INTMAX_MAX / (second / den)) {
    const auto count = +time.count();  // at least an int, which the built-in function needs
    Duration::rep nanoseconds = 0;
    if (!__builtin_mul_overflow(count, num * (second / den), &nanoseconds)) return Duration(nanoseconds);
    if constexpr (std::is_signed_v<Rep>) return count < 0 ? Duration::min() : Duration::max();
    return Duration::max();
  } else {
    const auto count = static_cast<long double>(time.count());
    return round_to_duration(count * (static_cast<long double>(second) * num / den));
  }
}

}  // namespace detail

// A Duration made from any std::chrono duration: sleep(0.5s), settimeout(hours::max()). The type of parameters and
// options, never of results. It rounds to the nearest nanosecond, but nothing except 0 to 0. What is out of range
// becomes Duration::max() or min(), and NaN 0. It converts any representation that converts to long double.
class AnyDuration : public Duration {
 public:
  template <class Rep, class Period>
  constexpr AnyDuration(const std::chrono::duration<Rep, Period>& time) : Duration(detail::saturated(time)) {}
};

// `from` + `timeout`, without overflow: a timeout too long to add is never. A deadline before the clock's epoch becomes
// the epoch, because the kernel refuses negative times.
constexpr TimePoint deadline_after(TimePoint from, Duration timeout) {
  Duration::rep sum = 0;
  const bool overflows = __builtin_add_overflow(from.time_since_epoch().count(), timeout.count(), &sum);
  if (overflows) return timeout > Duration::zero() ? never : TimePoint();
  return TimePoint(Duration(sum < 0 ? 0 : sum));
}

}  // namespace loquat
