// time.h - durations and points in time, as types.
//
// Every timeout in Loquat is a std::chrono duration. Every deadline is a TimePoint of CLOCK_MONOTONIC, or of the
// virtual clock in a simulation; now() (fiber.h) reads that clock. The library reads no other clock but one: the Date
// field of HTTP responses is wall-clock time.
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

// A value other than 0 never becomes 0, because a timeout of 0 has a meaning of its own.
constexpr Duration round_to_duration(long double nanoseconds) {
  constexpr auto most = static_cast<long double>(Duration::max().count());
  if (nanoseconds != nanoseconds) return Duration::zero();
  if (nanoseconds >= most) return Duration::max();
  if (nanoseconds <= -most) return Duration::min();
  const Duration rounded(static_cast<Duration::rep>(nanoseconds + (nanoseconds < 0 ? -0.5L : 0.5L)));
  if (rounded == Duration::zero() && nanoseconds != 0) return Duration(nanoseconds < 0 ? -1 : 1);
  return rounded;
}

// A value out of range becomes Duration::max() or min().
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

// The type of timeout parameters and options: a Duration that any std::chrono duration converts to, for example
// sleep(0.5s) or settimeout(hours::max()). Results are plain Durations. Values are rounded to the nearest nanosecond,
// but only 0 becomes 0. Values out of range become Duration::max() or min(); NaN becomes 0.
class AnyDuration : public Duration {
 public:
  template <class Rep, class Period>
  constexpr AnyDuration(const std::chrono::duration<Rep, Period>& time) : Duration(detail::saturated(time)) {}
};

// `from` + `timeout`, without overflow: a timeout that is too long to add gives `never`. A result before the clock's
// epoch becomes the epoch, because the kernel refuses negative times.
constexpr TimePoint deadline_after(TimePoint from, Duration timeout) {
  Duration::rep sum = 0;
  const bool overflows = __builtin_add_overflow(from.time_since_epoch().count(), timeout.count(), &sum);
  if (overflows) return timeout > Duration::zero() ? never : TimePoint();
  return TimePoint(Duration(sum < 0 ? 0 : sum));
}

}  // namespace loquat
