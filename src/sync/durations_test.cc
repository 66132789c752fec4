// Every call that takes a time, with the times that users do not think of: in fibers, in plain threads.
#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <vector>

#include "loquat/fiber.h"
#include "loquat/sync.h"
#include "sched/test_world.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using sched::run_test;
using Seconds = std::chrono::duration<double>;

std::vector<Duration> times_that_are_over() {
  const Duration boot = Clock::now().time_since_epoch();
  return {Duration::zero(), Duration(-1),      -1s, -24h, -boot, -boot - 1s, Duration::min(), Duration::min() + 1s,
          -Duration::max(), AnyDuration(-0.5s)};
}

template <class Time>
void expect_over(Time time) {
  Event event;
  Semaphore semaphore(0);
  Queue<int> queue;
  EXPECT_FALSE(event.wait_for(time));
  EXPECT_FALSE(semaphore.acquire_for(time));
  EXPECT_EQ(queue.get_for(time), std::nullopt);
  sleep(time);
}

void expect_all_over() {
  for (Duration time : times_that_are_over()) expect_over(time);
  expect_over(Seconds(-std::numeric_limits<double>::infinity()));
  expect_over(Seconds(std::numeric_limits<double>::quiet_NaN()));
  expect_over(Seconds(-1e300));
  expect_over(std::chrono::hours::min());
}

TEST(Durations, PastTimeoutsEndAtOnceInAThread) { expect_all_over(); }

TEST(Durations, PastTimeoutsEndAtOnceInAFiber) {
  run_test([] {
    expect_all_over();
    auto fiber = spawn([] { sleep(1h); });
    for (Duration time : times_that_are_over()) EXPECT_FALSE(fiber.join_for(time));
  });
}

template <class Time>
void expect_long(Time time) {
  Event event;
  std::thread setter([&] { event.set(); });
  EXPECT_TRUE(event.wait_for(time));
  setter.join();
}

TEST(Durations, HugeTimeoutsDoNotEndInAThread) {
  expect_long(Duration::max());
  expect_long(Duration::max() - 1s);
  expect_long(std::chrono::hours::max());
  expect_long(std::chrono::years(1'000'000));
  expect_long(Seconds(1e300));
  expect_long(Seconds(std::numeric_limits<double>::infinity()));
}

TEST(Durations, HugeTimeoutsDoNotEndInAFiber) {
  run_test([] {
    for (Duration time : {Duration::max(), Duration(Duration::max() - 1h), Duration::max() - 1us}) {
      Event event;
      auto waiter = spawn([&] { return event.wait_for(time); });
      EXPECT_FALSE(waiter.join_for(std::chrono::hours(24 * 365)));
      event.set();
      EXPECT_TRUE(waiter.get());
    }
    auto sleeper = spawn([] { sleep(std::chrono::hours::max()); });
    EXPECT_FALSE(sleeper.join_for(1h));
    sleeper.cancel();
    EXPECT_TRUE(sleeper.join_for(std::chrono::minutes::max()));
  });
}

TEST(Durations, EveryTypeIsAccepted) {
  run_test([] {
    const TimePoint start = now();
    sleep(0.5s);
    sleep(std::chrono::duration<float, std::ratio<60>>(0.5F));
    sleep(std::chrono::duration<unsigned char>(2));
    EXPECT_EQ(now() - start, 32'500ms);
  });
}

}  // namespace
}  // namespace loquat
