// When Cancelled is thrown and when it is kept back: fiber.h, Cancelled.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <vector>

#include "loquat/fiber.h"
#include "sched/test_world.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using sched::run_test;

// WaitsAtTheEnd in its destructor.
struct WaitsAtTheEnd {
  Duration time = 1h;
  int* times = nullptr;
  ~WaitsAtTheEnd() {
    sleep(time);
    if (times != nullptr) ++*times;
  }
};

TEST(CancelRule, ADestructorIsNotCancelledWhenMainEnds) {
  int times = 0;
  run_test([&] {
    auto fiber = spawn([&] {
      WaitsAtTheEnd at_end{1h, &times};
      sleep(10h);
    });
    sleep(1s);
    fiber.cancel();
    sleep(1s);
  });
  EXPECT_EQ(times, 1);
}

TEST(CancelRule, ADestructorIsNotCancelledASecondTime) {
  run_test([] {
    int times = 0;
    const TimePoint start = now();
    auto fiber = spawn([&] {
      WaitsAtTheEnd last{1h, &times}, first{1h, &times};
      sleep(10h);
    });
    for (int i = 0; i < 5; ++i) {
      sleep(1s);
      fiber.cancel();
    }
    fiber.join();
    EXPECT_EQ(times, 2);
    EXPECT_EQ(now() - start, 2h + 1s);
  });
}

TEST(CancelRule, AnotherExceptionIsNotDisturbed) {
  run_test([] {
    int times = 0;
    Fiber<> during, before;
    during = spawn([&] {
      WaitsAtTheEnd at_end{1h, &times};
      throw std::runtime_error("mine");
    });
    before = spawn([&] {
      WaitsAtTheEnd at_end{1h, &times};
      before.cancel();
      throw std::runtime_error("mine");
    });
    sleep(1s);
    during.cancel();
    EXPECT_THROW(during.get(), std::runtime_error);
    EXPECT_THROW(before.get(), std::runtime_error);
    EXPECT_EQ(times, 2);
  });
}

TEST(CancelRule, ADelayedRequestIsThrownAfterTheUnwinding) {
  run_test([] {
    bool caught = false;
    auto fiber = spawn([&] {
      try {
        WaitsAtTheEnd at_end{1s};
        throw std::runtime_error("mine");
      } catch (const std::runtime_error&) {
      }
      try {
        sleep(1h);
      } catch (const Cancelled&) {
        caught = true;
      }
      sleep(1h);
    });
    sleep(500ms);
    fiber.cancel();
    fiber.get();
    EXPECT_TRUE(caught);
  });
}

TEST(CancelRule, ASecondRequestIsThrownAfterTheFirstWasSwallowed) {
  run_test([] {
    int caught = 0;
    auto fiber = spawn([&] {
      for (int i = 0; i < 3; ++i) {
        try {
          sleep(1h);
        } catch (const Cancelled&) {
          ++caught;
        }
      }
    });
    for (int i = 0; i < 3; ++i) {
      sleep(1s);
      fiber.cancel();
      fiber.cancel();  // the first has not been thrown yet: they are one
    }
    fiber.get();
    EXPECT_EQ(caught, 3);
  });
}

TEST(CancelRule, ASecondRequestReachesAHandler) {
  run_test([] {
    bool cleaned = false;
    auto fiber = spawn([&] {
      try {
        sleep(1h);
      } catch (const Cancelled&) {
        sleep(1h);
        cleaned = true;
      }
    });
    sleep(1s);
    fiber.cancel();
    sleep(1s);
    fiber.cancel();
    fiber.join();
    EXPECT_FALSE(cleaned);
  });
}

TEST(CancelRule, TheRunsEndDoesNotReachAHandlerOfCancelled) {
  int cleaned = 0;
  run_test([&] {
    auto body = [&](bool again) {
      return [&cleaned, again] {
        try {
          sleep(1h);
        } catch (const Cancelled&) {
          sleep(1h);
          sleep(0s);
          ++cleaned;
          if (again) throw;
        }
        try {
          sleep(1h);
        } catch (const Cancelled&) {
          ++cleaned;  // the run's end, kept back till now
        }
      };
    };
    auto swallows = spawn(body(false)), passes = spawn(body(true));
    sleep(1s);
    swallows.cancel();
    passes.cancel();
    sleep(1s);
  });
  EXPECT_EQ(cleaned, 3);
}

TEST(CancelRule, TheRunsEndReachesAHandlerOfAnotherException) {
  bool reached = false;
  run_test([&] {
    spawn([&] {
      try {
        throw std::runtime_error("retry");
      } catch (const std::runtime_error&) {
        try {
          for (;;) sleep(1h);
        } catch (const Cancelled&) {
          reached = true;
        }
      }
    });
    sleep(1s);
  });
  EXPECT_TRUE(reached);
}

TEST(CancelRule, ShieldsAreCounted) {
  run_test([] {
    bool cleaned = false;
    auto fiber = spawn([&] {
      std::vector<std::unique_ptr<CancelShield>> shields;
      for (int i = 0; i < 256; ++i) shields.push_back(std::make_unique<CancelShield>());
      sleep(1h);
      cleaned = true;
      shields.clear();
      sleep(1h);
      cleaned = false;
    });
    sleep(1s);
    fiber.cancel();
    fiber.join();
    EXPECT_TRUE(cleaned);
  });
}

TEST(CancelRule, AFiberThatCancelsItselfEndsAtItsNextWait) {
  run_test([] {
    Fiber<> self;
    bool went_on = false;
    self = spawn([&] {
      self.cancel();
      went_on = true;
      sleep(0s);
      went_on = false;
    });
    self.join();
    EXPECT_TRUE(went_on);
  });
}

// A request that logs every error and goes on must not go on.
TEST(CancelRule, IsNotSwallowedAsAnOrdinaryError) {
  static_assert(!std::is_base_of_v<std::exception, Cancelled>);
  run_test([] {
    int caught = 0;
    auto fiber = spawn([&caught] {
      for (;;) {
        try {
          sleep(1h);
        } catch (const std::exception&) {
          ++caught;
        }
      }
    });
    sleep(1s);
    fiber.cancel();
    EXPECT_THROW(fiber.get(), CancelledError);
    EXPECT_EQ(caught, 0);
  });
}

// The handle outlives the fiber and its run, and threads cancel all the while.
TEST(CancelRule, ThreadsCancelWhileTheRunEnds) {
  for (int round = 0; round < 200; ++round) {
    std::atomic<bool> over{false};
    std::atomic<bool> ready{false};
    Fiber<> fiber;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        ready.wait(false);
        const Fiber<> own = fiber;
        while (!over) own.cancel();
      });
    }
    run_test([&] {
      fiber = spawn([&] {
        ready = true;
        ready.notify_all();
        sleep(1h);
      });
      fiber.join();
    });
    over = true;
    for (auto& thread : threads) thread.join();
  }
}

}  // namespace
}  // namespace loquat
