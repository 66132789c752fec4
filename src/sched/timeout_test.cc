// A Timeout limits what a block may wait, and nothing else (loquat/timeout.h).
#include "loquat/timeout.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "loquat/error.h"
#include "loquat/fiber.h"
#include "sched/test_world.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using sched::run_test;

// The hours of virtual time that body() takes.
template <class F>
double hours(F&& body) {
  const TimePoint start = now();
  body();
  return std::chrono::duration<double, std::ratio<3600>>(now() - start).count();
}

TEST(TimeoutScope, EndsAWaitAndSaysWhatTookSoLong) {
  run_test([] {
    std::string what;
    EXPECT_EQ(hours([&] {
                try {
                  const Timeout login(1h, "the login");
                  sleep(5h);
                } catch (const TimedOut& e) {
                  what = e.what();
                }
              }),
              1);
    EXPECT_EQ(what.find("the login took longer than 3600 s (src/sched/timeout_test.cc:"), 0u) << what;
    sleep(5h);  // it is over
  });
}

TEST(TimeoutScope, WithoutANameIsKnownByItsPlace) {
  run_test([] {
    try {
      const Timeout limit(1500ms);
      sleep(1h);
      FAIL();
    } catch (const TimedOut& e) {
      const std::string what = e.what();
      EXPECT_EQ(what.find("the block at src/sched/timeout_test.cc:"), 0u) << what;
      EXPECT_NE(what.find(" took longer than 1.5 s"), what.npos) << what;
    }
  });
}

TEST(TimeoutScope, ThatIsNotReachedDoesNothing) {
  run_test([] {
    {
      const Timeout limit(3h);
      sleep(1h);
      EXPECT_FALSE(limit.expired());
    }
    EXPECT_EQ(hours([] { sleep(5h); }), 5);
    const Timeout endless(Duration::max());
    sleep(1h);
    EXPECT_FALSE(endless.expired());
  });
}

TEST(TimeoutScope, OfNoTimeEndsTheFirstWait) {
  run_test([] {
    for (const Duration none : {Duration(0), Duration(-1h), Duration::min()}) {
      int steps = 0;
      EXPECT_FALSE(with_timeout(none, [&] {
        ++steps;
        sleep(0s);
        ++steps;
      }));
      EXPECT_EQ(steps, 1);
    }
  });
}

TEST(TimeoutScope, OfADestroyedBlockLeavesNothingBehind) {
  run_test([] {
    for (int i = 0; i < 1000; ++i) (void)with_timeout(1h, [] { return 1; });
    EXPECT_EQ(hours([] { sleep(2h); }), 2);
  });
}

// --- nesting -------------------------------------------------------------------------------------------------------

TEST(TimeoutScope, TheInnerOneEndsItsOwnBlockOnly) {
  run_test([] {
    std::vector<std::string> steps;
    const bool outer = with_timeout(3h, [&] {
      if (!with_timeout(1h, [] { sleep(9h); })) steps.push_back("inner");
      sleep(1h);
      steps.push_back("after");
    });
    EXPECT_TRUE(outer);
    EXPECT_EQ(steps, (std::vector<std::string>{"inner", "after"}));
  });
}

TEST(TimeoutScope, TheOuterOneIsNotTakenForTheInnerOne) {
  run_test([] {
    bool inner_ended = false;
    const bool outer = with_timeout(1h, [&] {
      (void)with_timeout(3h, [] { sleep(9h); });
      inner_ended = true;
    });
    EXPECT_FALSE(outer);
    EXPECT_FALSE(inner_ended);
  });
}

TEST(TimeoutScope, OfTwoThatPassTogetherTheOuterOneIsThrown) {
  run_test([] {
    bool inner_ended = false;
    EXPECT_FALSE(with_timeout(1h, [&] {
      (void)with_timeout(1h, [] { sleep(9h); });
      inner_ended = true;
    }));
    EXPECT_FALSE(inner_ended);
  });
}

TEST(TimeoutScope, SwallowingItGivesNoMoreTime) {
  run_test([] {
    int swallowed = 0;
    EXPECT_EQ(hours([&] {
                EXPECT_FALSE(with_timeout(1h, [&] {
                  for (int i = 0; i < 3; ++i) {
                    try {
                      const Timeout mine(2h);
                      sleep(9h);
                    } catch (const TimedOut&) {
                      ++swallowed;
                    }
                  }
                  sleep(9h);
                }));
              }),
              1);
    EXPECT_EQ(swallowed, 3);
  });
}

// The handler may say good-bye, although its own Timeout still exists.
TEST(TimeoutScope, ItsHandlerMayWait) {
  run_test([] {
    bool said = false;
    const Timeout limit(1h);
    try {
      sleep(9h);
    } catch (const TimedOut& e) {
      EXPECT_TRUE(e.of(limit));
      sleep(2h);
      said = true;
    }
    EXPECT_TRUE(said);
    EXPECT_THROW(sleep(1s), TimedOut);
  });
}

TEST(TimeoutScope, TheHandlerOfOneIsEndedByAnother) {
  run_test([] {
    bool went_on = false;
    EXPECT_FALSE(with_timeout(3h, [&] {
      try {
        const Timeout inner(1h);
        sleep(9h);
      } catch (const TimedOut&) {
        sleep(9h);
        went_on = true;
      }
    }));
    EXPECT_FALSE(went_on);
  });
}

// In the handler of one, another one that passes there, and whose TimedOut is swallowed, gives no more time either.
TEST(TimeoutScope, SwallowingAnotherInAHandlerGivesNoMoreTime) {
  run_test([] {
    int swallowed = 0;
    EXPECT_EQ(hours([&] {
                EXPECT_FALSE(with_timeout(3h, [&] {
                  try {
                    const Timeout inner(1h);
                    sleep(9h);
                  } catch (const TimedOut&) {
                    for (int i = 0; i < 2; ++i) {
                      try {
                        sleep(9h);
                      } catch (const TimedOut&) {
                        ++swallowed;
                        sleep(1h);  // the handler of the one that has just passed
                      }
                    }
                    sleep(9h);
                  }
                }));
              }),
              5);
    EXPECT_EQ(swallowed, 2);
  });
}

// Nor if the exception of that handler lies where one of an earlier handler lay.
TEST(TimeoutScope, AnExceptionInTheSamePlaceIsAnotherOne) {
  run_test([] {
    const Timeout outer(4h);
    try {
      try {
        const Timeout inner(1h);
        sleep(9h);
      } catch (const TimedOut&) {
        sleep(9h);
      }
    } catch (const TimedOut& e) {
      EXPECT_TRUE(e.of(outer));
      try {
        const Timeout inner(1h);
        sleep(9h);
      } catch (const TimedOut& other) {
        EXPECT_FALSE(other.of(outer));
        EXPECT_EQ(hours([] { sleep(1h); }), 1);
      }
    }
  });
}

// The one whose handler it is lies outside.
TEST(TimeoutScope, InAHandlerTheOneThatPassedThereIsThrownAgain) {
  run_test([] {
    const Timeout first(1h);
    try {
      sleep(9h);
    } catch (const TimedOut& e) {
      EXPECT_TRUE(e.of(first));
      const Timeout second(1h);
      EXPECT_EQ(hours([] { EXPECT_THROW(sleep(9h), TimedOut); }), 1);
      for (int i = 0; i < 3; ++i) {
        try {
          sleep(9h);
          ADD_FAILURE() << "the second one has passed";
        } catch (const TimedOut& again) {
          EXPECT_TRUE(again.of(second)) << "and not the first, whose handler this is";
        }
      }
    }
  });
}

// What was swallowed in a handler that has ended does not disturb the next one.
TEST(TimeoutScope, AHandlerIsUndisturbedByWhatPassedBeforeIt) {
  run_test([] {
    const Timeout first(1h), second(2h);
    try {
      sleep(9h);
    } catch (const TimedOut& e) {
      EXPECT_TRUE(e.of(first));
      try {
        sleep(9h);
      } catch (const TimedOut& other) {
        EXPECT_TRUE(other.of(second));
      }
    }
    const Timeout third(1h);
    {
      const CancelShield shield;
      sleep(2h);
    }
    try {
      sleep(9h);
    } catch (const TimedOut& e) {
      EXPECT_TRUE(e.of(third)) << "one that was not thrown yet comes first";
      EXPECT_EQ(hours([] { sleep(1h); }), 1);
    }
  });
}

// --- beside other ends ---------------------------------------------------------------------------------------------

TEST(TimeoutScope, AShieldKeepsItBack) {
  run_test([] {
    EXPECT_EQ(hours([] {
                EXPECT_FALSE(with_timeout(1h, [] {
                  {
                    const CancelShield shield;
                    sleep(2h);
                  }
                  sleep(9h);
                }));
              }),
              2);
  });
}

TEST(TimeoutScope, UnwindingIsNotDisturbed) {
  run_test([] {
    struct Waits {
      ~Waits() { sleep(5h); }
    };
    EXPECT_EQ(hours([] {
                EXPECT_FALSE(with_timeout(1h, [] {
                  const Waits at_the_end;
                  sleep(9h);
                }));
              }),
              6);
  });
}

TEST(TimeoutScope, ACancelComesFirst) {
  run_test([] {
    bool cancelled = false;
    auto fiber = spawn([&] {
      const Timeout limit(1h);
      try {
        const CancelShield shield;
        sleep(2h);
      } catch (...) {
      }
      try {
        sleep(9h);
      } catch (const TimedOut&) {
      } catch (const Cancelled&) {
        cancelled = true;
      }
      EXPECT_THROW(sleep(9h), TimedOut);
    });
    sleep(1s);
    fiber.cancel();
    fiber.get();
    EXPECT_TRUE(cancelled);
  });
}

TEST(TimeoutScope, OtherExceptionsPass) {
  run_test([] {
    EXPECT_THROW((void)with_timeout(1h, []() -> int { throw std::runtime_error("mine"); }), std::runtime_error);
  });
}

TEST(TimeoutScope, LimitsJoinAndLeavesTheFiberAlone) {
  run_test([] {
    auto slow = spawn([] {
      sleep(3h);
      return 3;
    });
    EXPECT_EQ(with_timeout(1h, [&] { return slow.get(); }), std::nullopt);
    EXPECT_EQ(with_timeout(9h, [&] { return slow.get(); }), 3);
  });
}

TEST(TimeoutScope, TheWaitsOwnTimeoutIsNotMistakenForIt) {
  run_test([] {
    auto slow = spawn([] { sleep(9h); });
    EXPECT_TRUE(with_timeout(2h, [&] { EXPECT_FALSE(slow.join_for(1h)); }));
    EXPECT_FALSE(with_timeout(1h, [&] { (void)slow.join_for(1h); })) << "both pass at the same time";
    EXPECT_FALSE(with_timeout(1h, [&] { (void)slow.join_for(2h); }));
    EXPECT_FALSE(with_timeout(1h, [&] { (void)join_all(std::vector{slow}, 2h); }));
    EXPECT_FALSE(slow.done());
  });
}

// --- restart, results, misuse --------------------------------------------------------------------------------------

TEST(TimeoutScope, RestartCountsFromNow) {
  run_test([] {
    EXPECT_EQ(hours([] {
                EXPECT_THROW(
                    {
                      Timeout idle(1h);
                      for (int i = 0; i < 4; ++i) {
                        sleep(45min);
                        idle.restart(1h);
                      }
                      sleep(9h);
                    },
                    TimedOut);
              }),
              4);
    Timeout late(1h);
    EXPECT_THROW(sleep(2h), TimedOut);
    EXPECT_TRUE(late.expired());
    late.restart(3h);
    EXPECT_FALSE(late.expired());
    sleep(1h);
  });
}

TEST(TimeoutScope, RestartWithoutALimitDisarmsIt) {
  run_test([] {
    Timeout limit(1h);
    limit.restart(Duration::max());
    sleep(5h);
    EXPECT_FALSE(limit.expired());
    limit.restart(1h);
    EXPECT_THROW(sleep(2h), TimedOut);
    limit.restart(Duration::max());
    sleep(5h);
  });
}

TEST(TimeoutScope, ResultsAreMovedOut) {
  run_test([] {
    const auto made = with_timeout(1h, [] { return std::make_unique<int>(7); });
    ASSERT_TRUE(made);
    EXPECT_EQ(**made, 7);
  });
}

TEST(TimeoutScope, AFiberThatItEndsHasFailed) {
  run_test([] {
    auto fiber = spawn([] {
      const Timeout limit(1h, "the work");
      sleep(9h);
    });
    try {
      fiber.get();
      FAIL();
    } catch (const TimeoutError& e) {
      EXPECT_EQ(std::string(e.what()).find("the work took longer than 3600 s"), 0u) << e.what();
    }
  });
}

TEST(TimeoutScope, OutsideOfAFiberIsRefused) {
  EXPECT_THROW(Timeout limit(1h), std::logic_error);
  EXPECT_THROW((void)with_timeout(1h, [] {}), std::logic_error);
}

TEST(TimeoutScope, OneThatOutlivesItsFiberIsLoggedAndHarmless) {
  const std::vector<std::string> lines = run_test([] {
    std::unique_ptr<Timeout> kept;
    spawn([&] { kept = std::make_unique<Timeout>(1h); }).join();
    sleep(2h);
    EXPECT_FALSE(kept->expired());
    kept->restart(1h);
    sleep(2h);
  });
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("outlives its fiber"), std::string::npos) << lines[0];
}

TEST(TimeoutScopeDeathTest, AnotherFiberMustNotDestroyIt) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(run_test([] {
                 std::unique_ptr<Timeout> kept;
                 auto owner = spawn([&] {
                   kept = std::make_unique<Timeout>(1h);
                   sleep(9h);
                 });
                 sleep(1s);
                 kept.reset();
               }),
               "is destroyed by another fiber than made it");
}

TEST(TimeoutScope, ManyTimersOfOneFiberLeaveRoomForItsWaits) {
  run_test([] {
    std::vector<std::unique_ptr<Timeout>> many;
    for (int i = 0; i < 1000; ++i) many.push_back(std::make_unique<Timeout>(Duration(2h) + i * 1s));
    sleep(1h);
    while (!many.empty()) many.erase(many.begin() + static_cast<std::ptrdiff_t>(many.size() / 2));
    EXPECT_EQ(hours([] { sleep(3h); }), 3);
  });
}

}  // namespace
}  // namespace loquat
