// Exceptions that end a fiber, and those that the user's callbacks and destructors throw.
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loquat/fiber.h"
#include "sched/test_world.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using sched::run_test;
using Log = std::vector<std::string>;

void fail() { throw std::runtime_error("lost"); }

std::string said(std::string_view place, std::string_view what = "std::runtime_error: lost") {
  return "a fiber " + std::string(place) + " ended by " + std::string(what);
}
std::string spawned_at(unsigned line) { return "spawned at " + std::string(__FILE__) + ":" + std::to_string(line); }

TEST(Failure, IsLoggedIfTheHandleWasDroppedBeforeTheEnd) {
  const unsigned line = __LINE__ + 1;
  EXPECT_EQ(run_test([] { spawn(fail); }), Log{said(spawned_at(line))});
}

TEST(Failure, IsLoggedIfTheHandleWasDroppedAfterTheEnd) {
  const unsigned line = __LINE__ + 2;
  const Log log = run_test([] {
    auto fiber = spawn(fail);
    const auto copy = fiber;
    sleep(1s);
    EXPECT_TRUE(fiber.done());
    EXPECT_FALSE(copy.waits());
  });
  EXPECT_EQ(log, Log{said(spawned_at(line))});
}

TEST(Failure, NamesTheTypeOfAFunctionWithArguments) {
  const Log log = run_test([] { spawn([](int code) { throw code; }, 7); });
  ASSERT_EQ(log.size(), 1u);
  EXPECT_TRUE(log[0].starts_with("a fiber of loquat::(anonymous namespace)::Failure_NamesTheType")) << log[0];
  EXPECT_TRUE(log[0].ends_with("ended by int")) << log[0];
}

TEST(Failure, IsNotLoggedAfterJoinOrGet) {
  const Log log = run_test([] {
    spawn(fail).join();
    EXPECT_THROW(spawn(fail).get(), std::runtime_error);
    auto ended = spawn(fail);
    sleep(1s);
    EXPECT_TRUE(ended.join_for(0s));
    auto joined = spawn([] {
      sleep(1h);
      fail();
    });
    EXPECT_FALSE(joined.join_for(1s));
    joined.join();
  });
  EXPECT_EQ(log, Log{});
}

// A caller whose join_for() timed out has not seen the failure.
TEST(Failure, IsLoggedAfterAJoinThatTimedOut) {
  const Log log = run_test([] {
    auto fiber = spawn([] {
      sleep(1h);
      fail();
    });
    EXPECT_FALSE(fiber.join_for(1s));
    auto joiner = spawn([&] { fiber.join(); });
    sleep(1s);
    joiner.cancel();
    joiner.join();
    sleep(2h);
  });
  EXPECT_EQ(log.size(), 1u);
}

TEST(Failure, CancelledIsNotLogged) {
  const Log log = run_test([] {
    auto fiber = spawn([] { sleep(1h); });
    sleep(1s);
    fiber.cancel();
    spawn([] { throw Cancelled(); });
    sleep(1s);
    EXPECT_TRUE(fiber.done());
  });
  EXPECT_EQ(log, Log{});
}

TEST(Failure, OfACancelledFiberIsAnOrdinaryExceptionToOthers) {
  run_test([] {
    auto cancelled = spawn([]() -> int {
      sleep(1h);
      return 1;
    });
    auto asks = spawn([&] { return cancelled.get(); });
    sleep(1s);
    cancelled.cancel();
    EXPECT_THROW(cancelled.get(), CancelledError);
    EXPECT_THROW(asks.get(), CancelledError);  // it is not cancelled itself
    try {
      cancelled.get();
    } catch (const std::exception& e) {
      EXPECT_STREQ(e.what(), "the fiber was cancelled");
    }
  });
}

TEST(Failure, AMainFiberThatIsCancelledThrowsCancelledError) {
  EXPECT_THROW(run_test([] { throw Cancelled(); }), CancelledError);
}

// Runs body() without a log and returns what came to standard error.
template <class F>
std::string printed_by(F&& body) {
  ::testing::internal::CaptureStderr();
  sched::run_test(std::forward<F>(body), nullptr);
  return ::testing::internal::GetCapturedStderr();
}

TEST(Failure, GoesToStandardErrorIfThereIsNoLog) {
  const unsigned line = __LINE__ + 1;
  const std::string text = printed_by([] { spawn(fail); });
  EXPECT_EQ(text, "loquat: " + said(spawned_at(line)) + "\n");
  EXPECT_EQ(printed_by([] { spawn(fail).join(); }), "");
}

TEST(Failure, AfterTheRunItGoesToStandardError) {
  Fiber<> fiber;
  const Log log = run_test([&] {
    fiber = spawn(fail);
    sleep(1s);
  });
  EXPECT_EQ(log, Log{});
  ::testing::internal::CaptureStderr();
  fiber = {};
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("std::runtime_error: lost"), std::string::npos);
}

struct ThrowingSink final : LogSink {
  void write(LogLevel, std::string_view) override {
    ++calls;
    throw std::runtime_error("disk full");
  }
  int calls = 0;
};

TEST(Callbacks, ALogThatThrowsLosesTheLine) {
  ThrowingSink sink;
  run_test([] { spawn(fail); }, &sink);
  EXPECT_EQ(sink.calls, 1);
}

struct ThrowsAtTheEnd {
  explicit ThrowsAtTheEnd(bool throws) : armed(throws) {}
  ThrowsAtTheEnd(ThrowsAtTheEnd&& other) noexcept : armed(std::exchange(other.armed, false)) {}
  ~ThrowsAtTheEnd() noexcept(false) {
    if (armed) throw std::runtime_error("destructor");
  }
  bool armed;
};

TEST(Callbacks, ABodyWhoseDestructorThrowsFails) {
  run_test([] {
    auto fiber = spawn([end = ThrowsAtTheEnd(true)] { return end.armed ? 1 : 0; });
    EXPECT_THROW(fiber.get(), std::runtime_error);
    auto both = spawn([end = ThrowsAtTheEnd(true)] {
      if (end.armed) throw std::logic_error("body");
    });
    EXPECT_THROW(both.get(), std::exception);
  });
}

TEST(Callbacks, ADroppedResultWhoseDestructorThrowsIsLogged) {
  const Log log = run_test([] { spawn([] { return ThrowsAtTheEnd(true); }); });
  ASSERT_EQ(log.size(), 1u);
  EXPECT_NE(log[0].find("destructor"), std::string::npos);
}

// WaitsAtItsEnd in its destructor, and counts there.
struct WaitsAtItsEnd {
  explicit WaitsAtItsEnd(int& count) : ended(&count) {}
  WaitsAtItsEnd(WaitsAtItsEnd&& other) noexcept : ended(std::exchange(other.ended, nullptr)) {}
  ~WaitsAtItsEnd() {
    if (ended == nullptr) return;
    sleep(1h);
    ++*ended;
  }
  int* ended;
};

// Also the destructors of a body that never ran.
TEST(Callbacks, BodiesAndResultsAreDestroyedUncancelled) {
  int ended = 0;
  const Log log = run_test([&] {
    auto body = spawn([end = WaitsAtItsEnd(ended)] { return end.ended != nullptr; });
    auto never = spawn([end = WaitsAtItsEnd(ended)] { return end.ended != nullptr; });
    never.cancel();
    spawn([&] { return WaitsAtItsEnd(ended); });
    sleep(1s);
    body.cancel();
  });
  EXPECT_EQ(ended, 3);
  EXPECT_EQ(log, Log{});
}

// --- links and joining many ------------------------------------------------------------------------------------------

// A link only waits for the end: nobody has asked how the fiber ended.
TEST(LinkedFailure, IsLoggedAllTheSame) {
  const unsigned line = __LINE__ + 2;
  const Log log = run_test([] {
    spawn(fail).link([] {});
    sleep(1s);
  });
  EXPECT_EQ(log, Log{said(spawned_at(line))});
}

TEST(LinkedFailure, IsThrownToEachLinkThatAsks) {
  const Log log = run_test([] {
    const auto fiber = spawn(fail);
    int caught = 0;
    const auto ask = [fiber, &caught] {
      EXPECT_TRUE(fiber.done());
      EXPECT_THROW(fiber.get(), std::runtime_error);
      ++caught;
    };
    const std::vector<Fiber<>> links = {fiber.link(ask), fiber.link(ask)};
    join_all(links);
    fiber.link(ask).join();
    EXPECT_EQ(caught, 3);
  });
  EXPECT_EQ(log, Log{});
}

TEST(LinkedFailure, OfALinkLeavesTheOthersAlone) {
  const Log log = run_test([] {
    std::string calls;
    const auto link = [&calls](char name) {
      return [&calls, name] {
        calls += name;
        throw std::logic_error("link");
      };
    };
    const auto fiber = spawn([] { sleep(1s); });
    fiber.link(link('a'));
    fiber.link(link('b'));
    fiber.link([&calls] { calls += 'c'; });
    sleep(2s);
    EXPECT_EQ(calls, "abc");
  });
  EXPECT_EQ(log.size(), 2u);
}

TEST(ManyEnds, JoinAllThrowsNoneOfThem) {
  const Log log = run_test([] {
    const auto fails = spawn(fail), returns = spawn([] {}), cancelled = spawn([] { sleep(1h); });
    sleep(1s);
    cancelled.cancel();
    EXPECT_TRUE(join_all(std::vector{fails, returns, cancelled, fails})) << "one of them twice";
    EXPECT_THROW(fails.get(), std::runtime_error);
    EXPECT_THROW(cancelled.get(), CancelledError);
  });
  EXPECT_EQ(log, Log{});
}

// Each has waited since before the failure, and goes on.
TEST(Failure, LeavesOtherFibersAlone) {
  const Log log = run_test([] {
    const TimePoint start = now();
    auto other = spawn([] { sleep(3s); });
    spawn_later(1s, fail);
    sleep(2s);
    other.get();
    EXPECT_EQ(now() - start, 3s);
  });
  EXPECT_EQ(log.size(), 1u);
}

}  // namespace
}  // namespace loquat
