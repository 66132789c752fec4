// Groups and pools whose fibers run on several workers while other workers and plain threads spawn, cancel and join,
// from a seed. Each group ends empty, each fiber is counted once, and a failure reaches one join() or the log.
#include "loquat/group.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <random>
#include <stdexcept>
#include <thread>

#include "loquat/run.h"
#include "loquat/select.h"
#include "loquat/timeout.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int rounds = 1000;
#else
constexpr int rounds = 3000;
#endif

using Random = std::mt19937_64;

struct Count {
  std::atomic<int> made{0}, ended{0}, failed{0}, thrown{0};
};
struct Mark {  // of one fiber's body
  explicit Mark(Count& count) : count_(&count) { ++count.made; }
  Mark(Mark&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
  Mark& operator=(Mark&&) = delete;
  ~Mark() {
    if (count_ != nullptr) ++count_->ended;
  }
  Count* count_;
};
struct Failure : std::runtime_error {
  Failure() : std::runtime_error("planted") {}
  std::shared_ptr<std::atomic<bool>> seen = std::make_shared<std::atomic<bool>>(false);
};
class Lines final : public LogSink {
 public:
  void write(LogLevel, std::string_view line) noexcept override {
    if (line.find("planted") != std::string_view::npos) ++planted;
  }
  std::atomic<int> planted{0};
};

// Several calls may throw the same failure: spawn() until join() has.
template <class Call>
void count_failure(Count& count, Call call) {
  try {
    call();
  } catch (const Failure& failure) {
    if (!failure.seen->exchange(true)) ++count.thrown;
  }
}

// Waits a little, and may fail, or spawn another one.
auto body(Group& group, Count& count, std::uint64_t seed) {
  return [&group, &count, seed, mark = Mark(count)] {
    Random random(seed);
    for (auto i = random() % 4; i > 0; --i) sleep(Duration(random() % 3 * 10'000));
    if (random() % 8 == 0) count_failure(count, [&] { group.spawn([mark = Mark(count)] { sleep(0s); }); });
    if (random() % 40 != 0) return;
    ++count.failed;
    throw Failure();
  };
}

void one_round(Random& random, Count& count) {
  Group group;
  for (auto i = random() % 12; i > 0; --i) {
    count_failure(count, [&] { group.spawn_on(random() % workers(), body(group, count, random())); });
  }
  auto meddler = spawn_on(random() % workers(), [&group, &count, seed = random()]() mutable {
    Random chance(seed);
    count_failure(count, [&] { group.spawn(body(group, count, chance())); });
    sleep(Duration(chance() % 3 * 10'000));
    if (chance() % 3 == 0) group.cancel();
    if (chance() % 3 == 0) count_failure(count, [&] { (void)group.join_for(10us); });
  });
  if (random() % 4 != 0) count_failure(count, [&] { group.join(); });
  meddler.join();
  if (random() % 4 != 0) count_failure(count, [&] { group.join(); });
}

class Groups : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Worlds, Groups, ::testing::Values("epoll", "uring"), world_name);

RunOptions options_of(const std::string& lane, LogSink* log) {
  return {.workers = 3, .poller = lane == "epoll" ? PollerKind::epoll : PollerKind::uring, .log = log};
}

TEST_P(Groups, EndEmptyAndLoseNothing) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  Count count;
  Lines log;
  run(
      [&] {
        std::vector<Fiber<>> drivers;
        for (std::size_t i = 0; i < workers(); ++i) {
          drivers.push_back(spawn_on(i, [&count, seed, i] {
            Random random(seed + i);
            for (int round = 0; round < rounds; ++round) one_round(random, count);
          }));
        }
        for (const auto& driver : drivers) driver.get();
      },
      options_of(GetParam(), &log));
  EXPECT_GT(count.made, rounds);
  EXPECT_EQ(count.ended, count.made);
  EXPECT_GT(count.thrown, 0);
  EXPECT_EQ(count.thrown + log.planted, count.failed);
}

TEST_P(Groups, AreJoinedByPlainThreads) {
  run(
      [] {
        Group group;
        std::atomic<int> ended{0};
        for (std::size_t i = 0; i < 30; ++i) {
          group.spawn_on(i % workers(), [&ended] {
            sleep(1ms);
            ++ended;
          });
        }
        std::thread thread([&] {
          group.join();
          EXPECT_EQ(ended, 30);
        });
        group.join();
        thread.join();
      },
      options_of(GetParam(), nullptr));
}

TEST_P(Groups, APoolKeepsItsLimitAcrossWorkers) {
  Lines log;
  run(
      [&log] {
        Pool pool(4);
        std::atomic<int> running{0}, most{0}, calls{0};
        const auto call = [&](int item) {
          const int here = ++running;
          for (int seen = most; here > seen && !most.compare_exchange_weak(seen, here);) {
          }
          sleep(Duration(item % 3 * 10'000));
          --running;
          ++calls;
          return item;
        };
        std::vector<int> items(200);
        for (int i = 0; i < 200; ++i) items[static_cast<std::size_t>(i)] = i;
        Group users;
        for (std::size_t i = 0; i < workers(); ++i) users.spawn_on(i, [&] { EXPECT_EQ(pool.map(items, call), items); });
        users.join();
        EXPECT_EQ(calls, 600);
        EXPECT_EQ(most, 4);
      },
      options_of(GetParam(), &log));
}

// The fiber has computed for longer than the limit, and nobody has looked at the clock meanwhile.
TEST_P(Groups, ATimeoutAndASleepCountFromTheirBeginning) {
  run(
      [] {
        const auto compute = [] {
          for (const auto start = Clock::now(); Clock::now() - start < 30ms;) continue;
          return now();
        };
        const TimePoint slept_from = compute();
        sleep(20ms);
        EXPECT_GE(now() - slept_from, 20ms);
        const TimePoint limited_from = compute();
        EXPECT_FALSE(with_timeout(20ms, [] { sleep(1h); }));
        EXPECT_GE(now() - limited_from, 20ms);
      },
      options_of(GetParam(), nullptr));
}

// Each thread has a run of its own. With io_uring TSan would take the rings of two runs for one: the kernel maps the
// second where the first was, and TSan sees neither the end of one nor the beginning of the other.
TEST(GroupsOfSeveralRuns, DoNotMeet) {
  std::atomic<int> ended{0};
  const auto one_run = [&ended] {
    const auto in_group = [&ended] {
      Group group;
      for (std::size_t i = 0; i < 9; ++i) {
        group.spawn_on(i % workers(), [&ended] {
          sleep(1ms);
          ++ended;
        });
      }
      group.join();
    };
    for (int i = 0; i < 2; ++i) run(in_group, options_of("epoll", nullptr));
  };
  std::thread other(one_run);
  one_run();
  other.join();
  EXPECT_EQ(ended, 36);
}

// The calls never wait for anything but their next turn, and the clock is the kernel's.
TEST_P(Groups, ATimeoutEndsAMapOfBusyFibers) {
  run(
      [] {
        Pool pool(2);
        const std::vector<int> items(5);
        EXPECT_FALSE(with_timeout(5ms, [&] {
          pool.map(items, [](int) {
            for (;;) sleep(0s);
          });
        }));
        EXPECT_FALSE(with_timeout(5ms, [] {
          for (;;) sleep(0s);
        }));
        EXPECT_EQ(pool.map(items, [](int) { return 1; }).size(), items.size());
      },
      options_of(GetParam(), nullptr));
}

TEST_P(Groups, EachEndIsSeenOnceByWaitFirst) {
  run(
      [&] {
        for (int round = 0; round < rounds / 30; ++round) {
          std::vector<Fiber<>> fibers;
          for (std::size_t i = 0; i < 9; ++i)
            fibers.push_back(spawn_on(i % workers(), [i] { sleep(std::chrono::microseconds(i * 7)); }));
          int seen = 0;
          for (; const auto place = wait_first(fibers); ++seen)
            fibers.erase(fibers.begin() + static_cast<std::ptrdiff_t>(*place));
          EXPECT_EQ(seen, 9);
        }
      },
      options_of(GetParam(), nullptr));
}

// Of one worker's fibers the order is that of their ends.
TEST_P(Groups, EachEndIsSeenOnceByWaitFirstN) {
  run(
      [&] {
        for (int round = 0; round < rounds / 30; ++round) {
          std::vector<std::vector<std::size_t>> ends(workers());
          std::vector<Fiber<>> fibers;
          for (std::size_t i = 0; i < 12; ++i) {
            fibers.push_back(spawn_on(i % workers(), [&, i] {
              sleep(std::chrono::microseconds(i * 5 % 12));
              ends[worker()].push_back(i);
            }));
          }
          const std::vector<std::size_t> some = wait_first_n(fibers, 4), all = wait_first_n(fibers, 12);
          EXPECT_EQ(some.size(), 4u);
          EXPECT_EQ(all.size(), 12u);
          for (const auto& of_one_worker : ends) {
            std::vector<std::size_t> seen;
            for (const std::size_t each : all) {
              if (each % workers() == of_one_worker.front() % workers()) seen.push_back(each);
            }
            EXPECT_EQ(seen, of_one_worker);
          }
        }
      },
      options_of(GetParam(), nullptr));
}

}  // namespace
}  // namespace loquat
