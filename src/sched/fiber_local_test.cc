// FiberLocal and names: each fiber has its own (loquat/fiber_local.h, fiber.h).
#include "loquat/fiber_local.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "loquat/fiber.h"
#include "sched/test_world.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using sched::run_test;

TEST(FiberLocalValue, EachFiberHasItsOwn) {
  run_test([] {
    const FiberLocal<int> number;
    *number = 1;
    std::vector<Fiber<>> fibers;
    for (int i = 2; i < 10; ++i) {
      fibers.push_back(spawn([&number, i] {
        EXPECT_EQ(*number, 0);
        *number = i;
        sleep(1s);
        EXPECT_EQ(*number, i);
      }));
    }
    join_all(fibers);
    EXPECT_EQ(*number, 1);
  });
}

TEST(FiberLocalValue, ThreadsHaveTheirs) {
  const FiberLocal<std::string> text;
  *text = "here";
  std::thread([&] {
    EXPECT_EQ(*text, "");
    *text = "there";
  }).join();
  EXPECT_EQ(*text, "here");
  run_test([&] { EXPECT_EQ(*text, ""); });
}

// Each notes its letter when it is destroyed.
std::string destroyed;
struct Noted {
  char letter = '?';
  ~Noted() {
    sleep(1s);  // it may wait
    destroyed += letter;
  }
};

TEST(FiberLocalValue, EndsWithItsFiberTheNewestFirst) {
  destroyed.clear();
  run_test([] {
    const FiberLocal<Noted> first, second;
    auto fiber = spawn([&] {
      first->letter = 'a';
      second->letter = 'b';
      sleep(5s);
    });
    sleep(1s);
    EXPECT_EQ(destroyed, "");
    fiber.cancel();
    fiber.join();
    EXPECT_EQ(destroyed, "ba");
  });
}

TEST(FiberLocalValue, ADestructorMayMakeAnother) {
  destroyed.clear();
  run_test([] {
    static const FiberLocal<Noted> late;
    struct MakesOne {
      ~MakesOne() { late->letter = 'z'; }
    };
    const FiberLocal<MakesOne> makes;
    spawn([&] { (void)*makes; }).join();
    EXPECT_EQ(destroyed, "z");
  });
}

// Values that are left behind, where a leak detector finds them.
std::vector<const void*>& alive() {
  static auto* const all = new std::vector<const void*>;
  return *all;
}

// Makes itself anew when it is destroyed.
struct Phoenix {
  static const FiberLocal<Phoenix> local;
  static int made, ended;
  Phoenix() {
    alive().push_back(this);
    ++made;
  }
  ~Phoenix() {
    std::erase(alive(), this);
    ++ended;
    (void)*local;
  }
};
const FiberLocal<Phoenix> Phoenix::local;
int Phoenix::made = 0, Phoenix::ended = 0;

TEST(FiberLocalValue, ThatUsesItselfInItsDestructorIsLeftAfterFourTimes) {
  Phoenix::made = Phoenix::ended = 0;
  destroyed.clear();
  const std::vector<std::string> lines = run_test([] {
    const FiberLocal<Noted> older;
    spawn([&] {
      older->letter = 'o';
      (void)*Phoenix::local;
    }).get();
  });
  EXPECT_EQ(Phoenix::made, 5);
  EXPECT_EQ(Phoenix::ended, 4);
  EXPECT_EQ(destroyed, "o") << "the others are destroyed all the same";
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].find("the fiber spawned at src/sched/fiber_local_test.cc:"), 0u) << lines[0];
  EXPECT_NE(lines[0].find(" leaves 1 value of a FiberLocal behind"), std::string::npos) << lines[0];
}

TEST(FiberLocalValue, OfAThreadIsLeftAfterFourTimesToo) {
  Phoenix::made = Phoenix::ended = 0;
  std::thread([] { (void)*Phoenix::local; }).join();
  EXPECT_EQ(Phoenix::made, 5);
  EXPECT_EQ(Phoenix::ended, 4);
}

// Each makes the other anew.
struct Egg {
  static int ended;
  ~Egg();
};
struct Hen {
  static int ended;
  ~Hen();
};
const FiberLocal<Egg> egg;
const FiberLocal<Hen> hen;
int Egg::ended = 0, Hen::ended = 0;
Egg::~Egg() {
  ++ended;
  alive().push_back(&*hen);
}
Hen::~Hen() {
  ++ended;
  alive().push_back(&*egg);
}

TEST(FiberLocalValue, TwoThatMakeEachOtherEnd) {
  const std::vector<std::string> lines = run_test([] { spawn([] { (void)*egg; }).get(); });
  EXPECT_EQ(Egg::ended + Hen::ended, 4);
  EXPECT_EQ(lines.size(), 1u);
}

TEST(FiberLocalValue, OneThatIsGoneIsNotTakenForANewOne) {
  run_test([] {
    for (int i = 0; i < 3; ++i) {
      const FiberLocal<int> number;  // at the same address each time
      EXPECT_EQ(*number, 0);
      *number = i + 1;
    }
  });
}

// So a FiberLocal is not for a loop.
TEST(FiberLocalValue, OutlivesItsVariableUntilTheFiberEnds) {
  destroyed.clear();
  run_test([] {
    auto fiber = spawn([] {
      for (int i = 0; i < 3; ++i) {
        const FiberLocal<Noted> passing;
        passing->letter = static_cast<char>('a' + i);
      }
      sleep(1s);
      EXPECT_EQ(destroyed, "");
    });
    fiber.join();
    EXPECT_EQ(destroyed, "cba");
  });
}

TEST(FiberLocalValue, EndsWithItsThread) {
  const FiberLocal<std::shared_ptr<int>> held;
  const auto value = std::make_shared<int>(1);
  std::thread([&] {
    *held = value;
    EXPECT_EQ(value.use_count(), 2);
  }).join();
  EXPECT_EQ(value.use_count(), 1);
}

TEST(FiberLocalValue, OneThatIsNotMadeIsTriedAgain) {
  run_test([] {
    static int tries = 0;
    struct Fussy {
      Fussy() {
        if (++tries < 3) throw std::runtime_error("not yet");
      }
      int value = 7;
    };
    const FiberLocal<Fussy> fussy;
    EXPECT_THROW((void)*fussy, std::runtime_error);
    EXPECT_THROW((void)*fussy, std::runtime_error);
    EXPECT_EQ(fussy->value, 7);
    EXPECT_EQ(fussy->value + tries, 10) << "it is not made anew";
  });
}

// Two fibers make theirs at the same time.
TEST(FiberLocalValue, MayWaitAndUseAnotherWhileItIsMade) {
  run_test([] {
    static const FiberLocal<int> number;
    struct Slow {
      Slow() {
        sleep(1s);
        value = *number;
      }
      int value = 0;
    };
    const FiberLocal<Slow> slow;
    std::vector<Fiber<int>> fibers;
    for (int i = 1; i <= 2; ++i) {
      fibers.push_back(spawn([&slow, i] {
        *number = i;
        return slow->value;
      }));
    }
    EXPECT_EQ(fibers[0].get(), 1);
    EXPECT_EQ(fibers[1].get(), 2);
  });
}

TEST(FiberName, BelongsToTheFiber) {
  run_test([] {
    EXPECT_EQ(fiber_name(), "");
    set_fiber_name("main");
    spawn([] {
      EXPECT_EQ(fiber_name(), "");
      set_fiber_name("reader of 127.0.0.1:7777");
      sleep(1s);
      EXPECT_EQ(fiber_name(), "reader of 127.0.0.1:7777");
    }).get();
    EXPECT_EQ(fiber_name(), "main");
  });
}

// --- spawn_later, spawn_every, links, many at once, idle -----------------------------------------------------------

TEST(SpawnLater, BeginsLater) {
  run_test([] {
    const TimePoint start = now();
    auto fiber = spawn_later(3s, [&] { return now() - start; });
    EXPECT_EQ(fiber.get(), 3s);
    bool begun = false;
    auto cancelled = spawn_later(3s, [&] { begun = true; });
    sleep(1s);
    cancelled.cancel();
    cancelled.join();
    EXPECT_FALSE(begun);
  });
}

TEST(SpawnEvery, DoesNotDriftAndLeavesOutWhatIsLate) {
  run_test([] {
    const TimePoint start = now();
    std::vector<Duration> times;
    auto fiber = spawn_every(10s, [&] {
      times.push_back(now() - start);
      sleep(times.size() == 2 ? 25s : 4s);
    });
    sleep(65s);
    fiber.cancel();
    fiber.join();
    EXPECT_EQ(times, (std::vector<Duration>{10s, 20s, 50s, 60s}));
    EXPECT_THROW(spawn_every(0s, [] {}), std::invalid_argument);
  });
}

TEST(SpawnEvery, EndsByWhatItsBodyThrows) {
  run_test([] {
    int calls = 0;
    auto fiber = spawn_every(1s, [&] {
      if (++calls == 3) throw std::runtime_error("mine");
    });
    EXPECT_THROW(fiber.get(), std::runtime_error);
    EXPECT_EQ(calls, 3);
  });
}

TEST(Link, IsCalledAtTheEndHoweverItComes) {
  run_test([] {
    std::string ends;
    auto returns = spawn([] { sleep(1s); });
    auto fails = spawn([] { throw std::runtime_error("mine"); });
    auto cancelled = spawn([] { sleep(9h); });
    auto unlinked = returns.link([&] { ends += "!"; });
    std::vector<Fiber<>> links = {returns.link([&] { ends += "r"; }), fails.link([&] { ends += "f"; }),
                                  cancelled.link([&] { ends += "c"; })};
    sleep(500ms);
    unlinked.cancel();
    sleep(1s);
    EXPECT_EQ(ends, "fr");
    cancelled.cancel();
    join_all(links);
    EXPECT_EQ(ends, "frc");
    EXPECT_EQ(returns.link([] { return 7; }).get(), 7) << "one that has ended";
  });
}

TEST(Link, IsCalledInTheOrderOfItsMaking) {
  run_test([] {
    std::vector<int> order, expected;
    const auto fiber = spawn([] { sleep(1s); });
    for (int i = 0; i < 100; ++i) {
      expected.push_back(i);
      fiber.link([&order, i] { order.push_back(i); });
      if (i == 50) sleep(500ms);
    }
    sleep(1s);
    EXPECT_EQ(order, expected);
  });
}

// The end has reached both links already.
TEST(Link, IsNotCalledOnceAnotherHasCancelledIt) {
  run_test([] {
    for (const Duration before : {0s, 1s}) {
      std::string calls;
      Fiber<> first, second;
      const auto fiber = spawn([] { sleep(2s); });
      first = fiber.link([&] {
        second.cancel();
        calls += '1';
      });
      second = fiber.link([&] {
        first.cancel();
        calls += '2';
      });
      sleep(before);
      if (before == 0s) fiber.cancel();
      join_all(std::vector{first, second});
      EXPECT_EQ(calls, "1");
    }
  });
}

TEST(Link, TakesTheResult) {
  run_test([] {
    std::vector<std::string> results;
    for (const char* name : {"b", "a"}) {
      const auto fiber = spawn([name] {
        sleep(*name == 'b' ? 2s : 1s);
        return std::string(name);
      });
      fiber.link([fiber, &results] { results.push_back(fiber.get()); });
    }
    sleep(3s);
    EXPECT_EQ(results, (std::vector<std::string>{"a", "b"}));
  });
}

TEST(ManyFibers, AreJoinedAndCancelledTogether) {
  run_test([] {
    const TimePoint start = now();
    std::vector<Fiber<>> fibers;
    for (int i = 1; i <= 5; ++i) fibers.push_back(spawn([i] { sleep(i * 1s); }));
    EXPECT_FALSE(join_all(fibers, 3s));
    EXPECT_EQ(now() - start, 3s);
    EXPECT_TRUE(join_all(fibers));
    EXPECT_EQ(now() - start, 5s);

    std::vector<Fiber<>> stubborn;
    for (int i = 1; i <= 3; ++i) {
      stubborn.push_back(spawn([] {
        const CancelShield shield;
        sleep(10s);
      }));
    }
    sleep(0s);
    EXPECT_FALSE(cancel_all(stubborn, 0s));
    EXPECT_FALSE(cancel_all(stubborn, 1s));
    EXPECT_TRUE(cancel_all(stubborn));
    EXPECT_EQ(now() - start, 15s);
    EXPECT_TRUE(join_all(std::vector<Fiber<>>{}));
  });
}

TEST(Idle, ComesLast) {
  run_test([] {
    std::string order;
    auto background = spawn([&] {
      idle();
      order += "i";
    });
    auto also = spawn([&] {
      idle();
      order += "j";
    });
    auto busy = spawn([&] {
      for (int i = 0; i < 3; ++i) {
        sleep(0s);
        order += "b";
      }
    });
    join_all(std::vector{background, also, busy});
    EXPECT_EQ(order, "bbbij");
    idle();
  });
  idle();
}

TEST(Idle, IsCancelled) {
  run_test([] {
    bool reached = false;
    auto busy = spawn([] {
      for (;;) sleep(0s);
    });
    auto background = spawn([&] {
      idle();
      reached = true;
    });
    sleep(0s);
    background.cancel();
    background.join();
    EXPECT_FALSE(reached);
    busy.cancel();
  });
}

}  // namespace
}  // namespace loquat
