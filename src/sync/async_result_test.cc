// AsyncResult: values, exceptions, many getters, and mistakes.
#include "loquat/async_result.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "loquat/fiber.h"
#include "sched/test_world.h"
#include "sync/each_wait.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using sched::run_test;

std::exception_ptr failure(const char* what) { return std::make_exception_ptr(std::runtime_error(what)); }

TEST(AsyncResult, GivesItsValueToEveryGetter) {
  run_test([] {
    AsyncResult<std::unique_ptr<int>> result;
    std::vector<Fiber<int>> getters;
    for (int i = 0; i < 3; ++i) getters.push_back(spawn([&] { return *result.get(); }));
    sleep(1s);
    EXPECT_FALSE(result.ready());
    EXPECT_FALSE(result.successful());
    result.set(std::make_unique<int>(7));
    for (const auto& getter : getters) EXPECT_EQ(getter.get(), 7);
    EXPECT_TRUE(result.ready());
    EXPECT_TRUE(result.successful());
    EXPECT_EQ(result.exception(), nullptr);
    EXPECT_EQ(&result.get(), result.try_get());  // it stays where it is
  });
}

TEST(AsyncResult, ThrowsItsExceptionInEveryGetter) {
  run_test([] {
    AsyncResult<int> result;
    auto getter = spawn([&] { EXPECT_THROW(result.get(), std::runtime_error); });
    sleep(1s);
    result.set_exception(failure("no answer"));
    getter.get();
    EXPECT_THROW((void)result.get_for(0s), std::runtime_error);
    EXPECT_THROW((void)result.try_get(), std::runtime_error);
    result.wait();
    EXPECT_TRUE(result.wait_for(0s));
    EXPECT_TRUE(result.ready());
    EXPECT_FALSE(result.successful());
    EXPECT_NE(result.exception(), nullptr);
  });
}

TEST(AsyncResult, HasTimeLimits) {
  run_test([] {
    AsyncResult<int> result;
    AsyncResult<> nothing;
    const TimePoint start = now();
    EXPECT_EQ(result.get_for(1s), nullptr);
    EXPECT_FALSE(nothing.get_for(1s));
    EXPECT_FALSE(result.wait_for(1s));
    EXPECT_EQ(now() - start, 3s);
    EXPECT_EQ(result.try_get(), nullptr);
    EXPECT_FALSE(nothing.try_get());
    auto setter = spawn([&] {
      sleep(1s);
      result.set(1);
      nothing.set();
    });
    EXPECT_EQ(*result.get_for(1h), 1);
    EXPECT_TRUE(nothing.get_for(1h));
    nothing.get();
  });
}

TEST(AsyncResult, IsSetOnce) {
  AsyncResult<std::unique_ptr<int>> result;
  result.set(std::make_unique<int>(1));
  auto second = std::make_unique<int>(2);
  EXPECT_FALSE(result.try_set(std::move(second)));
  ASSERT_NE(second, nullptr);
  EXPECT_FALSE(result.try_set_exception(failure("late")));
  try {
    result.set(std::move(second));
    ADD_FAILURE();
  } catch (const std::logic_error& error) {
    EXPECT_STREQ(error.what(), "AsyncResult: a second result was set");
  }
  EXPECT_NE(second, nullptr);
  EXPECT_THROW(result.set_exception(failure("late")), std::logic_error);
  EXPECT_EQ(*result.get(), 1);
  AsyncResult<> nothing;
  EXPECT_THROW(nothing.set_exception(nullptr), std::invalid_argument);
  EXPECT_TRUE(nothing.try_set());
  EXPECT_FALSE(nothing.try_set());
  EXPECT_THROW(nothing.set(), std::logic_error);
}

TEST(AsyncResult, AValueThatCannotBeMadeSetsNothing) {
  AsyncResult<std::string> result;
  struct Text {
    bool refuses;
    operator std::string() const {
      if (refuses) throw std::runtime_error("refused");
      return "text";
    }
  };
  EXPECT_THROW(result.set(Text{true}), std::runtime_error);
  EXPECT_FALSE(result.ready());
  result.set(Text{false});
  EXPECT_EQ(result.get(), "text");
}

// At once, though set() may still run on another thread.
TEST(AsyncResult, AGetterMayDestroyIt) {
  for (int i = 0; i < 1'000; ++i) {
    auto result = std::make_unique<AsyncResult<int>>();
    std::thread setter([&result = *result, i] { result.set(i); });
    EXPECT_EQ(result->get(), i);
    result.reset();
    setter.join();
  }
}

TEST(AsyncResult, OneOfManySettersWins) {
  for (int i = 0; i < 200; ++i) {
    AsyncResult<int> result;
    std::atomic<int> winners{0};
    std::vector<std::thread> setters;
    for (int n = 0; n < 3; ++n) setters.emplace_back([&, n] { winners += result.try_set(n) ? 1 : 0; });
    const int value = result.get();
    for (auto& setter : setters) setter.join();
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(result.get(), value);
  }
}

struct GetTwice {
  AsyncResult<int> first, second;
  int script_got = 0;
  void script() {
    script_got += first.get();
    script_got += second.get();
  }
  Fiber<> setter = spawn([this] {
    sleep(0s);
    first.set(1);
    sleep(0s);
    second.set(2);
  });
  void check() {
    setter.get();
    EXPECT_EQ(first.get() + second.get(), 3);
  }
};

TEST(AsyncResult, ACancelAtEachWaitTakesNothing) {
  run_test([] { EXPECT_EQ(sched::cancel_at_each_wait<GetTwice>(), 2u); });
}

}  // namespace
}  // namespace loquat
