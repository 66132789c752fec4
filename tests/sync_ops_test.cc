// Each class of sync.h, queue.h, channel.h and select.h, used by fibers of three workers and by two plain threads at
// once, from a seed: nothing is lost, nothing comes twice, no waiter is left. LOQUAT_OPS sets the number of operations.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "loquat/async_result.h"
#include "loquat/channel.h"
#include "loquat/queue.h"
#include "loquat/run.h"
#include "loquat/select.h"
#include "loquat/sync.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using Random = std::mt19937_64;
using Count = std::atomic<long>;

constexpr int fibers_per_worker = 2;
constexpr int plain_threads = 2;

long operations() {
  const char* const given = std::getenv("LOQUAT_OPS");
  return given == nullptr ? 4'000 : std::atol(given);
}

// The users of an object: fibers of all workers, and plain threads if the World is the kernel's. Each calls
// use(random) until all operations are done. A fiber is sometimes cancelled and begins again; its use() must
// have taken nothing then.
class Users {
 public:
  using Use = std::function<void(Random&)>;
  explicit Users(Use use) : use_(std::move(use)) {}

  void run(std::uint64_t seed, bool threads) {
    std::vector<Fiber<>> fibers;
    std::vector<std::thread> plain;
    for (std::size_t worker = 0; worker < workers(); ++worker) {
      for (int i = 0; i < fibers_per_worker; ++i) {
        fibers.push_back(spawn_on(worker, [this, random = Random(++seed)]() mutable { work(random); }));
      }
    }
    for (int i = 0; threads && i < plain_threads; ++i) {
      ++plain_running_;
      plain.emplace_back([this, random = Random(++seed)]() mutable {
        work(random);
        --plain_running_;
      });
    }
    const auto meddler = spawn([&, random = Random(++seed)]() mutable {
      for (; left_ > 0; sleep(Duration(random() % 20'000))) fibers[random() % fibers.size()].cancel();
    });
    for (const auto& fiber : fibers) fiber.join();
    while (plain_running_ > 0) sleep(1ms);  // std::thread::join() would block the worker
    for (auto& thread : plain) thread.join();
    meddler.join();
  }

 private:
  void work(Random& random) {
    while (left_-- > 0) {
      try {
        use_(random);
        if (random() % 16 == 0) sleep(Duration::zero());
      } catch (const Cancelled&) {
      }
    }
  }

  Use use_;
  Count left_{operations()};
  std::atomic<int> plain_running_{0};
};

class SyncOps : public ::testing::TestWithParam<std::string> {
 protected:
  // `use` is called by all; check() when they have ended.
  void operate(const Users::Use& use, const std::function<void()>& check) {
    const bool kernel = GetParam() != "sim";
    const std::uint64_t seed = std::random_device()();
    SCOPED_TRACE("seed " + std::to_string(seed));
    run_in(
        GetParam(),
        [&] {
          Users(use).run(seed, kernel);
          check();
        },
        3);
  }
};
#if defined(__SANITIZE_THREAD__)
INSTANTIATE_TEST_SUITE_P(Worlds, SyncOps, ::testing::Values("epoll", "uring"), world_name);
#else
INSTANTIATE_TEST_SUITE_P(Worlds, SyncOps, ::testing::Values("epoll", "uring", "sim"), world_name);
#endif

Duration moment(Random& random) { return Duration(random() % 4 * 20'000); }

// Locks it in one of three ways; calls body() with the lock.
template <class Lock, class F>
void with_lock(Lock& lock, Random& random, F body) {
  std::unique_lock<Lock> guard(lock, std::defer_lock);
  switch (random() % 3) {
    case 0:
      guard.lock();
      break;
    case 1:
      guard.try_lock();
      break;
    default:
      guard.try_lock_for(moment(random));
  }
  if (guard.owns_lock()) body();
}

TEST_P(SyncOps, Mutex) {
  Mutex mutex;
  long inside = 0;  // TSan sees a race if two have the lock
  operate(
      [&](Random& random) {
        with_lock(mutex, random, [&] {
          EXPECT_EQ(++inside, 1);
          if (random() % 8 == 0) {
            const CancelShield shield;
            sleep(Duration::zero());
          }
          --inside;
        });
      },
      [&] {
        EXPECT_TRUE(mutex.try_lock());
        mutex.unlock();
      });
}

TEST_P(SyncOps, RLock) {
  RLock lock;
  long inside = 0;
  operate(
      [&](Random& random) {
        with_lock(lock, random, [&] {
          EXPECT_EQ(++inside, 1);
          with_lock(lock, random, [&] { EXPECT_TRUE(lock.owned()); });
          --inside;
        });
      },
      [&] {
        EXPECT_TRUE(lock.try_lock());
        lock.unlock();
      });
}

TEST_P(SyncOps, Condition) {
  Mutex mutex;
  Condition changed(mutex);
  std::deque<int> items;
  long put = 0, got = 0;
  operate(
      [&](Random& random) {
        const std::lock_guard guard(mutex);
        if (random() % 2 == 0) {
          items.push_back(1);
          ++put;
          random() % 8 == 0 ? changed.notify_all() : changed.notify_one();
        } else if (changed.wait_for(moment(random), [&] { return !items.empty(); })) {
          items.pop_front();
          ++got;
        }
      },
      [&] { EXPECT_EQ(put, got + static_cast<long>(items.size())); });
}

TEST_P(SyncOps, Semaphore) {
  Semaphore semaphore(2);
  Count released{2}, acquired{0};
  operate(
      [&](Random& random) {
        if (random() % 2 == 0) {
          const std::size_t n = random() % 3;
          released += static_cast<long>(n);
          semaphore.release(n);
        } else {
          acquired += semaphore.acquire_for(moment(random)) ? 1 : 0;
        }
      },
      [&] {
        while (semaphore.try_acquire()) ++acquired;
        EXPECT_EQ(released, acquired);
      });
}

TEST_P(SyncOps, BoundedSemaphore) {
  BoundedSemaphore semaphore(2);
  Count inside{0};
  operate(
      [&](Random& random) {
        if (!semaphore.acquire_for(moment(random))) return;
        EXPECT_LE(++inside, 2);
        --inside;
        semaphore.release();
      },
      [&] { EXPECT_THROW(semaphore.release(), std::logic_error); });
}

TEST_P(SyncOps, Event) {
  Event event;
  Count woken{0};
  operate(
      [&](Random& random) {
        switch (random() % 4) {
          case 0:
            event.clear();
            break;
          case 1:
            event.set();
            break;
          default:
            woken += event.wait_for(moment(random)) ? 1 : 0;
        }
      },
      [&] { EXPECT_GT(woken, 0); });
}

TEST_P(SyncOps, AsyncResult) {
  std::vector<AsyncResult<long>> results(static_cast<std::size_t>(operations() / 8 + 1));
  Count next{0}, set{0};
  operate(
      [&](Random& random) {
        auto& result = results[static_cast<std::size_t>(next++ / 8) % results.size()];
        const auto value = static_cast<long>(random());
        if (random() % 3 == 0) set += result.try_set(value) ? 1 : 0;
        const long* const got = result.get_for(moment(random));
        EXPECT_TRUE(got == nullptr || got == result.try_get());
      },
      [&] {
        long ready = 0;
        for (auto& result : results) ready += result.ready() ? 1 : 0;
        EXPECT_EQ(ready, set);
      });
}

// Two may meet while others reset, abort and are cancelled: each pair passes or breaks as one.
TEST_P(SyncOps, Barrier) {
  Barrier barrier(2);
  Count first{0}, second{0};
  operate(
      [&](Random& random) {
        try {
          switch (random() % 16) {
            case 0:
              barrier.abort();
              break;
            case 1:
            case 2:
            case 3:
              barrier.reset();
              break;
            default:
              if (const auto before = barrier.wait_for(1ms)) ++(*before == 0 ? first : second);
          }
        } catch (const BrokenBarrierError&) {
        }
      },
      [&] {
        EXPECT_EQ(first, second);
        EXPECT_EQ(barrier.n_waiting(), 0u);
      });
}

// The action waits, and sometimes fails. The parties pass together or not at all.
TEST_P(SyncOps, BarrierWithAnAction) {
  struct Failed {};
  Count calls{0}, returned{0}, passed{0}, failed{0}, seen{0};
  Barrier barrier(2, [&] {
    const long call = ++calls;
    sleep(Duration(call % 3 * 1000));
    if (call % 8 == 0) throw Failed{};
    ++returned;
  });
  operate(
      [&](Random& random) {
        try {
          if (random() % 8 == 0) {
            random() % 4 == 0 ? barrier.abort() : barrier.reset();
          } else if (barrier.wait_for(1ms)) {
            ++passed;
          }
        } catch (const BrokenBarrierError&) {
        } catch (const Failed&) {
          ++seen;
        }
      },
      [&] {
        failed = calls / 8;
        EXPECT_EQ(passed % 2, 0);
        EXPECT_LE(passed / 2, returned);
        EXPECT_LE(seen, failed);
        EXPECT_EQ(barrier.n_waiting(), 0u);
      });
  EXPECT_GT(passed, 0);
}

template <class Kind>
void operate_queue(Kind& queue, Random& random, Count& put, Count& got) {
  switch (random() % 8) {
    case 0:
      put += queue.try_put(1) ? 1 : 0;
      break;
    case 1:
      got += queue.try_get() ? 1 : 0;
      break;
    case 2:
      (void)queue.try_peek();
      (void)queue.peek_for(moment(random));
      break;
    case 3:
    case 4:
      put += queue.put_for(1, moment(random)) ? 1 : 0;
      break;
    default:
      got += queue.get_for(moment(random)) ? 1 : 0;
  }
}

template <class Kind>
auto all_got(Kind& queue, Count& put, Count& got) {
  return [&] {
    while (queue.try_get()) ++got;
    EXPECT_EQ(put, got);
    EXPECT_EQ(queue.size(), 0u);
  };
}

TEST_P(SyncOps, Queue) {
  Queue<int> queue(3);
  Count put{0}, got{0};
  operate([&](Random& random) { operate_queue(queue, random, put, got); }, all_got(queue, put, got));
}

TEST_P(SyncOps, LifoQueue) {
  LifoQueue<int> queue(3);
  Count put{0}, got{0};
  operate([&](Random& random) { operate_queue(queue, random, put, got); }, all_got(queue, put, got));
}

TEST_P(SyncOps, PriorityQueue) {
  PriorityQueue<int> queue(3);
  Count put{0}, got{0};
  operate([&](Random& random) { operate_queue(queue, random, put, got); }, all_got(queue, put, got));
}

TEST_P(SyncOps, JoinableQueue) {
  JoinableQueue<int> queue(3);
  Count put{0}, got{0};
  operate(
      [&](Random& random) {
        if (random() % 8 == 0) (void)queue.join_for(moment(random));
        if (random() % 2 == 0) {
          put += queue.put_for(1, moment(random)) ? 1 : 0;
        } else if (queue.get_for(moment(random))) {
          ++got;
          queue.task_done();
        }
      },
      [&] {
        while (queue.try_get()) {
          ++got;
          queue.task_done();
        }
        queue.join();
        EXPECT_EQ(put, got);
      });
}

TEST_P(SyncOps, Channel) {
  Channel<int> channel;
  Count sent{0}, received{0};
  operate(
      [&](Random& random) {
        switch (random() % 4) {
          case 0:
            sent += channel.try_send(1) ? 1 : 0;
            break;
          case 1:
            received += channel.try_recv() ? 1 : 0;
            break;
          case 2:
            sent += channel.send_for(1, moment(random)) ? 1 : 0;
            break;
          default:
            received += channel.recv_for(moment(random)) ? 1 : 0;
        }
      },
      [&] { EXPECT_EQ(sent, received); });
}

// Selects against selects and against plain calls, over two queues, two channels and an event.
struct Several {
  Queue<int> a{2};
  PriorityQueue<int> b;
  Channel<int> c, d;
  Event event;
  Count put{0}, got{0}, sent{0}, received{0};

  // Counts what a case has taken, also if the select was cancelled.
  void take(Random& random) {
    std::optional<int> from_a, from_b, from_c;
    select_for(moment(random), on_get(a, from_a), on_get(b, from_b), on_recv(c, from_c), on_set(event));
    got += (from_a ? 1 : 0) + (from_b ? 1 : 0);
    received += from_c ? 1 : 0;
  }
  void give(Random& random) {
    std::optional<int> to_a = 1, to_c = 1, from_d;
    select_for(moment(random), on_put(a, to_a), on_send(c, to_c), on_recv(d, from_d));
    put += to_a ? 0 : 1;
    sent += to_c ? 0 : 1;
    received += from_d ? 1 : 0;
  }
  void both(Random& random) {
    std::optional<int> to_c = 1, from_c, to_d = 1, from_d;
    select_for(moment(random), on_send(c, to_c), on_recv(d, from_d), on_recv(c, from_c), on_send(d, to_d));
    sent += (to_c ? 0 : 1) + (to_d ? 0 : 1);
    received += (from_c ? 1 : 0) + (from_d ? 1 : 0);
  }
  void simple(Random& random) {
    switch (random() % 6) {
      case 0:
        put += b.put(1) ? 1 : 0;
        break;
      case 1:
        got += a.get_for(moment(random)) ? 1 : 0;
        break;
      case 2:
        sent += d.send_for(1, moment(random)) ? 1 : 0;
        break;
      case 3:
        received += c.recv_for(moment(random)) ? 1 : 0;
        break;
      case 4:
        event.set();
        break;
      default:
        event.clear();
    }
  }
};

TEST_P(SyncOps, Select) {
  Several all;
  operate(
      [&](Random& random) {
        switch (random() % 4) {
          case 0:
            all.take(random);
            break;
          case 1:
            all.give(random);
            break;
          case 2:
            all.both(random);
            break;
          default:
            all.simple(random);
        }
      },
      [&] {
        while (all.a.try_get() || all.b.try_get()) ++all.got;
        EXPECT_EQ(all.put, all.got);
        EXPECT_EQ(all.sent, all.received);
      });
}

}  // namespace
}  // namespace loquat
