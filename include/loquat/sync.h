// sync.h - Event, Mutex, RLock, Condition, Semaphore and Barrier, between fibers, workers and plain threads alike.
// Queues are in queue.h, which this header includes.
//
// True of every class in this file:
//   Waiting   A fiber that waits lets its worker run others; a plain thread blocks. Waiters are served in order.
//   Timeout   The _for calls return false or nothing when `timeout` has passed. The others wait without limit.
//   Cancel    A waiting fiber that is cancelled throws Cancelled and has taken nothing.
//   Errors    A call that can only be a mistake of the program throws std::logic_error with a sentence.
//   Threads   Every call may be made from any fiber, worker or thread.
//   Lifetime  An object must outlive its waiters. A waiter may destroy it as soon as its wait has returned, even if the
//             set() or release() that woke it is still running.
//
// Layer: sync (docs/layers.txt).  Source: Python's threading, gevent.event, gevent.lock.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

#include "loquat/detail/wait.h"
#include "loquat/queue.h"
#include "loquat/time.h"

namespace loquat {
namespace sched {
struct Select;
}

// A flag that fibers and threads can wait for. Initially clear. Source: Python threading.Event.
class Event {
 public:
  // Sets the flag and wakes all waiters. Never waits.
  void set() noexcept;
  // Clears the flag. Waiters that set() has woken still return.
  void clear() noexcept;
  bool is_set() const noexcept;
  // Waits until the flag is set. Returns at once if it already is.
  void wait();
  // As wait(), but for at most `timeout`. Returns whether the flag was set in time.
  bool wait_for(AnyDuration timeout);

 private:
  friend struct sched::Select;
  bool wait_until(TimePoint deadline);

  mutable sched::SpinLock lock_;
  sched::WaitList waiters_;
  bool set_ = false;
};

// A lock that a fiber may hold while it waits for something else, which a std::mutex must not be used for. Works with
// std::lock_guard, std::unique_lock (also its try_lock_for()) and std::scoped_lock. unlock() hands it to the waiter
// that has waited longest. Source: Python threading.Lock, std::timed_mutex.
//
// Only the fiber or thread that locked it may unlock it: unlock() by another one, or of an unlocked Mutex, throws
// std::logic_error and changes nothing. (From the destructor of a std::lock_guard that ends the program, with the
// sentence on standard error.) The child of a fork(2) by the owner is the owner there. Not recursive: lock() and
// try_lock_for() by the owner, which would wait for itself, throw std::logic_error.
class Mutex {
 public:
  void lock();
  bool try_lock() noexcept;
  // Returns whether it is locked now.
  bool try_lock_for(AnyDuration timeout);
  void unlock();

  // Whether the caller has locked it.
  bool owned() const noexcept;

 private:
  bool lock_until(TimePoint deadline);
  [[gnu::noinline]] bool wait(void* me, TimePoint deadline);
  [[noreturn, gnu::noinline]] void refuse_unlock();

  mutable sched::SpinLock lock_;
  sched::WaitList waiters_;
  void* owner_ = nullptr;  // sched::self()
};

// A Mutex that its owner may lock again; it is free after as many unlock() calls. Source: Python threading.RLock.
class RLock {
 public:
  void lock();
  bool try_lock() noexcept;
  bool try_lock_for(AnyDuration timeout);
  void unlock();
  bool owned() const noexcept { return mutex_.owned(); }

 private:
  friend class Condition;
  Mutex mutex_;
  std::size_t depth_ = 0;  // of the owner
};

// Waits until others have changed what a lock guards. Belongs to one Mutex or RLock, which must outlive it. Source:
// Python threading.Condition.
//
//   Mutex mutex;
//   Condition changed(mutex);
//   std::lock_guard lock(mutex);
//   changed.wait([&] { return !items.empty(); });
class Condition {
 public:
  explicit Condition(Mutex& mutex) noexcept : mutex_(&mutex) {}
  explicit Condition(RLock& lock) noexcept : mutex_(&lock.mutex_), depth_(&lock.depth_) {}

  // Unlocks the lock (an RLock wholly), waits until notified, and locks it again as it was. No notification between the
  // two is lost, and none is made up. The caller has the lock again whenever wait() ends, also by Cancelled; getting it
  // back has no time limit and cannot be cancelled. Throws std::logic_error if the caller does not hold the lock.
  void wait() { (void)wait_until(never); }
  // As wait(), but for at most `timeout`. Returns whether notified.
  bool wait_for(AnyDuration timeout) { return wait_until(sched::deadline_from_now(timeout)); }

  // Waits until ready() returns true. It is called with the lock held, first at once.
  template <class Ready>
  void wait(Ready ready) {
    while (!ready()) wait();
  }
  // As above, but for at most `timeout` in all. Returns what ready() returned last.
  template <class Ready>
  bool wait_for(AnyDuration timeout, Ready ready) {
    const TimePoint deadline = sched::deadline_from_now(timeout);
    while (!ready()) {
      if (!wait_until(deadline)) return ready();
    }
    return true;
  }

  // Wakes the caller of wait() that has waited longest, or all. A call without the lock is allowed. Never waits.
  void notify_one() noexcept;
  void notify_all() noexcept;

 private:
  struct Relock;
  bool wait_until(TimePoint deadline);

  Mutex* mutex_;
  std::size_t* depth_ = nullptr;  // of an RLock
  sched::SpinLock lock_;
  sched::WaitList waiters_;
};

// A counter. acquire() decrements it, waiting while it is 0; release() increments it by `n`. Any caller may release,
// whether or not it has acquired. Source: Python threading.Semaphore.
class Semaphore {
 public:
  explicit Semaphore(std::size_t count) : count_(count) {}
  // These return whether the counter was decremented. acquire() returns false only after close().
  bool acquire();
  bool acquire_for(AnyDuration timeout);
  bool try_acquire() noexcept;
  // Never waits. The counter may exceed its initial value; it stops at SIZE_MAX.
  void release(std::size_t n = 1) noexcept;

  // Ends the semaphore: acquire() returns false from now on, also for callers that wait in it, and release() does
  // nothing. A second close() does nothing.
  void close() noexcept;

 private:
  friend class BoundedSemaphore;
  bool acquire_until(TimePoint deadline);
  [[gnu::noinline]] bool wait(TimePoint deadline);
  void give(std::size_t n) noexcept;

  sched::SpinLock lock_;
  sched::WaitList waiters_;
  std::size_t count_;
  bool closed_ = false;  // then count_ is 0
};

// A Semaphore whose counter never exceeds its initial value: one release() too many throws std::logic_error and changes
// nothing. Source: Python threading.BoundedSemaphore.
class BoundedSemaphore {
 public:
  explicit BoundedSemaphore(std::size_t count) : semaphore_(count), bound_(count) {}
  bool acquire() { return semaphore_.acquire(); }
  bool acquire_for(AnyDuration timeout) { return semaphore_.acquire_for(timeout); }
  bool try_acquire() noexcept { return semaphore_.try_acquire(); }
  void release(std::size_t n = 1);
  void close() noexcept { semaphore_.close(); }

 private:
  Semaphore semaphore_;
  std::size_t bound_;
};

// Thrown by Barrier::wait() if not all parties will come, or if the action has failed.
class BrokenBarrierError : public std::runtime_error {
 public:
  BrokenBarrierError()
      : std::runtime_error("the barrier is broken: a party has given up, its action threw, or abort() or reset() ran") {
  }
};

// Holds fibers and threads until `parties` of them have come, again and again. A party that gives up (a timeout, a
// cancel) breaks the barrier: the others that wait, and all that come before reset(), throw BrokenBarrierError.
// Source: Python threading.Barrier.
class Barrier {
 public:
  // The party that comes last calls action() each time, before any of them goes on. It may wait, but not at this
  // barrier. Once it is called no party gives up any more: timeouts and cancels of the others take effect after it, and
  // so do abort() and reset(). Callers that come meanwhile arrive when it has ended. If it throws, the barrier is
  // broken, and that party throws the same. `timeout` is the time limit of wait(). Throws std::invalid_argument if
  // `parties` is 0.
  explicit Barrier(std::size_t parties, std::function<void()> action = {}, AnyDuration timeout = Duration::max());

  // Waits until `parties` callers are here, and returns the number of those that came before this one. Throws
  // BrokenBarrierError, also if the barrier's time limit has passed.
  std::size_t wait();
  // As wait(), with a time limit of its own. When `timeout` has passed, the barrier is broken and the result is
  // nothing.
  std::optional<std::size_t> wait_for(AnyDuration timeout) { return wait_until(sched::deadline_from_now(timeout)); }

  // Breaks the barrier.
  void abort() noexcept;
  // Callers that wait throw BrokenBarrierError; the barrier is whole and empty afterwards.
  void reset() noexcept;

  bool broken() const noexcept;
  std::size_t parties() const noexcept { return parties_; }
  // The number of callers that wait now.
  std::size_t n_waiting() const noexcept;

 private:
  struct Waiting;
  std::optional<std::size_t> wait_until(TimePoint deadline);
  void open();
  void let_in() noexcept;
  void give_up(std::size_t round) noexcept;
  void break_off() noexcept;
  Waiting next_round() noexcept;

  mutable sched::SpinLock lock_;
  sched::WaitList waiters_;
  std::size_t parties_;
  std::function<void()> action_;
  Duration timeout_;
  std::size_t arrived_ = 0;
  std::size_t round_ = 0;
  std::size_t breaks_ = 0;     // abort(), reset() and parties that gave up
  void* acting_ = nullptr;     // sched::self() of the party that calls the action
  sched::WaitList newcomers_;  // while it does; they are of no round yet
  bool broken_ = false;
};

}  // namespace loquat
