// What is left when fibers of a Group or a Pool end early: who is counted, and whose room is free (loquat/group.h).
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "loquat/error.h"
#include "loquat/group.h"
#include "loquat/timeout.h"
#include "sched/test_world.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using sched::run_test;

void fail_at_once() { throw std::runtime_error("no"); }

// --- groups ----------------------------------------------------------------------------------------------------------

TEST(GroupSize, CountsThoseThatHaveNotEnded) {
  run_test([] {
    Group group;
    EXPECT_TRUE(group.join_for(0s)) << "nobody is there";
    group.spawn([] { sleep(1s); });
    EXPECT_EQ(group.size(), 1u);
    group.spawn([] { sleep(3s); });
    EXPECT_EQ(group.size(), 2u);
    sleep(2s);
    EXPECT_EQ(group.size(), 1u);
    sleep(2s);
    EXPECT_EQ(group.size(), 0u);
  });
}

TEST(GroupCancel, ReturnsBeforeTheEnd) {
  run_test([] {
    Group group;
    for (int i = 0; i < 2; ++i) group.spawn([] { sleep(1h); });
    sleep(1s);
    const TimePoint start = now();
    for (int i = 0; i < 3; ++i) group.cancel();
    EXPECT_EQ(group.size(), 2u);
    sleep(0s);
    EXPECT_EQ(group.size(), 0u);
    EXPECT_EQ(now(), start);
  });
}

TEST(GroupCancel, KeepsAFailureFromHappening) {
  const auto log = run_test([] {
    Group group;
    group.spawn(fail_at_once);
    group.spawn([] { sleep(1h); });
    group.cancel();
    group.join();
  });
  EXPECT_TRUE(log.empty());
}

TEST(GroupTimeout, OfAMemberIsItsFailure) {
  const auto log = run_test([] {
    Group group;
    auto other = group.spawn([] { sleep(9h); });
    group.spawn([] {
      const Timeout limit(1h, "the member");
      sleep(9h);
    });
    try {
      group.join();
      ADD_FAILURE();
    } catch (const TimeoutError& e) {
      EXPECT_EQ(std::string(e.what()).find("the member took longer"), 0u) << e.what();
    }
    EXPECT_THROW(other.get(), CancelledError);
  });
  EXPECT_TRUE(log.empty());
}

TEST(GroupTimeout, LimitsJoinAndLeavesTheMembers) {
  run_test([] {
    Group group;
    group.spawn([] { sleep(3h); });
    EXPECT_FALSE(with_timeout(1h, [&] { group.join(); }));
    EXPECT_FALSE(with_timeout(1h, [&] { (void)group.join_for(2h); }));
    EXPECT_EQ(group.size(), 1u);
    EXPECT_TRUE(with_timeout(2h, [&] { group.join(); }));
  });
}

// --- the room of a pool ----------------------------------------------------------------------------------------------

// Whether all the room of a pool for two is free, which has no failure.
void expect_room_for_two(Pool& pool) {
  EXPECT_EQ(pool.size(), 0u);
  const auto wait = [] { sleep(1s); };
  EXPECT_TRUE(pool.try_spawn(wait));
  EXPECT_TRUE(pool.try_spawn(wait));
  EXPECT_FALSE(pool.try_spawn(wait));
  pool.join();
}

TEST(PoolRoom, ComesBackFromAFiberThatIsCancelled) {
  run_test([] {
    Pool pool(2);
    auto runs = pool.spawn([] { sleep(1h); });
    sleep(1s);
    auto has_not_begun = pool.spawn([] { sleep(1h); });
    cancel_all(std::vector{runs, has_not_begun});
    expect_room_for_two(pool);
    pool.spawn([] { sleep(1h); });
    pool.spawn([] { sleep(1h); });
    pool.cancel();
    pool.join();
    expect_room_for_two(pool);
  });
}

struct DeafSink final : LogSink {
  void write(LogLevel, std::string_view) override {
    ++lines;
    throw std::runtime_error("disk full");
  }
  int lines = 0;
};

// The first failure is the join()'s, the second the log's.
TEST(PoolRoom, ComesBackFromFibersThatFail) {
  DeafSink log;
  run_test(
      [] {
        Pool pool(2);
        pool.spawn([] {
          try {
            sleep(1h);
          } catch (const Cancelled&) {
            fail_at_once();
          }
        });
        sleep(1s);
        pool.spawn(fail_at_once);
        EXPECT_THROW(pool.spawn([] { ADD_FAILURE(); }), std::runtime_error) << "which waits for room";
        EXPECT_THROW(pool.try_spawn([] { ADD_FAILURE(); }), std::runtime_error);
        EXPECT_THROW(pool.join(), std::runtime_error);
        expect_room_for_two(pool);
      },
      &log);
  EXPECT_EQ(log.lines, 1);
}

TEST(PoolRoom, IsNotTakenByASpawnThatATimeoutEnds) {
  run_test([] {
    Pool pool(2);
    for (int i = 0; i < 2; ++i) pool.spawn([] { sleep(3h); });
    EXPECT_FALSE(with_timeout(1h, [&] { pool.spawn([] { ADD_FAILURE(); }); }));
    EXPECT_EQ(pool.size(), 2u);
    pool.join();
    expect_room_for_two(pool);
  });
}

// The room is given in the very moment in which the waiting spawn() is cancelled.
TEST(PoolRoom, IsNotLostBetweenAnEndAndACancel) {
  run_test([] {
    Pool pool(2);
    for (int i = 0; i < 10; ++i) {
      pool.spawn([] { sleep(1h); });
      pool.spawn([] { sleep(2h); });
      Fiber<> late;
      auto canceller = spawn([&] {
        sleep(1h);
        late.cancel();
      });
      late = spawn([&] { pool.spawn([] {}); });
      join_all(std::vector{late, canceller});
      pool.join();
      expect_room_for_two(pool);
    }
  });
}

TEST(PoolRoom, IsNotTakenByABodyThatCannotBeCopied) {
  run_test([] {
    struct Fails {
      Fails() = default;
      Fails(const Fails&) { throw std::bad_alloc(); }
      void operator()() const {}
    };
    Pool pool(2);
    const Fails body;
    EXPECT_THROW(pool.spawn(body), std::bad_alloc);
    EXPECT_THROW(pool.try_spawn(body), std::bad_alloc);
    expect_room_for_two(pool);
  });
}

TEST(PoolRoom, WithoutItTrySpawnLeavesTheBody) {
  run_test([] {
    struct Owns {
      std::unique_ptr<int> value = std::make_unique<int>(7);
      int operator()() const { return *value; }
    };
    Pool pool(1);
    pool.spawn([] { sleep(1s); });
    Owns body;
    EXPECT_FALSE(pool.try_spawn(std::move(body)));
    ASSERT_TRUE(body.value);
    pool.join();
    const auto fiber = pool.try_spawn(std::move(body));
    ASSERT_TRUE(fiber);
    EXPECT_EQ(fiber->get(), 7);
  });
}

TEST(PoolRoom, IsKeptByAFiberThatSpawns) {
  run_test([] {
    Pool pool(1);
    pool.spawn([&pool] {
      EXPECT_FALSE(pool.try_spawn([] {}));
      EXPECT_FALSE(with_timeout(1h, [&] { pool.spawn([] {}); })) << "for ever, without a limit";
    });
    pool.join();
  });
}

TEST(PoolFibers, MayWaitForEachOther) {
  run_test([] {
    Pool pool(2);
    Event produced;
    std::string order;
    auto consumer = pool.spawn([&] {
      order += "a";
      produced.wait();
      order += "c";
    });
    pool.spawn([&] {
      sleep(1s);
      order += "b";
      produced.set();
    });
    consumer.get();
    EXPECT_EQ(order, "abc");
  });
}

// --- map -------------------------------------------------------------------------------------------------------------

TEST(PoolMap, WorksForEachSizeAndNumber) {
  run_test([] {
    for (const std::size_t size : {1u, 2u, 3u, 10u, 1000u}) {
      Pool pool(size);
      for (const int count : {0, 1, 10, 100}) {
        std::vector<int> items(static_cast<std::size_t>(count));
        std::iota(items.begin(), items.end(), 0);
        const auto doubled = pool.map(items, [](int i) {
          sleep((i * 7 % 10) * 1ms);
          return 2 * i;
        });
        ASSERT_EQ(doubled.size(), items.size());
        for (const int i : items) EXPECT_EQ(doubled[static_cast<std::size_t>(i)], 2 * i);
      }
    }
  });
}

// A range of 0, 1, 2, ... that throws behind `last`.
struct Breaking {
  struct Iterator {
    using iterator_category = std::forward_iterator_tag;
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    using pointer = const int*;
    using reference = int;
    int operator*() const { return at; }
    Iterator& operator++() {
      if (at++ == last) throw std::out_of_range("the range");
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return at == other.at; }
    int at = 0, last = 0;
  };
  Iterator begin() const { return {0, last}; }
  Iterator end() const { return {1000, last}; }
  int last;
};

TEST(PoolMap, ThrowsWhatItsRangeThrows) {
  run_test([] {
    Pool pool(2);
    int begun = 0, ended = 0;
    const auto call = [&](int i) {
      ++begun;
      const std::shared_ptr<void> at_end(nullptr, [&ended](void*) { ++ended; });
      sleep(1s);
      return i;
    };
    EXPECT_THROW(pool.map(Breaking{3}, call), std::out_of_range);
    EXPECT_GT(begun, 0);
    EXPECT_EQ(begun, ended);
    expect_room_for_two(pool);
    auto results = pool.imap(Breaking{1}, call);
    EXPECT_EQ(results.next(), 0);
    EXPECT_EQ(results.next(), 1);
    EXPECT_THROW(results.next(), std::out_of_range);
  });
}

TEST(PoolMap, EndsItsCallsWhenItIsCancelledOrTakesTooLong) {
  run_test([] {
    Pool pool(2);
    const std::vector<int> items(20);
    int begun = 0;
    const auto call = [&](int) {
      ++begun;
      sleep(9h);
    };
    EXPECT_FALSE(with_timeout(1h, [&] { pool.map(items, call); }));
    expect_room_for_two(pool);
    auto caller = spawn([&] { pool.map(items, call); });
    sleep(1h);
    caller.cancel();
    caller.join();
    expect_room_for_two(pool);
    EXPECT_EQ(begun, 4);
  });
}

TEST(PoolMap, ACallThatATimeoutEndsFails) {
  run_test([] {
    Pool pool(2);
    const std::vector<int> hours = {1, 5, 2};  // the last one ends after the Timeout of the second
    const auto call = [](int i) {
      const Timeout limit(150min, "the call");
      sleep(std::chrono::hours(i));
      return i;
    };
    EXPECT_THROW(pool.map(hours, call), TimeoutError);
    expect_room_for_two(pool);
    auto results = pool.imap(hours, call);
    EXPECT_EQ(results.next(), 1);
    EXPECT_THROW(results.next(), TimeoutError);
    EXPECT_EQ(results.next(), 2);
    EXPECT_EQ(results.next(), std::nullopt);
  });
}

TEST(PoolMap, UnorderedFailuresComeWhenTheyHappen) {
  run_test([] {
    Pool pool(2);
    const auto call = [](int i) {
      sleep(std::chrono::hours(i));
      if (i == 2) throw std::runtime_error("two");
      return i;
    };
    auto results = pool.imap_unordered(std::vector{3, 2, 4}, call);
    EXPECT_THROW(results.next(), std::runtime_error);
    EXPECT_EQ(results.next(), 3);
    EXPECT_EQ(results.next(), 4);
    EXPECT_EQ(results.next(), std::nullopt);
    auto none = pool.imap_unordered(std::vector<int>(), call);
    EXPECT_EQ(none.next(), std::nullopt);
    auto broken = pool.imap_unordered(Breaking{0}, call);
    EXPECT_EQ(broken.next(), 0);
    EXPECT_THROW(broken.next(), std::out_of_range);
  });
}

TEST(PoolOfClients, FailuresAreLeftAlone) {
  int ended = 0;
  const std::vector<std::string> lines = run_test([&] {
    Pool clients(9);
    clients.let_failures_alone();
    clients.spawn([&] {
      sleep(1h);
      ++ended;
    });
    clients.spawn(fail_at_once);
    sleep(1min);
    clients.spawn([&] { ++ended; });
    clients.join();
  });
  EXPECT_EQ(ended, 2);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("ended by std::runtime_error: no"), std::string::npos) << lines[0];
}

}  // namespace
}  // namespace loquat
