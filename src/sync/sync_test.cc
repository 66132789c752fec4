// Events, mutexes, semaphores and queues; at their limits, and when waiters are cancelled or the queue is closed.
#include "loquat/sync.h"

#include <gtest/gtest.h>

#include <atomic>
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

TEST(Sync, EventWakesAll) {
  run_test([] {
    Event event;
    int woken = 0;
    std::vector<Fiber<>> fibers;
    for (int i = 0; i < 3; ++i)
      fibers.push_back(spawn([&] {
        event.wait();
        ++woken;
      }));
    sleep(1s);
    EXPECT_EQ(woken, 0);
    event.set();
    for (auto& fiber : fibers) fiber.join();
    EXPECT_EQ(woken, 3);
    event.clear();
    EXPECT_FALSE(event.wait_for(1s));
  });
}

// At once, though set() may still run on another thread.
TEST(Sync, AWaiterMayDestroyTheEvent) {
  for (int i = 0; i < 2'000; ++i) {
    auto event = std::make_unique<Event>();
    std::thread setter([&event = *event] { event.set(); });
    event->wait();
    event.reset();
    setter.join();
  }
}

TEST(Sync, MutexIsHandedOverInOrder) {
  run_test([] {
    Mutex mutex;
    std::string order;
    mutex.lock();
    auto a = spawn([&] {
      mutex.lock();
      order += 'a';
      mutex.unlock();
    });
    auto b = spawn([&] {
      mutex.lock();
      order += 'b';
      mutex.unlock();
    });
    sleep(1s);
    EXPECT_FALSE(mutex.try_lock());
    mutex.unlock();
    a.join();
    b.join();
    EXPECT_EQ(order, "ab");
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  });
}

TEST(Sync, QueueKeepsOrderBoundsAndEnds) {
  run_test([] {
    Queue<int> queue(2);
    std::vector<int> got;
    auto getter = spawn([&] {
      while (auto item = queue.get()) got.push_back(*item);
    });
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(queue.put(i));
    queue.close();
    getter.join();
    EXPECT_EQ(got, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
    EXPECT_FALSE(queue.put(10));
  });
}

TEST(Sync, CancelledGetterTakesNothing) {
  run_test([] {
    Queue<int> queue;
    auto getter = spawn([&] { (void)queue.get(); });
    sleep(1s);
    getter.cancel();
    EXPECT_THROW(getter.get(), CancelledError);
    queue.put(7);
    EXPECT_EQ(queue.get_for(1s), 7);
    EXPECT_EQ(queue.get_for(1s), std::nullopt);
  });
}

TEST(Sync, AWakeThatCameBeatsTheTimeout) {
  run_test([] {
    Semaphore semaphore(0);
    auto waiter = spawn([&] { return semaphore.acquire_for(1s); });
    sleep(1s);  // both are due now; the releaser may run first or last, but nothing is lost
    semaphore.release();
    bool got = waiter.get();
    EXPECT_EQ(semaphore.try_acquire(), !got);
  });
}

TEST(Spawn, OutsideOfRunThrows) {
  EXPECT_THROW(spawn([] {}), std::logic_error);
}

constexpr std::size_t max_count = static_cast<std::size_t>(-1);

TEST(SemaphoreLimits, ReleasesNeverWrap) {
  Semaphore semaphore(0);
  for (int i = 0; i < 4; ++i) semaphore.release(max_count / 2);
  EXPECT_TRUE(semaphore.try_acquire());
  semaphore.release(max_count);
  semaphore.release();
  semaphore.release(max_count);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(semaphore.acquire_for(0s));
  Semaphore full(max_count);
  full.release();
  EXPECT_TRUE(full.try_acquire());
}

TEST(SemaphoreLimits, ManyReleasesWakeAndCount) {
  run_test([] {
    Semaphore semaphore(0);
    auto waiter = spawn([&] { semaphore.acquire(); });
    sleep(0s);
    semaphore.release(max_count);
    waiter.get();
    EXPECT_TRUE(semaphore.try_acquire());
  });
}

TEST(SemaphoreLimits, CloseEndsIt) {
  run_test([] {
    Semaphore semaphore(0);
    std::vector<Fiber<bool>> waiters;
    for (int i = 0; i < 3; ++i) waiters.push_back(spawn([&] { return semaphore.acquire(); }));
    waiters.push_back(spawn([&] { return semaphore.acquire_for(1h); }));
    sleep(1s);
    semaphore.release();
    semaphore.close();
    EXPECT_TRUE(waiters[0].get());
    for (std::size_t i = 1; i < 4; ++i) EXPECT_FALSE(waiters[i].get());
    semaphore.release(5);
    semaphore.close();
    EXPECT_FALSE(semaphore.acquire());
    EXPECT_FALSE(semaphore.acquire_for(1s));
    EXPECT_FALSE(semaphore.try_acquire());
    Semaphore full(3);
    full.close();
    EXPECT_FALSE(full.acquire());
  });
}

TEST(SemaphoreLimits, ABoundedOneRefusesAReleaseTooMany) {
  run_test([] {
    BoundedSemaphore semaphore(2);
    EXPECT_THROW(semaphore.release(), std::logic_error);
    EXPECT_TRUE(semaphore.acquire());
    EXPECT_THROW(semaphore.release(2), std::logic_error);
    semaphore.release();
    EXPECT_TRUE(semaphore.acquire_for(0s));
    EXPECT_TRUE(semaphore.try_acquire());
    EXPECT_FALSE(semaphore.try_acquire());
    auto waiter = spawn([&] { return semaphore.acquire(); });
    sleep(1s);
    semaphore.release(2);  // one for the waiter
    EXPECT_TRUE(waiter.get());
    EXPECT_THROW(semaphore.release(2), std::logic_error);
    semaphore.release();
    EXPECT_THROW(semaphore.release(static_cast<std::size_t>(-1)), std::logic_error);
    auto late = spawn([&] { return semaphore.acquire() && semaphore.acquire() && semaphore.acquire(); });
    sleep(1s);
    semaphore.close();
    EXPECT_FALSE(late.get());
    semaphore.release(9);  // of a closed one does nothing
  });
}

TEST(Sync, AnEventThatIsClearedAtOnceHasWokenItsWaiters) {
  run_test([] {
    Event event;
    std::vector<Fiber<bool>> waiters;
    for (int i = 0; i < 1000; ++i) waiters.push_back(spawn([&] { return event.wait_for(1h); }));
    sleep(1s);
    event.set();
    event.clear();
    for (const auto& waiter : waiters) EXPECT_TRUE(waiter.get());
    EXPECT_FALSE(event.is_set());
  });
}

// A waiter leaves the list as soon as it is cancelled or times out.
TEST(Waiters, AWakeAfterACancelGoesToTheNextWaiter) {
  run_test([] {
    Semaphore semaphore(0);
    Mutex mutex;
    mutex.lock();
    auto acquire = [&] { semaphore.acquire(); };
    auto lock = [&] { mutex.lock(); };
    auto first = spawn(acquire), second = spawn(acquire);
    auto first_locker = spawn(lock), second_locker = spawn(lock);
    sleep(1s);
    first.cancel();
    first_locker.cancel();
    semaphore.release();
    mutex.unlock();
    EXPECT_THROW(first.get(), CancelledError);
    EXPECT_THROW(first_locker.get(), CancelledError);
    EXPECT_TRUE(second.join_for(1s));
    EXPECT_TRUE(second_locker.join_for(1s));
  });
}

TEST(QueueLimits, GettersDrainAQueueThatManyClose) {
  for (const std::size_t bound : {0u, 4u}) {
    Queue<int> queue(bound);
    for (int i = 0; i < 4; ++i) queue.put(i);
    for (int i = 0; i < 40; ++i) queue.close();
    EXPECT_EQ(queue.size(), 4u);
    EXPECT_FALSE(queue.put(4));
    EXPECT_FALSE(queue.try_put(4));
    for (int i = 0; i < 4; ++i) EXPECT_EQ(queue.get(), i);
    EXPECT_EQ(queue.get(), std::nullopt);
    EXPECT_EQ(queue.get_for(1h), std::nullopt);
    EXPECT_EQ(queue.try_get(), std::nullopt);
    EXPECT_FALSE(queue.put(5));
  }
}

TEST(QueueLimits, CloseWakesEverybody) {
  run_test([] {
    Queue<int> empty, full(1);
    full.put(1);
    std::vector<Fiber<bool>> fibers;
    for (int i = 0; i < 3; ++i) {
      fibers.push_back(spawn([&] { return empty.get().has_value(); }));
      fibers.push_back(spawn([&] { return full.put(2); }));
    }
    sleep(1s);
    empty.close();
    full.close();
    for (auto& fiber : fibers) EXPECT_FALSE(fiber.get());
    EXPECT_EQ(full.get(), 1);
    EXPECT_EQ(full.get(), std::nullopt);
  });
}

// close() follows the put() that has woken a getter, and wakes another getter that runs first.
TEST(QueueLimits, NoItemIsLeftIfCloseFollowsPut) {
  run_test([] {
    Queue<int> queue;
    int got = 0;
    std::vector<Fiber<>> getters;
    for (int i = 0; i < 3; ++i) {
      getters.push_back(spawn([&] {
        while (queue.get()) ++got;
      }));
    }
    sleep(1s);
    queue.put(1);
    queue.put(2);
    queue.close();
    for (auto& getter : getters) getter.get();
    EXPECT_EQ(got, 2);
  });
}

TEST(QueueLimits, GettersAreServedInOrder) {
  run_test([] {
    Queue<int> queue;
    auto first = spawn([&] { return queue.get().value_or(-1); });
    sleep(1s);
    queue.put(1);
    EXPECT_EQ(queue.try_get(), std::nullopt);  // it is the first one's
    queue.put(2);
    EXPECT_EQ(queue.try_get(), 1);
    EXPECT_EQ(first.get(), 2);
  });
}

TEST(QueueLimits, ACancelledGetterLosesNoItem) {
  run_test([] {
    Queue<int> queue;
    std::vector<int> got;
    auto body = [&] { got.push_back(queue.get().value_or(-1)); };
    auto woken = spawn(body), waiting = spawn(body);
    sleep(1s);
    queue.put(1);  // wakes the first
    woken.cancel();
    waiting.cancel();
    woken.join();
    waiting.join();
    EXPECT_EQ(got, std::vector<int>{1});
    queue.put(2);
    EXPECT_EQ(queue.get_for(0s), 2);
  });
}

TEST(QueueLimits, ACancelledPutterKeepsItsItem) {
  run_test([] {
    Queue<std::unique_ptr<int>> queue(1);
    EXPECT_TRUE(queue.put(std::make_unique<int>(1)));
    auto item = std::make_unique<int>(2);
    auto putter = spawn([&] { queue.put(std::move(item)); });
    sleep(1s);
    putter.cancel();
    putter.join();
    ASSERT_NE(item, nullptr);
    EXPECT_FALSE(queue.try_put(std::move(item)));
    ASSERT_NE(item, nullptr);
    EXPECT_EQ(**queue.get(), 1);
    EXPECT_TRUE(queue.try_put(std::move(item)));
    EXPECT_EQ(item, nullptr);
  });
}

// Its copy and its move throw when they are told to.
struct Brittle {
  explicit Brittle(bool& flag) : throws(&flag) {}
  Brittle(const Brittle& other) : throws(other.throws) {
    if (*throws) throw std::runtime_error("no copy");
  }
  bool* throws;
};

TEST(QueueLimits, ACopyThatThrowsChangesNothing) {
  run_test([] {
    bool throws = true;
    Queue<Brittle> queue(1);
    const Brittle item(throws);
    EXPECT_THROW(queue.put(item), std::runtime_error);
    EXPECT_THROW(queue.try_put(item), std::runtime_error);
    throws = false;
    auto first = spawn([&] {
      EXPECT_THROW(queue.get(), std::runtime_error);
      throws = false;
    });
    auto second = spawn([&] { EXPECT_TRUE(queue.get()); });
    sleep(1s);
    EXPECT_TRUE(queue.put(item));  // wakes the first
    throws = true;
    first.get();
    second.get();
    EXPECT_TRUE(queue.put(item));
  });
}

// Threads put, get, and close while others still wait; every item that was put is got once.
TEST(QueueLimits, ThreadsLoseNothing) {
  constexpr int each = 2'000;
  Queue<int> queue(3);
  std::atomic<int> in{0}, out{0};
  std::vector<std::thread> putters, getters;
  for (int i = 0; i < 3; ++i) {
    putters.emplace_back([&] {
      for (int n = 0; n < each; ++n) in += queue.put(n) ? 1 : 0;
      queue.close();
    });
    getters.emplace_back([&] {
      while (queue.get()) ++out;
    });
  }
  for (auto& thread : putters) thread.join();
  for (auto& thread : getters) thread.join();
  EXPECT_EQ(in, out);
  EXPECT_EQ(queue.size(), 0u);
}

}  // namespace
}  // namespace loquat
