// ThreadPool (threadpool.h), and a cancel of a caller of offload(), which it shares its threads' machinery with.
#include "loquat/threadpool.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <thread>

#include "loquat/group.h"
#include "loquat/sync.h"
#include "loquat/timeout.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

class Threads : public InWorld {};
class ThreadsOfFibers : public InWorld {};
class ThreadsMapped : public InWorld {};
class ThreadsForked : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, Threads, ::testing::Values("epoll", "uring", "threads", "sim"), world_name);
INSTANTIATE_TEST_SUITE_P(Worlds, ThreadsMapped, ::testing::Values("epoll", "uring", "sim"), world_name);
INSTANTIATE_TEST_SUITE_P(Worlds, ThreadsForked, ::testing::Values("epoll", "uring", "threads"), world_name);
INSTANTIATE_TEST_SUITE_P(Worlds, ThreadsOfFibers, ::testing::Values("epoll", "uring"), world_name);

TEST_P(Threads, ApplyReturnsWhatTheBodyReturns) {
  run([] {
    ThreadPool pool(2);
    int number = 0;
    EXPECT_EQ(pool.apply([] { return 5; }), 5);
    EXPECT_EQ(&pool.apply([&]() -> int& { return number; }), &number);
    EXPECT_EQ(*pool.apply([] { return std::make_unique<int>(7); }), 7);
    pool.apply([&] { number = 1; });
    EXPECT_EQ(number, 1);
    EXPECT_THROW(pool.apply([] { throw std::runtime_error("there"); }), std::runtime_error);
    EXPECT_EQ(pool.apply([] { return 6; }), 6);
  });
}

TEST(ThreadPool, HasAtLeastOneThread) {
  EXPECT_THROW(ThreadPool(0), std::invalid_argument);
  EXPECT_THROW(ThreadPool(SIZE_MAX), std::invalid_argument);
}

TEST_P(ThreadsMapped, ResultsOfARangeComeInItsOrder) {
  run([] {
    ThreadPool threads(3);
    std::vector<int> numbers(100);
    std::iota(numbers.begin(), numbers.end(), 0);
    const auto squares = Pool(8).map(numbers, [&](int n) { return threads.apply([n] { return n * n; }); });
    for (int n : numbers) EXPECT_EQ(squares[static_cast<std::size_t>(n)], n * n);
  });
}

TEST_P(ThreadsOfFibers, NoMoreRunAtOnceThanThereAreThreads) {
  run([] {
    ThreadPool threads(3);
    std::atomic<int> inside{0}, most{0}, calls{0};
    Group group;
    for (int i = 0; i < 200; ++i) {
      group.spawn([&] {
        threads.apply([&] {
          const int now_inside = ++inside;
          for (int before = most; now_inside > before && !most.compare_exchange_weak(before, now_inside);) continue;
          std::this_thread::yield();
          --inside;
          ++calls;
        });
      });
    }
    group.join();
    EXPECT_EQ(calls, 200);
    EXPECT_LE(most, 3);
  });
}

// Keeps all threads of a pool until it is destroyed.
class Busy {
 public:
  Busy(ThreadPool& pool, int threads) {
    for (int i = 0; i < threads; ++i) {
      holders_.push_back(spawn([this, &pool] {
        pool.apply([this] {
          begun_.release();
          end_.wait();
        });
      }));
    }
    for (int i = 0; i < threads; ++i) begun_.acquire();
  }
  ~Busy() {
    const CancelShield shield;
    end_.set();
    for (auto& each : holders_) each.join();
  }
  const Fiber<>& first() const { return holders_.front(); }
  void release() { end_.set(); }

 private:
  Semaphore begun_{0};
  Event end_;
  std::vector<Fiber<>> holders_;
};

// Returns when the fiber waits.
void until_it_waits(const Fiber<>& fiber) {
  while (fiber.waits() == 0) sleep(0s);
}

TEST_P(ThreadsOfFibers, ABusyPoolKeepsNoOtherCallWaiting) {
  run([] {
    ThreadPool pool(20), other(1);
    const Busy busy(pool, 20);  // more than offload() has
    EXPECT_EQ(offload([] { return 1; }), 1);
    EXPECT_EQ(other.apply([] { return 2; }), 2);
  });
}

TEST_P(ThreadsOfFibers, CallsTakeTurnsInOrder) {
  run([] {
    ThreadPool pool(1);
    std::vector<int> order;
    Group group;
    {
      const Busy busy(pool, 1);
      for (int i = 0; i < 10; ++i) {
        until_it_waits(group.spawn([&, i] { pool.apply([&, i] { order.push_back(i); }); }));
      }
    }
    group.join();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  });
}

// Whose body has not begun.
TEST_P(ThreadsOfFibers, ACancelledCallerLeavesTheQueue) {
  run([] {
    ThreadPool pool(1);
    Busy busy(pool, 1);
    bool called = false;
    const auto victim = spawn([&] { pool.apply([&] { called = true; }); });
    until_it_waits(victim);
    victim.cancel();
    EXPECT_THROW(victim.get(), CancelledError);  // although the thread is still busy
    EXPECT_FALSE(with_timeout(1ms, [&] { pool.apply([&] { called = true; }); }));
    busy.release();
    EXPECT_EQ(pool.apply([] { return 3; }), 3);
    EXPECT_FALSE(called);
  });
}

TEST_P(ThreadsOfFibers, ACancelledCallerWaitsForABodyThatHasBegun) {
  run([] {
    ThreadPool pool(1);
    Event begun, go_on;
    bool ended = false, threw = false;
    const auto victim = spawn([&] {
      const int result = pool.apply([&] {
        begun.set();
        go_on.wait();
        ended = true;
        return 4;
      });
      EXPECT_EQ(result, 4);
      try {
        sleep(1h);
      } catch (const Cancelled&) {
        threw = true;
        throw;
      }
    });
    begun.wait();
    victim.cancel();
    victim.cancel();
    EXPECT_FALSE(victim.join_for(1ms));
    go_on.set();
    victim.join();
    EXPECT_TRUE(ended);
    EXPECT_TRUE(threw);
    EXPECT_EQ(pool.apply([] { return 5; }), 5);  // the thread is not lost
  });
}

TEST_P(ThreadsOfFibers, ACancelledCallerOfOffloadLeavesTheQueue) {
  run([] {
    Event end;
    Semaphore begun(0);
    Group group;
    for (int i = 0; i < 16; ++i) {
      group.spawn([&] {
        offload([&] {
          begun.release();
          end.wait();
        });
      });
    }
    for (int i = 0; i < 16; ++i) begun.acquire();
    bool called = false;
    const auto victim = spawn([&] { offload([&] { called = true; }); });
    until_it_waits(victim);
    victim.cancel();
    EXPECT_THROW(victim.get(), CancelledError);
    end.set();
    group.join();
    offload([] {});
    EXPECT_FALSE(called);
  });
}

// --- another size ----------------------------------------------------------------------------------------------------

TEST_P(Threads, HasTheSizeThatItWasGivenLast) {
  run([] {
    ThreadPool pool(2);
    EXPECT_EQ(pool.size(), 2u);
    for (const std::size_t size : {5u, 1u, 3u}) {
      pool.resize(size);
      EXPECT_EQ(pool.size(), size);
      EXPECT_EQ(pool.apply([] { return 1; }), 1);
    }
    EXPECT_THROW(pool.resize(0), std::invalid_argument);
    EXPECT_THROW(pool.resize(SIZE_MAX), std::invalid_argument);
    EXPECT_EQ(pool.size(), 3u);
  });
}

TEST_P(ThreadsOfFibers, AGrownPoolRunsTheCallsThatWait) {
  run([] {
    ThreadPool pool(1);
    const Busy busy(pool, 1);
    Semaphore begun(0);
    Event end;
    Group group;
    for (int i = 0; i < 4; ++i) {
      until_it_waits(group.spawn([&] {
        pool.apply([&] {
          begun.release();
          end.wait();
        });
      }));
    }
    EXPECT_FALSE(begun.try_acquire());
    pool.resize(4);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(begun.acquire());
    EXPECT_FALSE(begun.acquire_for(1ms));
    pool.resize(5);
    EXPECT_TRUE(begun.acquire());
    end.set();
    group.join();
  });
}

// The most bodies that have been at once in a pool.
class Most {
 public:
  void body() {
    const int inside = ++inside_;
    for (int before = most; inside > before && !most.compare_exchange_weak(before, inside);) continue;
    std::this_thread::yield();
    --inside_;
    ++calls;
  }
  std::atomic<int> most{0}, calls{0};

 private:
  std::atomic<int> inside_{0};
};

TEST_P(ThreadsOfFibers, AShrunkPoolKeepsTheCallsThatWaitAndTheirOrder) {
  run([] {
    ThreadPool pool(4);
    std::vector<int> order;
    Most inside;
    Group group;
    {
      const Busy busy(pool, 4);
      for (int i = 0; i < 20; ++i) {
        until_it_waits(group.spawn([&, i] {
          pool.apply([&, i] {
            inside.body();
            order.push_back(i);
          });
        }));
      }
      pool.resize(1);  // the four that run are not disturbed
    }
    group.join();
    EXPECT_EQ(inside.most, 1);
    EXPECT_EQ(order.size(), 20u);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  });
}

TEST_P(ThreadsOfFibers, AnotherSizeAtAnyTimeLosesNoCall) {
  run(
      [] {
        ThreadPool pool(1);
        Most inside;
        std::atomic<int> returned{0};
        Group group;
        for (std::size_t i = 0; i < 400; ++i) {
          group.spawn_on(i % workers(), [&, i] {
            sleep((i % 7) * 1us);
            pool.apply([&] { inside.body(); });
            ++returned;
          });
        }
        for (std::size_t i = 0; group.size() > 0; ++i) {
          pool.resize(1 + i * 5 % 8);
          sleep(0s);
        }
        group.join();
        EXPECT_EQ(returned, 400);
        EXPECT_EQ(inside.calls, 400);
        EXPECT_LE(inside.most, 8);
        pool.resize(2);
        inside.most = 0;
        for (int i = 0; i < 100; ++i) group.spawn([&] { pool.apply([&] { inside.body(); }); });
        group.join();
        EXPECT_LE(inside.most, 2);
      },
      2);
}

TEST_P(ThreadsOfFibers, MayEndRightAfterItsSizeHasChanged) {
  run([] {
    for (int i = 0; i < 50; ++i) {
      ThreadPool pool(4);
      { const Busy busy(pool, i % 5 == 4 ? 4 : i % 5); }
      pool.resize(static_cast<std::size_t>(1 + i % 3));
    }
  });
}

TEST_P(ThreadsOfFibers, ItsOwnBodyMayChangeItsSize) {
  run([] {
    ThreadPool pool(3);
    Group group;
    for (int i = 0; i < 30; ++i)
      group.spawn([&, i] { pool.apply([&] { pool.resize(1 + static_cast<std::size_t>(i) % 3); }); });
    group.join();
    EXPECT_EQ(pool.apply([] { return 1; }), 1);
  });
}

std::ptrdiff_t threads_now() {
  const auto list = std::filesystem::directory_iterator("/proc/self/task");
  return std::distance(begin(list), end(list));
}

TEST_P(ThreadsOfFibers, ItsThreadsEndWithIt) {
  run([] {
    ThreadPool(1).apply([] {});  // the first thread of all brings TSan's own
    const auto before = threads_now();
    for (int i = 0; i < 20; ++i) {
      ThreadPool pool(4);
      { const Busy busy(pool, 4); }
    }
    // The kernel shows a thread for a moment after its end.
    for (const TimePoint deadline = now() + 10s; threads_now() > before && now() < deadline;) sleep(1ms);
    EXPECT_LE(threads_now(), before);
  });
}

TEST_P(ThreadsOfFibers, ThoseThatAreTooManyEnd) {
  run([] {
    ThreadPool(1).apply([] {});
    const auto before = threads_now();
    ThreadPool pool(4);
    { const Busy busy(pool, 4); }
    EXPECT_GT(threads_now(), before + 1);
    pool.resize(1);
    for (const TimePoint deadline = now() + 9s; threads_now() > before + 1 && now() < deadline;) sleep(1ms);
    EXPECT_LE(threads_now(), before + 1);
    EXPECT_EQ(pool.apply([] { return 1; }), 1);
  });
}

// Callers on several workers and plain threads, some of them cancelled.
TEST_P(ThreadsOfFibers, ServesWorkersAndThreadsAtOnce) {
  run(
      [] {
        ThreadPool pool(4);
        std::atomic<int> returned{0}, called{0};
        const auto call = [&] {
          pool.apply([&] { ++called; });
          ++returned;
        };
        std::vector<std::thread> plain;
        for (int i = 0; i < 4; ++i) {
          plain.emplace_back([&] {
            for (int n = 0; n < 50; ++n) call();
          });
        }
        std::vector<Fiber<>> fibers;
        for (std::size_t i = 0; i < 200; ++i) fibers.push_back(spawn_on(i % workers(), call));
        sleep(0s);
        for (std::size_t i = 0; i < fibers.size(); i += 3) fibers[i].cancel();
        for (auto& fiber : fibers) fiber.join();
        offload([&] {
          for (auto& thread : plain) thread.join();
        });
        EXPECT_EQ(returned, called);
        EXPECT_GE(called, 200 + 200 / 3);
      },
      3);
}

TEST_P(ThreadsForked, AForkedChildStartsAnew) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer allows no thread in the child of a fork";
#endif
  run([] {
    ThreadPool pool(1);
    EXPECT_EQ(pool.apply([] { return 1; }), 1);
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(60);
      bool good = pool.apply([] { return 2; }) == 2;
      {
        auto another = std::make_unique<ThreadPool>(2);
        good = good && another->apply([] { return 3; }) == 3;
      }
      ::_exit(good ? 0 : 1);
    }
    int status = -1;
    pool.apply([&] { ::waitpid(child, &status, 0); });
    EXPECT_EQ(status, 0);
  });
}

}  // namespace
}  // namespace loquat
