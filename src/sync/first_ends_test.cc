// wait_first_n(): the first of many fibers, in the order of their ends (loquat/select.h).
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>
#include <vector>

#include "loquat/fiber.h"
#include "loquat/select.h"
#include "sched/test_world.h"
#include "sync/each_wait.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using sched::run_test;
using Places = std::vector<std::size_t>;

// Fibers that end after so many hours.
std::vector<Fiber<>> sleepers(const std::vector<int>& hours) {
  std::vector<Fiber<>> fibers;
  for (const int each : hours) fibers.push_back(spawn([each] { sleep(std::chrono::hours(each)); }));
  return fibers;
}

TEST(WaitFirstN, ReturnsThemInTheOrderOfTheirEnds) {
  run_test([] {
    const std::vector<int> hours{7, 3, 5, 1, 6, 2, 4};
    const Places order{3, 5, 1, 6, 2, 4, 0};
    for (std::size_t count = 0; count <= hours.size(); ++count) {
      const auto fibers = sleepers(hours);
      const TimePoint start = now();
      EXPECT_EQ(wait_first_n(fibers, count), Places(order.begin(), order.begin() + static_cast<long>(count)));
      EXPECT_EQ(now() - start, std::chrono::hours(count));
      EXPECT_EQ(wait_first_n(fibers, count), Places(order.begin(), order.begin() + static_cast<long>(count)))
          << "they have ended before";
      cancel_all(fibers);
    }
  });
}

// All ends come before the caller runs again.
TEST(WaitFirstN, OfThoseThatEndInOneTurnTheFirstCounts) {
  run_test([] {
    Event go;
    std::vector<Fiber<>> fibers;
    for (int i = 0; i < 5; ++i) {
      fibers.push_back(spawn([&go, i] {
        go.wait();
        for (int yields = 5 - i; yields > 0; --yields) sleep(0s);
      }));
    }
    auto waiter = spawn([&] { return wait_first_n(fibers, 3); });
    sleep(1s);
    go.set();
    EXPECT_EQ(waiter.get(), (Places{4, 3, 2}));
  });
}

TEST(WaitFirstN, ReturnsThoseThatEndedInTime) {
  run_test([] {
    const auto fibers = sleepers({3, 1, 2});
    EXPECT_EQ(wait_first_n(fibers, 2, 0s), Places{});
    EXPECT_EQ(wait_first_n(fibers, 3, 150min), (Places{1, 2}));
    EXPECT_EQ(wait_first_n(fibers, 1, -1s), Places{1});
    EXPECT_EQ(wait_first_n(fibers, 99), (Places{1, 2, 0})) << "all that there are";
    EXPECT_EQ(wait_first_n(std::vector<Fiber<>>{}, 1), Places{});
  });
}

TEST(WaitFirstN, SeesFailuresAndCancelsAndLeavesThemToGet) {
  run_test([] {
    auto fibers = sleepers({9, 9});
    fibers.push_back(spawn([] { throw std::runtime_error("mine"); }));
    fibers[0].cancel();
    EXPECT_EQ(wait_first_n(fibers, 2), (Places{0, 2}));
    EXPECT_THROW(fibers[0].get(), CancelledError);
    EXPECT_THROW(fibers[2].get(), std::runtime_error);
    fibers[1].cancel();
  });
}

TEST(WaitFirstN, OneMayBeThereTwice) {
  run_test([] {
    const auto once = sleepers({2, 1});
    const std::vector<Fiber<>> fibers{once[0], once[1], once[0]};
    EXPECT_EQ(wait_first_n(fibers, 3), (Places{1, 0, 2}));
  });
}

TEST(WaitFirstN, OfAPlainThread) {
  Queue<std::vector<Fiber<>>> given;
  Places places;
  std::thread thread([&] {
    const auto fibers = *given.get();
    places = wait_first_n(fibers, 2);
  });
  run_test([&] {
    const auto fibers = sleepers({3, 2, 1});
    given.put(fibers);
    join_all(fibers);
  });
  thread.join();
  EXPECT_EQ(places, (Places{2, 1}));
}

struct WaitsForTwo {
  std::vector<Fiber<>> fibers;
  Places places;
  WaitsForTwo() {
    for (int i = 0; i < 3; ++i) {
      fibers.push_back(spawn([i] {
        for (int yields = 4 * i; yields > 0; --yields) sleep(0s);
      }));
    }
  }
  void script() {
    places = wait_first_n(fibers, 2);
    places = wait_first_n(fibers, 3);
  }
  void check() {
    join_all(fibers);  // nobody waits there any more
    EXPECT_TRUE(places.empty() || places == (Places{0, 1}) || places == (Places{0, 1, 2}));
  }
};

TEST(WaitFirstN, ACancelAtEachWaitLeavesNothing) {
  run_test([] { EXPECT_GT(sched::cancel_at_each_wait<WaitsForTwo>(), 1u); });
}

}  // namespace
}  // namespace loquat
