// Barriers that pass, and barriers that break.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "loquat/fiber.h"
#include "loquat/group.h"
#include "loquat/sync.h"
#include "sched/test_world.h"
#include "sync/each_wait.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using sched::run_test;

TEST(Barrier, ItsPartiesGoInStep) {
  run_test([] {
    constexpr std::size_t parties = 5;
    Barrier barrier(parties);
    std::size_t before = 0, after = 0;
    std::vector<Fiber<>> fibers;
    for (std::size_t i = 0; i < parties; ++i) {
      fibers.push_back(spawn([&, i] {
        for (std::size_t round = 0; round < 10; ++round) {
          sleep(1s * i);
          ++before;
          EXPECT_EQ(after, round * parties);
          barrier.wait();
          EXPECT_EQ(before, (round + 1) * parties);
          ++after;
          barrier.wait();
        }
      }));
    }
    for (const auto& fiber : fibers) fiber.get();
    EXPECT_EQ(barrier.n_waiting(), 0u);
    EXPECT_FALSE(barrier.broken());
  });
}

TEST(Barrier, TellsEachItsNumber) {
  Barrier barrier(4);
  EXPECT_EQ(barrier.parties(), 4u);
  std::vector<std::size_t> numbers(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i) threads.emplace_back([&, i] { numbers[i] = barrier.wait(); });
  for (auto& thread : threads) thread.join();
  std::sort(numbers.begin(), numbers.end());
  EXPECT_EQ(numbers, (std::vector<std::size_t>{0, 1, 2, 3}));
}

TEST(Barrier, OfOnePartyPassesAtOnce) {
  Barrier barrier(1);
  EXPECT_EQ(barrier.wait(), 0u);
  EXPECT_EQ(barrier.wait_for(0s), 0u);
  EXPECT_THROW(Barrier(0), std::invalid_argument);
}

// A party that is quick comes to the next round before the others have left the last one.
TEST(Barrier, ThreadsMeetAgainAtOnce) {
  constexpr int rounds = 2000;
  int actions = 0;
  Barrier plain(3), acting(3, [&] { ++actions; });
  const auto party = [&] {
    for (int i = 0; i < rounds; ++i) {
      plain.wait();
      acting.wait();
    }
  };
  std::thread a(party), b(party), c(party);
  a.join();
  b.join();
  c.join();
  EXPECT_EQ(actions, rounds);
}

// Others do not wait for ever for a party that has failed.
TEST(Barrier, InAGroupIsLeftWhenAPartyFails) {
  run_test([] {
    Group group;
    Barrier barrier(3);
    group.spawn([&] { barrier.wait(); });
    group.spawn([&] { barrier.wait(); });
    group.spawn([] {
      sleep(1s);
      throw std::out_of_range("a party");
    });
    EXPECT_THROW(group.join(), std::out_of_range);
    EXPECT_EQ(group.size(), 0u);
    EXPECT_TRUE(barrier.broken());
  });
}

enum class End { passed, timeout, broken, cancelled };

End wait_at(Barrier& barrier, Duration timeout = 1h) {
  try {
    return barrier.wait_for(timeout) ? End::passed : End::timeout;
  } catch (const BrokenBarrierError&) {
    return End::broken;
  } catch (const Cancelled&) {
    return End::cancelled;
  }
}

TEST(Barrier, ATimeoutBreaksItUntilReset) {
  run_test([] {
    Barrier barrier(3);
    auto patient = spawn([&] { return wait_at(barrier); });
    auto hasty = spawn([&] { return wait_at(barrier, 1s); });
    sleep(0s);
    EXPECT_EQ(barrier.n_waiting(), 2u);
    EXPECT_EQ(hasty.get(), End::timeout);
    EXPECT_EQ(patient.get(), End::broken);
    EXPECT_TRUE(barrier.broken());
    EXPECT_EQ(barrier.n_waiting(), 0u);
    EXPECT_EQ(wait_at(barrier), End::broken);
    barrier.reset();
    EXPECT_FALSE(barrier.broken());
    auto a = spawn([&] { return wait_at(barrier); }), b = spawn([&] { return wait_at(barrier); });
    EXPECT_EQ(wait_at(barrier), End::passed);
    EXPECT_EQ(a.get(), End::passed);
    EXPECT_EQ(b.get(), End::passed);
  });
}

TEST(Barrier, AbortBreaksItForAll) {
  run_test([] {
    Barrier barrier(3);
    auto a = spawn([&] { return wait_at(barrier); }), b = spawn([&] { return wait_at(barrier); });
    sleep(1s);
    barrier.abort();
    EXPECT_EQ(a.get(), End::broken);
    EXPECT_EQ(b.get(), End::broken);
    EXPECT_EQ(wait_at(barrier), End::broken);
  });
}

TEST(Barrier, ResetSendsAwayThoseThatWait) {
  run_test([] {
    Barrier barrier(3);
    auto a = spawn([&] { return wait_at(barrier); }), b = spawn([&] { return wait_at(barrier); });
    sleep(1s);
    barrier.reset();
    EXPECT_EQ(a.get(), End::broken);
    EXPECT_EQ(b.get(), End::broken);
    EXPECT_FALSE(barrier.broken());
    EXPECT_EQ(wait_at(barrier, 1s), End::timeout);
  });
}

// The last party comes when the cancelled one has left the list, and has not run since.
TEST(Barrier, ACancelledPartyIsNotCounted) {
  run_test([] {
    Barrier barrier(3);
    auto cancelled = spawn([&] { return wait_at(barrier); });
    auto waiting = spawn([&] { return wait_at(barrier); });
    sleep(1s);
    cancelled.cancel();
    EXPECT_EQ(wait_at(barrier), End::broken);
    EXPECT_EQ(cancelled.get(), End::cancelled);
    EXPECT_EQ(waiting.get(), End::broken);
  });
}

// What a party that has left still has to say does not break the next round.
TEST(Barrier, ACancelThatResetOvertakesBreaksNothing) {
  run_test([] {
    Barrier barrier(2);
    auto cancelled = spawn([&] { return wait_at(barrier); });
    sleep(1s);
    cancelled.cancel();
    barrier.reset();
    auto next = spawn([&] { return wait_at(barrier); });
    EXPECT_EQ(cancelled.get(), End::cancelled);
    EXPECT_EQ(wait_at(barrier), End::passed);
    EXPECT_EQ(next.get(), End::passed);
  });
}

// --- with an action --------------------------------------------------------------------------------------------------

TEST(BarrierAction, IsCalledOncePerRoundBeforeAnybodyGoesOn) {
  run_test([] {
    constexpr std::size_t parties = 3;
    std::size_t rounds = 0, arrived = 0;
    Barrier barrier(parties, [&] {
      EXPECT_EQ(arrived, (rounds + 1) * parties);
      sleep(1h);  // it may wait
      ++rounds;
    });
    std::vector<Fiber<>> fibers;
    for (std::size_t i = 0; i < parties; ++i) {
      fibers.push_back(spawn([&, i] {
        for (std::size_t round = 1; round <= 4; ++round) {
          sleep(1s * (i * round % parties));
          ++arrived;
          barrier.wait();
          EXPECT_EQ(rounds, round);
        }
      }));
    }
    for (const auto& fiber : fibers) fiber.get();
    EXPECT_EQ(rounds, 4u);
  });
}

TEST(BarrierAction, IsCalledByThePartyThatComesLast) {
  Barrier* at = nullptr;
  std::thread::id caller;
  Barrier barrier(2, [&] {
    caller = std::this_thread::get_id();
    EXPECT_EQ(at->n_waiting(), 0u) << "the next round has begun";
  });
  at = &barrier;
  std::thread::id last;
  const auto party = [&] {
    if (barrier.wait() == 1) last = std::this_thread::get_id();
  };
  std::thread first(party), second(party);
  first.join();
  second.join();
  EXPECT_EQ(caller, last);
}

TEST(BarrierAction, ThatThrowsBreaksTheBarrier) {
  run_test([] {
    int calls = 0;
    Barrier barrier(2, [&] {
      if (++calls == 1) throw std::out_of_range("the action");
    });
    auto first = spawn([&] { return wait_at(barrier); });
    sleep(1s);
    EXPECT_THROW(barrier.wait(), std::out_of_range);
    EXPECT_EQ(first.get(), End::broken);
    EXPECT_TRUE(barrier.broken());
    EXPECT_EQ(wait_at(barrier), End::broken);
    barrier.reset();
    auto again = spawn([&] { return wait_at(barrier); });
    EXPECT_EQ(wait_at(barrier), End::passed);
    EXPECT_EQ(again.get(), End::passed);
  });
}

TEST(BarrierAction, OfACancelledPartyBreaksTheBarrier) {
  run_test([] {
    Barrier barrier(2, [] { sleep(1h); });
    auto first = spawn([&] { return wait_at(barrier); });
    sleep(1s);
    auto last = spawn([&] { return wait_at(barrier); });
    sleep(1s);
    last.cancel();
    EXPECT_EQ(last.get(), End::cancelled);
    EXPECT_EQ(first.get(), End::broken);
    EXPECT_TRUE(barrier.broken());
  });
}

// All have come, so the round passes.
TEST(BarrierAction, WhileItRunsNobodyGivesUp) {
  run_test([] {
    Barrier barrier(3, [] { sleep(1h); });
    auto hasty = spawn([&] { return wait_at(barrier, 10s); });
    bool cancelled_later = false;
    auto cancelled = spawn([&] {
      barrier.wait();
      try {
        sleep(1s);
      } catch (const Cancelled&) {
        cancelled_later = true;
      }
    });
    sleep(1s);
    auto last = spawn([&] { return wait_at(barrier, 1s); });
    sleep(1s);
    cancelled.cancel();
    sleep(1min);
    EXPECT_FALSE(cancelled.done());
    EXPECT_EQ(hasty.get(), End::passed);
    EXPECT_EQ(last.get(), End::passed);
    cancelled.get();
    EXPECT_TRUE(cancelled_later);
    EXPECT_FALSE(barrier.broken());
  });
}

// A caller that comes while the action runs is of no round yet.
TEST(BarrierAction, WhoComesMeanwhileArrivesAfterIt) {
  run_test([] {
    Barrier barrier(2, [] { sleep(1h); });
    auto first = spawn([&] { return wait_at(barrier); }), last = spawn([&] { return wait_at(barrier); });
    sleep(1s);
    auto hasty = spawn([&] { return wait_at(barrier, 10s); });
    EXPECT_EQ(first.get(), End::passed);
    EXPECT_EQ(last.get(), End::passed);
    EXPECT_EQ(hasty.get(), End::timeout);
    EXPECT_TRUE(barrier.broken());
  });
}

TEST(BarrierAction, RunsOnceAtATime) {
  run_test([] {
    int running = 0, most = 0, calls = 0;
    Barrier barrier(2, [&] {
      most = std::max(most, ++running);
      sleep(1s);
      --running;
      ++calls;
    });
    std::vector<Fiber<End>> callers;
    for (int i = 0; i < 8; ++i) callers.push_back(spawn([&] { return wait_at(barrier); }));
    for (const auto& each : callers) EXPECT_EQ(each.get(), End::passed);
    EXPECT_EQ(most, 1);
    EXPECT_EQ(calls, 4);
  });
}

TEST(BarrierAction, AbortAndResetTakeEffectAfterIt) {
  run_test([] {
    for (const bool aborts : {true, false}) {
      Barrier barrier(2, [] { sleep(1h); });
      auto first = spawn([&] { return wait_at(barrier); }), last = spawn([&] { return wait_at(barrier); });
      sleep(1s);
      aborts ? barrier.abort() : barrier.reset();
      EXPECT_EQ(first.get(), End::broken);
      EXPECT_EQ(last.get(), End::broken);
      EXPECT_EQ(barrier.broken(), aborts);
    }
  });
}

TEST(BarrierAction, IsNotCalledForARoundThatAPartyHasLeft) {
  run_test([] {
    Barrier barrier(2, [] { ADD_FAILURE() << "one has left"; });
    auto cancelled = spawn([&] { return wait_at(barrier); });
    sleep(1s);
    cancelled.cancel();
    EXPECT_EQ(wait_at(barrier), End::broken);
    EXPECT_EQ(cancelled.get(), End::cancelled);
  });
}

TEST(BarrierAction, ThatWaitsAtItsOwnBarrierIsToldSo) {
  run_test([] {
    Barrier* own = nullptr;
    Barrier barrier(2, [&] { own->wait(); });
    own = &barrier;
    auto first = spawn([&] { return wait_at(barrier); });
    sleep(1s);
    EXPECT_THROW(barrier.wait(), std::logic_error);
    EXPECT_EQ(first.get(), End::broken);
  });
}

TEST(BarrierTimeout, IsTheLimitOfEachWait) {
  run_test([] {
    Barrier barrier(2, {}, 5s);
    const TimePoint start = now();
    EXPECT_THROW(barrier.wait(), BrokenBarrierError);
    EXPECT_EQ(now() - start, 5s);
    EXPECT_TRUE(barrier.broken());
    barrier.reset();
    EXPECT_EQ(barrier.wait_for(7s), std::nullopt) << "its own limit";
    EXPECT_EQ(now() - start, 12s);
    barrier.reset();
    auto other = spawn([&] { return barrier.wait(); });
    sleep(4s);
    EXPECT_EQ(barrier.wait(), 1u);
    EXPECT_EQ(other.get(), 0u);
  });
}

// --- a cancel at each wait -------------------------------------------------------------------------------------------

struct ThreeRounds {
  Barrier barrier{2};
  int script_passed = 0, other_passed = 0;
  Fiber<> other = spawn([this] {
    while (other_passed < 3 && wait_at(barrier) == End::passed) ++other_passed;
  });
  void script() {
    for (; script_passed < 3; ++script_passed) barrier.wait();
  }
  void check() {
    other.get();
    EXPECT_EQ(other_passed, script_passed);
    EXPECT_EQ(barrier.broken(), script_passed < 3);
  }
};

TEST(Barrier, ACancelAtEachWaitBreaksItForBoth) {
  run_test([] { EXPECT_GT(sched::cancel_at_each_wait<ThreeRounds>(), 0u); });
}

struct ThreeRoundsWithAnAction {
  int calls = 0;
  Barrier barrier{2, [this] {
                    sleep(0s);
                    ++calls;
                  }};
  int script_passed = 0, other_passed = 0;
  Fiber<> other = spawn([this] {
    while (other_passed < 3 && wait_at(barrier) == End::passed) ++other_passed;
  });
  void script() {
    for (; script_passed < 3; ++script_passed) barrier.wait();
  }
  void check() {
    other.get();
    EXPECT_EQ(other_passed, calls);
    EXPECT_LE(script_passed, calls);
    EXPECT_EQ(barrier.broken(), calls < 3);
  }
};

TEST(BarrierAction, ACancelAtEachWaitBreaksItForBoth) {
  run_test([] { EXPECT_GT(sched::cancel_at_each_wait<ThreeRoundsWithAnAction>(), 0u); });
}

}  // namespace
}  // namespace loquat
