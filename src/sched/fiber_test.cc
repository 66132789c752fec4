// The scheduler alone, in a World whose clock jumps to the next timer.
#include "loquat/fiber.h"

#include <gtest/gtest.h>

#include <array>
#include <cfenv>
#include <list>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "sched/test_world.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using sched::run_test;

TEST(Fiber, ReturnsItsResult) {
  run_test([] {
    EXPECT_EQ(spawn([] { return 6 * 7; }).get(), 42);
    EXPECT_EQ(spawn([] { return std::string("ab"); }).get(), "ab");
    spawn([] {}).get();
  });
}

TEST(Fiber, GetRethrows) {
  run_test([] {
    auto fiber = spawn([]() -> int { throw std::runtime_error("no"); });
    fiber.join();
    EXPECT_TRUE(fiber.done());
    EXPECT_THROW(fiber.get(), std::runtime_error);
  });
}

TEST(Fiber, RunInOrderAndYield) {
  run_test([] {
    std::string order;
    auto body = [&order](char name) {
      return [&order, name] {
        for (int i = 0; i < 3; ++i) {
          order += name;
          sleep(0s);
        }
      };
    };
    auto a = spawn(body('a'));
    auto b = spawn(body('b'));
    a.join();
    b.join();
    EXPECT_EQ(order, "ababab");
  });
}

TEST(Fiber, SleepsByTheWorldsClock) {
  run_test([] {
    TimePoint start = now();
    std::vector<int> order;
    auto late = spawn([&] {
      sleep(2h);
      order.push_back(2);
    });
    auto early = spawn([&] {
      sleep(1h);
      order.push_back(1);
    });
    late.join();
    early.join();
    EXPECT_EQ(order, (std::vector<int>{1, 2}));
    EXPECT_EQ(now() - start, 2h);
  });
}

TEST(Fiber, JoinForGivesUp) {
  run_test([] {
    auto fiber = spawn([] { sleep(10s); });
    EXPECT_FALSE(fiber.join_for(1s));
    EXPECT_TRUE(fiber.join_for(10s));
  });
}

TEST(Fiber, AHandleMayBeDroppedWhileItIsJoined) {
  run_test([] {
    auto fiber = spawn([] { sleep(1s); });
    auto joiner = spawn([&] { fiber.join(); });
    sleep(Duration::zero());
    fiber = {};
    joiner.get();
  });
}

TEST(Fiber, CancelThrowsOnceAtTheNextWait) {
  run_test([] {
    int caught = 0;
    bool slept = false;
    auto fiber = spawn([&] {
      try {
        sleep(1h);
      } catch (const Cancelled&) {
        ++caught;
      }
      sleep(1s);  // the request has been taken
      slept = true;
    });
    sleep(0s);
    fiber.cancel();
    fiber.join();
    EXPECT_EQ(caught, 1);
    EXPECT_TRUE(slept);
  });
}

TEST(Fiber, CancelledBeforeItStartsNeverRuns) {
  run_test([] {
    bool ran = false;
    auto fiber = spawn([&] { ran = true; });
    fiber.cancel();
    EXPECT_THROW(fiber.get(), CancelledError);
    EXPECT_FALSE(ran);
  });
}

TEST(Fiber, IsDoneFromItsEndOn) {
  run_test([] {
    Fiber<> self;
    self = spawn([&] {
      EXPECT_FALSE(self.done());
      sleep(1s);
      EXPECT_FALSE(self.done());
    });
    EXPECT_FALSE(self.done());
    sleep(500ms);
    EXPECT_FALSE(self.done());
    self.get();
    EXPECT_TRUE(self.done());
  });
}

// Those that have not begun, wait for their time, run, or have ended; and a second time.
TEST(Fiber, IsCancelledInEachStateAndTwice) {
  run_test([] {
    bool went_on = false;
    const auto body = [&went_on] { went_on = true; };
    const auto waits = spawn([&went_on] {
      sleep(1h);
      went_on = true;
    });
    sleep(1s);
    const std::array fibers = {waits, spawn_later(1h, body), spawn(body)};
    int links = 0;
    for (const auto& each : fibers) each.link([&links] { ++links; });
    const TimePoint start = now();
    for (int i = 0; i < 2; ++i) {
      EXPECT_TRUE(cancel_all(fibers));
      for (const auto& each : fibers) EXPECT_THROW(each.get(), CancelledError);
    }
    sleep(0s);
    EXPECT_EQ(links, 3);
    EXPECT_FALSE(went_on);
    EXPECT_EQ(now(), start);
  });
}

// Also those whose bodies would resist.
TEST(Fiber, ThatHasNotBegunIsCancelledInNoTime) {
  run_test([] {
    std::list<Fiber<>> fibers;
    for (int i = 0; i < 3; ++i) {
      fibers.push_back(spawn([] {
        const CancelShield shield;
        sleep(1h);
      }));
    }
    const TimePoint start = now();
    EXPECT_TRUE(cancel_all(fibers, 1s));
    EXPECT_EQ(now(), start);
  });
}

TEST(Fiber, ThatASpawnerLeavesBehindRuns) {
  run_test([] {
    int ran = 0;
    spawn([&ran] {
      spawn([&ran] { ++ran; });
      spawn_later(1s, [&ran] { ++ran; });
    }).join();
    sleep(0s);
    EXPECT_EQ(ran, 1);
    sleep(2s);
    EXPECT_EQ(ran, 2);
  });
}

TEST(Fiber, ShieldKeepsCancelBack) {
  run_test([] {
    bool cleaned = false;
    auto fiber = spawn([&] {
      CancelShield shield;
      sleep(5s);
      cleaned = true;
    });
    sleep(1s);
    fiber.cancel();
    fiber.join();
    EXPECT_TRUE(cleaned);
  });
}

TEST(Fiber, ExceptionsInFlightStayWithTheirFiber) {
  run_test([] {
    auto thrower = [](int n) {
      return [n] {
        try {
          throw n;
        } catch (int caught) {
          sleep(1s);  // the other fiber throws and catches meanwhile
          try {
            throw;
          } catch (int again) {
            EXPECT_EQ(again, n);
          }
          EXPECT_EQ(caught, n);
        }
        EXPECT_EQ(std::uncaught_exceptions(), 0);
      };
    };
    auto a = spawn(thrower(1));
    auto b = spawn(thrower(2));
    a.get();
    b.get();
  });
}

// Those of SSE and of the x87: a called function preserves them, so a switch does.
TEST(Fiber, RoundingModesStayWithTheirFiber) {
  run_test([] {
    const auto third = [] {
      volatile double one = 1, three = 3;
      volatile long double wide_one = 1, wide_three = 3;
      return std::pair<double, long double>(one / three, wide_one / wide_three);
    };
    const auto nearest = third();
    std::fesetround(FE_UPWARD);
    const auto up = third();
    std::fesetround(FE_TONEAREST);
    ASSERT_NE(nearest, up);
    auto fiber = spawn([&] {
      EXPECT_EQ(third(), nearest);
      std::fesetround(FE_UPWARD);
      for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(third(), up);
        sleep(Duration::zero());
      }
    });
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(third(), nearest);
      sleep(Duration::zero());
    }
    fiber.get();
    EXPECT_EQ(third(), nearest);
  });
}

TEST(Fiber, WhatIsLeftIsCancelledWhenMainEnds) {
  bool cleaned = false;
  run_test([&] {
    spawn([&] {
      struct AtEnd {
        bool& flag;
        ~AtEnd() { flag = true; }
      } at_end{cleaned};
      sleep(1000h);
    });
    sleep(0s);
  });
  EXPECT_TRUE(cleaned);
}

TEST(Fiber, TenThousandAtOnce) {
  run_test([] {
    int sum = 0;
    std::vector<Fiber<>> fibers;
    int count = sched::fibers_for_a_test;
    for (int i = 0; i < count; ++i)
      fibers.push_back(spawn([&sum] {
        sleep(1s);
        ++sum;
      }));
    for (auto& fiber : fibers) fiber.join();
    EXPECT_EQ(sum, count);
  });
}

TEST(Fiber, OffloadRunsElsewhereAndRethrows) {
  run_test([] {
    EXPECT_EQ(offload([] { return 5; }), 5);
    EXPECT_THROW(offload([] { throw std::runtime_error("pool"); }), std::runtime_error);
  });
}

TEST(Fiber, ThatJoinsItselfIsTold) {
  run_test([] {
    Fiber<> self;
    self = spawn([&] {
      EXPECT_THROW(self.join(), std::logic_error);
      EXPECT_FALSE(self.join_for(1s));
      self.cancel();
      EXPECT_THROW(self.join(), Cancelled);
    });
    self.join();
  });
}

}  // namespace
}  // namespace loquat
