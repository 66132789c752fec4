#include "loquat/group.h"

#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>

#include "sched/test_world.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using sched::run_test;

TEST(Group, JoinWaitsForAll) {
  run_test([] {
    Group group;
    int sum = 0;
    for (int i = 1; i <= 4; ++i) {
      group.spawn([&sum, i] {
        sleep(i * 1s);
        sum += i;
      });
    }
    EXPECT_EQ(group.size(), 4u);
    EXPECT_FALSE(group.join_for(2500ms));
    EXPECT_EQ(sum, 3);
    group.join();
    EXPECT_EQ(sum, 10);
    EXPECT_EQ(group.size(), 0u);
    group.join();  // nobody is there
  });
}

TEST(Group, JoinWaitsForThoseThatMembersSpawn) {
  run_test([] {
    Group group;
    bool last = false;
    group.spawn([&] {
      sleep(1s);
      group.spawn([&] {
        sleep(1s);
        last = true;
      });
    });
    group.join();
    EXPECT_TRUE(last);
  });
}

TEST(Group, TheFirstFailureCancelsTheRestAndIsThrown) {
  const auto log = run_test([] {
    Group group;
    std::string ends;
    auto waiting = group.spawn([&] {
      try {
        sleep(1h);
      } catch (const Cancelled&) {
        ends += "cancelled ";
        throw;
      }
    });
    auto failing = group.spawn([] {
      sleep(1s);
      throw std::runtime_error("no");
    });
    const TimePoint began = now();
    EXPECT_THROW(group.join(), std::runtime_error);
    EXPECT_EQ(now() - began, 1s);
    EXPECT_EQ(ends, "cancelled ");
    EXPECT_THROW(waiting.get(), CancelledError);
    EXPECT_THROW(failing.get(), std::runtime_error);
    group.spawn([&] { ends += "again"; });
    group.join();
    EXPECT_EQ(ends, "cancelled again");
  });
  EXPECT_TRUE(log.empty());
}

TEST(Group, SpawnThrowsTheFailureUntilItWasJoined) {
  const auto log = run_test([] {
    Group group;
    group.spawn([] { throw std::runtime_error("no"); });
    bool begun = false;
    group.spawn([&] { begun = true; });  // before the failure; it has no turn before that
    sleep(1ms);
    for (int i = 0; i < 2; ++i) EXPECT_THROW(group.spawn([&] { begun = true; }), std::runtime_error);
    EXPECT_THROW(group.join(), std::runtime_error);
    EXPECT_FALSE(begun);
    group.spawn([&] { begun = true; });
    group.join();
    EXPECT_TRUE(begun);
  });
  EXPECT_TRUE(log.empty());
}

TEST(Group, WhatAMemberSpawnsDuringTheDestructorNeverBegins) {
  run_test([] {
    const TimePoint start = now();
    {
      Group group;
      group.spawn([&group] {
        try {
          sleep(1h);
        } catch (const Cancelled&) {
          group.spawn([] { sleep(1h); });
          throw;
        }
      });
      sleep(1ms);
    }
    EXPECT_EQ(now() - start, 1ms);
  });
}

TEST(Group, JoinWaitsForResultsThatNobodyAsksFor) {
  run_test([] {
    Group group;
    bool ended = false;
    group.spawn([&ended] {
      return std::shared_ptr<void>(nullptr, [&ended](void*) {
        sleep(1s);
        ended = true;
      });
    });
    group.join();
    EXPECT_TRUE(ended);
  });
}

TEST(Group, ALaterFailureIsLogged) {
  const auto log = run_test([] {
    Group group;
    group.spawn([] {
      try {
        sleep(1h);
      } catch (const Cancelled&) {
        throw std::runtime_error("second");
      }
    });
    group.spawn([] { throw std::runtime_error("first"); });
    try {
      group.join();
      ADD_FAILURE();
    } catch (const std::runtime_error& e) {
      EXPECT_EQ(std::string(e.what()), "first");
    }
  });
  ASSERT_EQ(log.size(), 1u);
  EXPECT_NE(log[0].find("second"), std::string::npos);
}

TEST(Group, AFailureThatNobodyJoinsIsLogged) {
  const auto log = run_test([] {
    Group group;
    group.spawn([] { throw std::runtime_error("lost"); });
    sleep(1ms);
  });
  ASSERT_EQ(log.size(), 1u);
  EXPECT_NE(log[0].find("group_test.cc"), std::string::npos);
  EXPECT_NE(log[0].find("lost"), std::string::npos);
}

TEST(Group, TheDestructorCancelsAndWaits) {
  run_test([] {
    bool ended = false;
    {
      Group group;
      group.spawn([&ended] {
        try {
          sleep(1h);
        } catch (const Cancelled&) {
          const CancelShield shield;
          sleep(1s);
          ended = true;
          throw;
        }
      });
      sleep(1ms);
    }
    EXPECT_TRUE(ended);
  });
}

TEST(Group, TheDestructorWaitsWhileAnExceptionUnwinds) {
  run_test([] {
    bool ended = false;
    try {
      Group group;
      group.spawn([&ended, mark = std::shared_ptr<void>(nullptr, [&ended](void*) { ended = true; })] { sleep(1h); });
      sleep(1ms);
      throw std::runtime_error("unwind");
    } catch (const std::runtime_error&) {
      EXPECT_TRUE(ended);
    }
  });
}

TEST(Group, CancelEndsThoseThatHaveNotBegun) {
  run_test([] {
    Group group;
    bool begun = false;
    auto fiber = group.spawn([&] { begun = true; });
    group.cancel();
    group.join();
    EXPECT_FALSE(begun);
    EXPECT_THROW(fiber.get(), CancelledError);
    group.spawn([&] { begun = true; });  // cancel() is no state
    group.join();
    EXPECT_TRUE(begun);
  });
}

TEST(Group, ACancelledJoinLeavesTheFibers) {
  run_test([] {
    Group group;
    bool done = false;
    group.spawn([&] {
      sleep(2s);
      done = true;
    });
    auto joiner = spawn([&] { group.join(); });
    sleep(1s);
    joiner.cancel();
    joiner.join();
    EXPECT_FALSE(done);
    group.join();
    EXPECT_TRUE(done);
  });
}

TEST(Group, AFiberOfTheGroupMayNotJoinIt) {
  run_test([] {
    Group group;
    group.spawn([&] { EXPECT_THROW(group.join(), std::logic_error); });
    group.join();
  });
}

TEST(Group, AFailedSpawnLeavesTheGroupEmpty) {
  Group group;
  EXPECT_THROW(group.spawn([] {}), std::logic_error);  // outside of run()
  EXPECT_EQ(group.size(), 0u);
  group.join();
}

TEST(Group, BodiesMayBeMoveOnlyAndReturnValues) {
  run_test([] {
    Group group;
    auto fiber = group.spawn([value = std::make_unique<int>(7)]() mutable { return std::move(value); });
    group.join();
    EXPECT_EQ(*fiber.get(), 7);
  });
}

TEST(Pool, SpawnWaitsForRoom) {
  run_test([] {
    Pool pool(2);
    const TimePoint began = now();
    int most = 0, running = 0;
    for (int i = 0; i < 6; ++i) {
      pool.spawn([&] {
        most = std::max(most, ++running);
        sleep(1s);
        --running;
      });
    }
    EXPECT_EQ(now() - began, 2s);
    EXPECT_FALSE(pool.try_spawn([] {}));
    pool.join();
    EXPECT_EQ(now() - began, 3s);
    EXPECT_EQ(most, 2);
    EXPECT_TRUE(pool.try_spawn([] {}));
  });
}

TEST(Pool, ACancelledSpawnTakesNoRoom) {
  run_test([] {
    Pool pool(1);
    pool.spawn([] { sleep(5s); });
    auto late = spawn([&] { pool.spawn([] { ADD_FAILURE(); }); });
    sleep(1s);
    late.cancel();
    late.join();
    pool.join();
    EXPECT_TRUE(pool.try_spawn([] {}));
  });
}

TEST(Pool, MapKeepsTheOrder) {
  run_test([] {
    Pool pool(3);
    std::vector<int> items(10);
    std::iota(items.begin(), items.end(), 0);
    const TimePoint began = now();
    const auto squares = pool.map(items, [](int i) {
      sleep((10 - i) * 1ms);
      return i * i;
    });
    EXPECT_EQ(squares, (std::vector<int>{0, 1, 4, 9, 16, 25, 36, 49, 64, 81}));
    EXPECT_LT(now() - began, 30ms);
    int sum = 0;
    pool.map(items, [&sum](int i) { sum += i; });
    EXPECT_EQ(sum, 45);
  });
}

TEST(Pool, MapTakesRangesThatMakeTheirItems) {
  run_test([] {
    Pool pool(2);
    const std::vector<bool> bits = {true, false, true};
    EXPECT_EQ(pool.map(bits,
                       [](bool bit) {
                         sleep(1ms);
                         return bit ? 1 : 0;
                       }),
              (std::vector<int>{1, 0, 1}));
  });
}

TEST(Pool, IsForOneFiberAtLeast) { EXPECT_THROW(Pool(0), std::invalid_argument); }

TEST(Pool, BodiesMayReturnReferences) {
  run_test([] {
    Pool pool(1);
    int value = 1;
    pool.spawn([&value]() -> int& { return value; }).get() = 2;
    EXPECT_EQ(value, 2);
  });
}

TEST(Pool, MapThrowsTheFirstFailureAndCancelsTheRest) {
  const auto log = run_test([] {
    Pool pool(2);
    const std::vector<int> items = {1, 2, 3, 4, 5, 6};
    int begun = 0;
    EXPECT_THROW(pool.map(items,
                          [&](int i) {
                            ++begun;
                            sleep(i == 2 ? 1ms : 1s);
                            if (i == 2) throw std::runtime_error("two");
                            return i;
                          }),
                 std::runtime_error);
    EXPECT_EQ(begun, 2);
    EXPECT_EQ(pool.map(items, [](int i) { return i; }), items);  // the room is there again
  });
  EXPECT_TRUE(log.empty());
}

}  // namespace
}  // namespace loquat
