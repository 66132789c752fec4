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

// A count of things to be had. acquire() takes one and waits while there is none; release() gives `n` back.
class Semaphore {
 public:
  explicit Semaphore(std::size_t count) : count_(count) {}
  void acquire();
  // Returns whether it has taken one.
  bool acquire_for(AnyDuration timeout);
  bool try_acquire() noexcept;
  // Never waits. There may be more in the end than there were at first.
  void release(std::size_t n = 1) noexcept;

 private:
  bool acquire_until(TimePoint deadline);

  sched::SpinLock lock_;
  sched::WaitList waiters_;
  std::size_t count_;
};

// A first-in-first-out queue of at most `maxsize` items (0: no bound). Items are moved in and out.
// Source: Python queue.Queue; its shutdown() is close().
template <class T>
class Queue {
 public:
  explicit Queue(std::size_t maxsize = 0) : room_(maxsize == 0 ? unbounded : maxsize) {}

  // Appends `item`, waiting while the queue is full. After close() the item is dropped and false returned.
  bool put(T item) {
    room_.acquire();
    return push(std::move(item));
  }
  // Appends `item` if there is room now. False if there is none, or after close().
  bool try_put(T item) { return room_.try_acquire() && push(std::move(item)); }

  // Takes the oldest item, waiting for one. Empty once the queue is closed and drained.
  std::optional<T> get() {
    items_.acquire();
    return pop();
  }
  // The same for at most `timeout`; also empty when the time is over.
  std::optional<T> get_for(AnyDuration timeout) {
    if (!items_.acquire_for(timeout)) return {};
    return pop();
  }
  // Takes the oldest item if there is one now.
  std::optional<T> try_get() {
    if (!items_.try_acquire()) return {};
    return pop();
  }

  // No more items come: getters drain what is there and then get nothing, putters are let go.
  void close() {
    {
      sched::SpinGuard guard(lock_);
      closed_ = true;
    }
    items_.release(unbounded);
    room_.release(unbounded);
  }

  // How many items wait. By the time you look, there may be others.
  std::size_t size() const {
    sched::SpinGuard guard(lock_);
    return queue_.size();
  }

 private:
  static constexpr std::size_t unbounded = static_cast<std::size_t>(-1) / 4;

  bool push(T item) {
    {
      sched::SpinGuard guard(lock_);
      if (closed_) return false;
      queue_.push_back(std::move(item));
    }
    items_.release();
    return true;
  }
  std::optional<T> pop() {
    std::optional<T> item;
    {
      sched::SpinGuard guard(lock_);
      if (queue_.empty()) return {};
      item.emplace(std::move(queue_.front()));
      queue_.pop_front();
    }
    room_.release();
    return item;
  }

  mutable sched::SpinLock lock_;
  std::deque<T> queue_;
  bool closed_ = false;
  Semaphore items_{0};
  Semaphore room_;
};

}  // namespace loquat
