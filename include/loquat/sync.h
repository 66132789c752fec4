// sync.h - Event, Mutex, Semaphore and Queue, between fibers, workers and plain threads alike.
//
// True of every class in this file:
//   Waiting   A fiber that waits lets its worker run others; a plain thread blocks. Waiters are served in order.
//   Timeout   The _for forms return false or nothing when the time is over. The others wait without bound.
//   Cancel    A waiting fiber that is cancelled throws Cancelled and has taken nothing.
//   Threads   Any fiber, worker or thread may call anything.
//   Lifetime  An object outlives its waiters. Who has waited may destroy it, even if the set() or release() that woke
//             him has not returned yet.
//
// Layer: sched (docs/layers.txt).  Source: Python's threading and queue, gevent.event, gevent.queue.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "loquat/detail/gate.h"
#include "loquat/detail/wait.h"
#include "loquat/time.h"

namespace loquat {

// A flag that fibers can wait for. Down at first. Source: Python threading.Event.
class Event {
 public:
  // Sets the flag and wakes everybody. Callable from a pool thread; never waits.
  void set() noexcept;
  // Takes the flag down. Who was woken by set() stays woken.
  void clear() noexcept;
  bool is_set() const noexcept;
  // Waits until the flag is set. Returns at once if it is.
  void wait();
  // The same for at most `timeout`. Returns whether the flag was set.
  bool wait_for(AnyDuration timeout);

 private:
  bool wait_until(TimePoint deadline);

  mutable sched::SpinLock lock_;
  sched::WaitList waiters_;
  bool set_ = false;
};

// A lock that a fiber may hold while it waits for something else. Works with std::lock_guard and std::unique_lock.
// Not recursive; the fiber or thread that locked it unlocks it, and so hands it to whoever has waited longest.
class Mutex {
 public:
  void lock();
  bool try_lock() noexcept;
  void unlock() noexcept;

 private:
  sched::SpinLock lock_;
  sched::WaitList waiters_;
  bool held_ = false;
};

// A count of things that can be had. acquire() takes one and waits while there is none; release() gives `n` back.
class Semaphore {
 public:
  explicit Semaphore(std::size_t count) : count_(count) {}
  void acquire();
  // Returns whether it has taken one.
  bool acquire_for(AnyDuration timeout);
  bool try_acquire() noexcept;
  // Never waits. The count may exceed the initial one; it stops at SIZE_MAX.
  void release(std::size_t n = 1) noexcept;

 private:
  bool acquire_until(TimePoint deadline);

  sched::SpinLock lock_;
  sched::WaitList waiters_;
  std::size_t count_;
};

// A first-in-first-out queue of at most `maxsize` items (0: no bound). get(), and put() where there is a bound, let
// other fibers run now and then also while they need not wait, so that a queue which is always busy starves nobody.
// Items are moved or copied in, and moved out; T may be movable only. Source: Python queue.Queue; its shutdown() is
// close().
template <class T>
class Queue {
 public:
  explicit Queue(std::size_t maxsize = 0) : gate_(maxsize == 0 ? sched::Gate::unbounded : maxsize) {}

  // Appends `item`, waiting while the queue is full. After close() returns false. `item` is left as it was if it was
  // not appended, also when Cancelled is thrown.
  bool put(T&& item) { return gate_.enter_put(never) && push(std::move(item)); }
  bool put(const T& item) { return gate_.enter_put(never) && push(item); }
  // Appends `item` if there is room now. If there is none, and after close(), returns false and leaves `item` as it
  // was.
  bool try_put(T&& item) { return gate_.try_enter_put() && push(std::move(item)); }
  bool try_put(const T& item) { return gate_.try_enter_put() && push(item); }

  // Takes the oldest item, waiting for one. Empty once the queue is closed and drained.
  std::optional<T> get() { return gate_.enter_get(never) ? pop() : std::nullopt; }
  // The same for at most `timeout`; also empty when the time is over.
  std::optional<T> get_for(AnyDuration timeout) {
    return gate_.enter_get(sched::deadline_from_now(timeout)) ? pop() : std::nullopt;
  }
  // Takes the oldest item if there is one now.
  std::optional<T> try_get() { return gate_.try_enter_get() ? pop() : std::nullopt; }

  // No more items come: getters drain what is there and then get nothing, putters are let go. Again: no effect.
  void close() noexcept { gate_.close(); }

  // How many items wait. By the time you look, there may be others.
  std::size_t size() const noexcept { return gate_.size(); }

 private:
  struct Leave {
    Queue& queue;
    ~Leave() { queue.gate_.leave(queue.items_.size()); }
  };
  template <class U>
  bool push(U&& item) {
    const Leave leave{*this};
    items_.push_back(std::forward<U>(item));
    return true;
  }
  std::optional<T> pop() {
    const Leave leave{*this};
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    return item;
  }

  sched::Gate gate_;
  std::deque<T> items_;
};

}  // namespace loquat
