// Mutex, RLock and Condition: order, time limits, mistakes, and waiters that are cancelled.
#include <gtest/gtest.h>

#include <deque>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "loquat/fiber.h"
#include "loquat/sync.h"
#include "sched/test_world.h"
#include "sync/each_wait.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using sched::run_test;

template <class F>
std::string mistake(F call) {
  try {
    call();
  } catch (const std::logic_error& error) {
    return error.what();
  }
  return "nothing thrown";
}

// Both kinds of lock, as BaseLockTests.
template <class Lock>
class Locks : public ::testing::Test {};
using LockTypes = ::testing::Types<Mutex, RLock>;
TYPED_TEST_SUITE(Locks, LockTypes);

TYPED_TEST(Locks, LockForHasATimeLimit) {
  run_test([] {
    TypeParam lock;
    EXPECT_TRUE(lock.try_lock_for(0s));
    const TimePoint start = now();
    auto other = spawn([&] {
      EXPECT_FALSE(lock.try_lock());
      EXPECT_FALSE(lock.try_lock_for(-1s));
      EXPECT_FALSE(lock.try_lock_for(2s));
      EXPECT_EQ(now() - start, 2s);
      EXPECT_TRUE(lock.try_lock_for(Duration::max()));
      lock.unlock();
    });
    sleep(3s);
    EXPECT_FALSE(other.done());
    lock.unlock();
    other.get();
    EXPECT_TRUE(lock.try_lock());  // nothing is left of the waiters that gave up
    lock.unlock();
  });
}

TYPED_TEST(Locks, WorkWithTheStandardGuards) {
  run_test([] {
    TypeParam a, b;
    std::unique_lock held(a);
    auto other = spawn([&] {
      std::unique_lock<TypeParam> lock(a, std::defer_lock);
      EXPECT_FALSE(lock.try_lock_for(1s));
      EXPECT_TRUE(lock.try_lock_for(1h));
    });
    sleep(2s);
    held.unlock();
    other.get();
    const std::scoped_lock both(a, b);
    EXPECT_TRUE(a.owned() && b.owned());
  });
}

TYPED_TEST(Locks, AnExceptionUnlocks) {
  TypeParam lock;
  EXPECT_THROW(
      {
        const std::lock_guard guard(lock);
        throw 1;
      },
      int);
  EXPECT_FALSE(lock.owned());
  EXPECT_TRUE(lock.try_lock());
  lock.unlock();
}

TYPED_TEST(Locks, UnlockOfWhatOneHasNotLockedSaysSo) {
  run_test([] {
    TypeParam lock;
    EXPECT_EQ(mistake([&] { lock.unlock(); }), "unlock() of a lock that nobody has locked");
    lock.lock();
    const auto unlock = [&] {
      EXPECT_FALSE(lock.owned());
      EXPECT_EQ(mistake([&] { lock.unlock(); }), "unlock() of a lock that another fiber or thread has locked");
    };
    spawn(unlock).get();
    std::thread(unlock).join();
    EXPECT_TRUE(lock.owned());
    EXPECT_FALSE(spawn([&] { return lock.try_lock(); }).get());
    lock.unlock();
  });
}

TYPED_TEST(Locks, AreHandedOverInOrder) {
  run_test([] {
    TypeParam lock;
    std::string order;
    lock.lock();
    std::vector<Fiber<>> fibers;
    for (const char name : {'a', 'b', 'c', 'd', 'e'}) {
      fibers.push_back(spawn([&, name] {
        const std::lock_guard guard(lock);
        order += name;
        sleep(0s);
      }));
    }
    sleep(1s);
    lock.unlock();
    const std::lock_guard guard(lock);  // behind the others
    EXPECT_EQ(order, "abcde");
  });
}

TEST(Mutex, LockingItTwiceSaysSo) {
  run_test([] {
    Mutex mutex;
    mutex.lock();
    const std::string says = "lock() of a Mutex that the caller has locked already: it would wait for itself";
    EXPECT_EQ(mistake([&] { mutex.lock(); }), says);
    EXPECT_EQ(mistake([&] { (void)mutex.try_lock_for(1s); }), says);
    EXPECT_FALSE(mutex.try_lock());
    mutex.unlock();
    EXPECT_FALSE(mutex.owned());
  });
  Mutex mutex;
  mutex.lock();
  EXPECT_THROW(mutex.lock(), std::logic_error);
  mutex.unlock();
}

TEST(RLock, IsFreeAfterAsManyUnlocks) {
  run_test([] {
    RLock lock;
    lock.lock();
    EXPECT_TRUE(lock.try_lock());
    EXPECT_TRUE(lock.try_lock_for(0s));
    const auto is_free = [&] {
      return spawn([&] {
               const bool locked = lock.try_lock();
               if (locked) lock.unlock();
               return locked;
             })
          .get();
    };
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(lock.owned());
      EXPECT_FALSE(is_free());
      lock.unlock();
    }
    EXPECT_FALSE(lock.owned());
    EXPECT_TRUE(is_free());
    EXPECT_THROW(lock.unlock(), std::logic_error);
  });
}

struct LockWhileItIsHeld {
  Mutex mutex;
  Fiber<> holder = spawn([this] {
    const std::lock_guard guard(mutex);
    for (int pause = 0; pause < 5; ++pause) sleep(0s);
  });
  LockWhileItIsHeld() { sleep(0s); }
  void script() {
    for (int i = 0; i < 3; ++i) {
      const std::lock_guard guard(mutex);
      sleep(0s);
    }
  }
  void check() {
    holder.join();
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  }
};

TEST(Mutex, ACancelAtEachWaitLeavesItFree) {
  run_test([] { EXPECT_EQ(sched::cancel_at_each_wait<LockWhileItIsHeld>(), 1u); });
}

// --- Condition -------------------------------------------------------------------------------------------------------

TYPED_TEST(Locks, AConditionWakesAsManyAsItSays) {
  run_test([] {
    TypeParam lock;
    Condition changed(lock);
    std::string woken;
    std::vector<Fiber<>> fibers;
    for (const char name : {'a', 'b', 'c', 'd', 'e'}) {
      fibers.push_back(spawn([&, name] {
        const std::lock_guard guard(lock);
        changed.wait();
        EXPECT_TRUE(lock.owned());
        woken += name;
      }));
    }
    sleep(1s);
    EXPECT_TRUE(lock.try_lock());
    changed.notify_one();
    changed.notify_one();
    sleep(1s);
    EXPECT_EQ(woken, "");  // not while the lock is held
    lock.unlock();
    sleep(1s);
    EXPECT_EQ(woken, "ab");
    changed.notify_all();
    for (const auto& fiber : fibers) fiber.join();
    EXPECT_EQ(woken, "abcde");
    changed.notify_all();  // nobody waits, and nobody will remember
    const std::lock_guard guard(lock);
    EXPECT_FALSE(changed.wait_for(1s));
  });
}

TYPED_TEST(Locks, AConditionWaitsForWhatIsAsked) {
  run_test([] {
    TypeParam lock;
    Condition changed(lock);
    int state = 0;
    auto waiter = spawn([&] {
      const std::lock_guard guard(lock);
      changed.wait([&] { return state == 4; });
      const TimePoint start = now();
      EXPECT_FALSE(changed.wait_for(5s, [&] { return state == 9; }));
      EXPECT_EQ(now() - start, 5s);
      EXPECT_TRUE(changed.wait_for(0s, [&] { return state == 8; }));
    });
    while (state < 8) {
      sleep(1s);
      const std::lock_guard guard(lock);
      ++state;
      changed.notify_one();
    }
    waiter.get();
  });
}

TYPED_TEST(Locks, AConditionWaitsWithTheLockOnly) {
  TypeParam lock;
  Condition changed(lock);
  EXPECT_EQ(mistake([&] { changed.wait(); }), "Condition::wait() by a caller that has not locked the lock");
  EXPECT_EQ(mistake([&] { (void)changed.wait_for(1s); }), "Condition::wait() by a caller that has not locked the lock");
}

TEST(Condition, NotifyOneWakesAFiberOrAThread) {
  run_test([] {
    Mutex mutex;
    Condition changed(mutex);
    int waiting = 0, woken = 0;
    const auto wait = [&] {
      const std::lock_guard guard(mutex);
      ++waiting;
      changed.wait();
      ++woken;
    };
    const auto count = [&](const int& of) {
      const std::lock_guard guard(mutex);
      return of;
    };
    std::thread thread(wait);
    const auto fiber = spawn(wait);
    while (count(waiting) < 2) sleep(0s);
    changed.notify_one();
    while (count(woken) < 1) sleep(0s);
    for (int i = 0; i < 100; ++i) sleep(0s);
    EXPECT_EQ(count(woken), 1);
    changed.notify_one();
    while (count(woken) < 2) sleep(0s);
    fiber.join();
    thread.join();
  });
}

TEST(Condition, AnRLockIsReleasedWhollyAndLockedAsItWas) {
  run_test([] {
    RLock lock;
    Condition changed(lock);
    auto waiter = spawn([&] {
      const std::lock_guard outer(lock), inner(lock);
      EXPECT_TRUE(changed.wait_for(1h));
      lock.unlock();
      EXPECT_TRUE(lock.owned());
      lock.lock();
    });
    sleep(1s);
    {
      const std::lock_guard guard(lock);
      changed.notify_all();
    }
    waiter.get();
    EXPECT_TRUE(lock.try_lock());
    lock.unlock();
  });
}

// A waiter that is cancelled, or whose time is over, while another holds the lock.
TEST(Condition, TheLockIsHeldAgainWhateverEndsTheWait) {
  run_test([] {
    Mutex mutex;
    Condition changed(mutex);
    int with_lock = 0;
    const auto wait = [&] {
      const std::lock_guard guard(mutex);
      const struct Look {
        Mutex& mutex;
        int& count;
        ~Look() { count += mutex.owned() ? 1 : 0; }
      } look{mutex, with_lock};
      (void)changed.wait_for(10s);
    };
    auto cancelled = spawn(wait), late = spawn(wait);
    sleep(1s);
    mutex.lock();
    cancelled.cancel();
    sleep(20s);
    EXPECT_FALSE(cancelled.done());
    EXPECT_FALSE(late.done());
    mutex.unlock();
    EXPECT_THROW(cancelled.get(), CancelledError);
    late.get();
    EXPECT_EQ(with_lock, 2);
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  });
}

TEST(Condition, ANotificationIsNotLostToACancelledWaiter) {
  run_test([] {
    Mutex mutex;
    Condition changed(mutex);
    int woken = 0;
    const auto wait = [&] {
      const std::lock_guard guard(mutex);
      changed.wait();
      ++woken;
    };
    auto first = spawn(wait), second = spawn(wait), third = spawn(wait);
    sleep(1s);
    first.cancel();
    changed.notify_one();  // the second
    second.cancel();       // too late: it has been notified
    sleep(1s);
    EXPECT_EQ(woken, 1);
    changed.notify_one();
    third.get();
    EXPECT_EQ(woken, 2);
  });
}

struct WorkFromACondition {
  Mutex mutex;
  Condition changed{mutex};
  std::deque<int> items;
  int taken = 0;
  Fiber<> giver = spawn([this] {
    for (int i = 0; i < 5; ++i) {
      const std::lock_guard guard(mutex);
      items.push_back(i);
      changed.notify_one();
      for (int pause = 0; pause < 5; ++pause) sleep(0s);
    }
  });
  void script() {
    while (taken < 5) {
      const std::lock_guard guard(mutex);
      changed.wait([&] { return !items.empty(); });
      EXPECT_EQ(items.front(), taken++);
      items.pop_front();
    }
  }
  void check() {
    script();  // another takes what is left
    giver.get();
    EXPECT_TRUE(items.empty());
    EXPECT_TRUE(mutex.try_lock());
    mutex.unlock();
  }
};

TEST(Condition, ACancelAtEachWaitTakesNothing) {
  run_test([] { EXPECT_GT(sched::cancel_at_each_wait<WorkFromACondition>(), 4u); });
}

}  // namespace
}  // namespace loquat
