// What spawn(), run(), offload() and simulate() accept: functions, members, arguments, and every kind of result.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "loquat/sync.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

int answer() { return 42; }
int add(int a, const int& b) noexcept { return a + b; }
void increment(int& n) { ++n; }
std::string join(std::string a, std::unique_ptr<std::string> b) { return a + *b; }
int global = 0;
int& global_reference() { return global; }

struct Counter {
  int value = 1;
  int plus(int n) const { return value + n; }
  int& get() { return value; }
  static int twice(int n) { return 2 * n; }
};

// Callable once, and only as an rvalue.
struct Once {
  std::unique_ptr<int> value;
  int operator()() && { return *std::move(value); }
};

TEST(Run, TakesAFunction) {
  EXPECT_EQ(run(answer), 42);
  EXPECT_EQ(run(&answer), 42);
  EXPECT_EQ(testing::simulate(1, answer), 42);
  EXPECT_EQ(run([] { return offload(answer); }), 42);
  EXPECT_EQ(offload(&answer), 42);
  EXPECT_EQ(run(std::function<int()>(answer)), 42);
  const auto constant = [] { return 1; };
  EXPECT_EQ(run(constant), 1);
}

TEST(Run, TakesARvalueCallable) {
  EXPECT_EQ(run(Once{std::make_unique<int>(3)}), 3);
  EXPECT_EQ(testing::simulate(1, Once{std::make_unique<int>(3)}), 3);
  EXPECT_EQ(offload(Once{std::make_unique<int>(3)}), 3);
  EXPECT_EQ(run([] { return spawn(Once{std::make_unique<int>(3)}).get(); }), 3);
}

TEST(Run, ReturnsReferencesAndMoveOnlyTypes) {
  EXPECT_EQ(&run(global_reference), &global);
  EXPECT_EQ(&testing::simulate(1, global_reference), &global);
  EXPECT_EQ(&offload(global_reference), &global);
  EXPECT_EQ(*run([] { return std::make_unique<int>(5); }), 5);
  EXPECT_EQ(*offload([] { return std::make_unique<int>(5); }), 5);
  run([] {
    EXPECT_EQ(&spawn(global_reference).get(), &global);
    EXPECT_EQ(*spawn([] { return std::make_unique<int>(5); }).get(), 5);
    const Fiber<const std::string> constant = spawn([]() -> const std::string { return "text"; });
    EXPECT_EQ(constant.get(), "text");
  });
}

TEST(Run, ACancelledMainFiberThrowsAnOrdinaryError) {
  EXPECT_THROW(run([] { throw Cancelled(); }), CancelledError);
  EXPECT_THROW(testing::simulate(1, [] { throw Cancelled(); }), CancelledError);
}

TEST(Spawn, TakesArgumentsAsAThreadDoes) {
  run([] {
    EXPECT_EQ(spawn(add, 1, 2).get(), 3);
    EXPECT_EQ(spawn(&Counter::twice, 4).get(), 8);
    EXPECT_EQ(spawn([](auto... n) { return (n + ...); }, 1, 2L, 3.5).get(), 6.5);
    EXPECT_EQ(spawn(join, "a", std::make_unique<std::string>("b")).get(), "ab");
    int n = 0;
    spawn(increment, std::ref(n)).get();
    EXPECT_EQ(n, 1);
    std::string text = "before";
    auto copied = spawn([](const std::string& own) { return own; }, text);
    text = "after";
    EXPECT_EQ(copied.get(), "before");
    EXPECT_EQ(spawn_on(0, add, 1, 2).get(), 3);
  });
}

TEST(Spawn, TakesMembers) {
  run([] {
    Counter counter;
    EXPECT_EQ(spawn(&Counter::plus, &counter, 2).get(), 3);
    EXPECT_EQ(spawn(&Counter::plus, counter, 3).get(), 4);
    EXPECT_EQ(spawn(&Counter::plus, std::make_shared<Counter>(), 4).get(), 5);
    EXPECT_EQ(&spawn(&Counter::get, &counter).get(), &counter.value);
    EXPECT_EQ(spawn(&Counter::value, std::ref(counter)).get(), 1);
  });
}

TEST(Spawn, TakesMutableAndMovableLambdas) {
  run([] {
    auto counts = [n = 0]() mutable { return ++n; };
    EXPECT_EQ(spawn(counts).get(), 1);
    EXPECT_EQ(spawn(counts).get(), 1);
    EXPECT_EQ(counts(), 1);
    EXPECT_EQ(spawn([p = std::make_unique<int>(9)]() mutable { return std::move(p); }).get().operator*(), 9);
  });
}

TEST(Spawn, ToAnUnknownWorkerThrows) {
  run(
      [] {
        for (const std::size_t wrong : {std::size_t{2}, std::size_t{1'000'000}, static_cast<std::size_t>(-1)}) {
          EXPECT_THROW(spawn_on(wrong, [] {}), std::out_of_range);
          EXPECT_THROW(spawn_on(wrong, answer), std::out_of_range);
        }
        EXPECT_EQ(spawn_on(1, answer).get(), 42);
      },
      {.workers = 2});
  EXPECT_THROW(spawn_on(0, answer), std::logic_error);
}

struct Waits {
  explicit Waits(std::atomic<int>& n) : count(&n) {}
  Waits(Waits&& other) noexcept : count(std::exchange(other.count, nullptr)) {}
  ~Waits() {
    if (count == nullptr) return;
    sleep(1us);
    ++*count;
  }
  std::atomic<int>* count;
};

// Another thread drops the handle at any moment around the fiber's end; the result's destructor waits.
TEST(Spawn, AResultIsDestroyedOnce) {
  constexpr int rounds = 2'001;  // the last one is joined, so that the others have begun when main ends
  std::atomic<int> destroyed{0};
  run(
      [&] {
        for (int i = 0; i < rounds; ++i) {
          auto fiber = spawn_on(1, [&] { return Waits(destroyed); });
          if (i % 2 == 0) fiber.join();
          while (i % 4 == 1 && !fiber.done()) std::this_thread::yield();
        }
      },
      {.workers = 2});
  EXPECT_EQ(destroyed, rounds);
}

TEST(Options, OutOfRangeValuesAreNamed) {
  auto refused = [](const RunOptions& options) -> std::string {
    try {
      run([] {}, options);
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "";
  };
  constexpr auto most = static_cast<std::size_t>(-1);
  EXPECT_EQ(refused({.workers = 0}), "run: 0 workers; 1 to 1024 are possible");
  EXPECT_EQ(refused({.workers = 1'000'000}), "run: 1000000 workers; 1 to 1024 are possible");
  EXPECT_NE(refused({.workers = most}), "");
  EXPECT_EQ(refused({.stack_size = 0}), "run: a stack of 0 bytes; 16384 to 1073741824 are possible");
  EXPECT_NE(refused({.stack_size = 16383}), "");
  EXPECT_NE(refused({.stack_size = most}), "");
  EXPECT_EQ(refused({.stack_size = 16384}), "");
}

}  // namespace
}  // namespace loquat
