#include "loquat/time.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <ratio>

namespace loquat {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration;

// As a parameter takes it.
constexpr Duration taken(AnyDuration time) { return time; }

static_assert(taken(5s) == Duration(5'000'000'000));
static_assert(taken(0.5s) == 500ms);
static_assert(taken(-3min) == -180s);
static_assert(taken(Duration::min()) == Duration::min());
static_assert(sizeof(AnyDuration) == sizeof(Duration));

// Arithmetic of a representation is not needed; that it becomes a number is.
struct Ticks {
  long count;
  explicit constexpr operator long double() const { return static_cast<long double>(count); }
};

TEST(AnyDuration, TakesEveryUnitAndRepresentation) {
  EXPECT_EQ(taken(0.1s), 100ms);
  EXPECT_EQ(taken(duration<double>(0.1)), 100ms);
  EXPECT_EQ(taken(duration<float, std::milli>(0.25F)), 250us);
  EXPECT_EQ(taken(duration<std::int8_t, std::ratio<3600>>(-1)), -1h);
  EXPECT_EQ(taken(duration<unsigned, std::ratio<1, 50>>(3)), 60ms);
  EXPECT_EQ(taken(duration<int, std::ratio<1, 3>>(1)), Duration(333'333'333));
  EXPECT_EQ(taken(duration<std::int64_t, std::pico>(1'600)), Duration(2));
  EXPECT_EQ(taken(duration<bool>(true)), 1s);
  EXPECT_EQ(taken(duration<Ticks, std::milli>(Ticks{7})), 7ms);
  EXPECT_EQ(std::optional<AnyDuration>(std::optional(2s)), 2s);
}

TEST(AnyDuration, SaturatesAtBothEnds) {
  using std::chrono::hours;
  EXPECT_EQ(taken(hours::max()), Duration::max());
  EXPECT_EQ(taken(hours::min()), Duration::min());
  EXPECT_EQ(taken(duration<std::uint64_t>::max()), Duration::max());
  EXPECT_EQ(taken(duration<std::uint64_t, std::nano>::max()), Duration::max());
  EXPECT_EQ(taken(duration<double>::max()), Duration::max());
  EXPECT_EQ(taken(duration<double>::min()), Duration::min());  // lowest(), in chrono
  EXPECT_EQ(taken(duration<long, std::ratio<INTMAX_MAX>>(-1)), Duration::min());
  EXPECT_EQ(taken(duration<long, std::ratio<1, INTMAX_MAX>>(0)), 0s);
}

TEST(AnyDuration, InfinityIsTheLongestAndNaNIsNone) {
  using Limits = std::numeric_limits<double>;
  EXPECT_EQ(taken(duration<double>(Limits::infinity())), Duration::max());
  EXPECT_EQ(taken(duration<double>(-Limits::infinity())), Duration::min());
  EXPECT_EQ(taken(duration<double>(Limits::quiet_NaN())), Duration::zero());
}

// 0 means "do not wait" and a negative time may be refused, so neither may come from rounding.
TEST(AnyDuration, NonzeroTimesDoNotBecomeZero) {
  EXPECT_EQ(taken(duration<double>(1e-300)), Duration(1));
  EXPECT_EQ(taken(duration<double>(-1e-300)), Duration(-1));
  EXPECT_EQ(taken(duration<int, std::pico>(1)), Duration(1));
  EXPECT_EQ(taken(duration<double>(-0.0)), Duration::zero());
}

TEST(DeadlineAfter, NeverOverflows) {
  constexpr TimePoint today(24h);
  EXPECT_EQ(deadline_after(today, 1s), today + 1s);
  EXPECT_EQ(deadline_after(today, Duration::zero()), today);
  EXPECT_EQ(deadline_after(today, -1h), TimePoint(23h));
  EXPECT_EQ(deadline_after(today, Duration::max()), never);
  EXPECT_EQ(deadline_after(today, Duration::max() - 24h), never);
  EXPECT_EQ(deadline_after(today, Duration::max() - 25h), never - 1h);
}

TEST(DeadlineAfter, IsNotBeforeTheClocksEpoch) {
  constexpr TimePoint today(24h);
  EXPECT_EQ(deadline_after(today, -25h), TimePoint());
  EXPECT_EQ(deadline_after(today, Duration::min()), TimePoint());
  EXPECT_EQ(deadline_after(TimePoint(), Duration::min()), TimePoint());
  EXPECT_EQ(deadline_after(TimePoint(-1h), Duration::min()), TimePoint());
}

}  // namespace
}  // namespace loquat
