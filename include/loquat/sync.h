// sync.h - Event, Mutex, Semaphore and Queue, between fibers, workers and plain threads alike.
//
// True of every class in this file:
//   Waiting   A fiber that waits lets its worker run others; a plain thread blocks. Waiters are served in order.
//   Timeout   The _for calls return false or nothing when `timeout` has passed. The others wait without limit.
//   Cancel    A waiting fiber that is cancelled throws Cancelled and has taken nothing.
//   Threads   Every call may be made from any fiber, worker or thread.
//   Lifetime  An object must outlive its waiters. A waiter may destroy it as soon as its wait has returned, even if the
//             set() or release() that woke it is still running.
//
// Layer: sync (docs/layers.txt).  Source: Python's threading and queue, gevent.event, gevent.queue.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "loquat/detail/gate.h"
#include "loquat/detail/wait.h"
#include "loquat/time.h"

namespace loquat {

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
  bool wait_until(TimePoint deadline);

  mutable sched::SpinLock lock_;
  sched::WaitList waiters_;
  bool set_ = false;
};

// A lock that a fiber may hold while it waits for something else, which a std::mutex must not be used for. Works with
// std::lock_guard and std::unique_lock. Not recursive: a second lock() by the owner waits for ever. Only the fiber or
// thread that locked it may unlock it. unlock() hands it to the waiter that has waited longest. Source: Python
// threading.Lock.
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

// A counter. acquire() decrements it, waiting while it is 0; release() increments it by `n`. Any caller may release,
// whether or not it has acquired. Source: Python threading.Semaphore.
class Semaphore {
 public:
  explicit Semaphore(std::size_t count) : count_(count) {}
  void acquire();
  // These return whether the counter was decremented.
  bool acquire_for(AnyDuration timeout);
  bool try_acquire() noexcept;
  // Never waits. The counter may exceed its initial value; it stops at SIZE_MAX.
  void release(std::size_t n = 1) noexcept;

 private:
  bool acquire_until(TimePoint deadline);

  sched::SpinLock lock_;
  sched::WaitList waiters_;
  std::size_t count_;
};

// A first-in-first-out queue of at most `maxsize` items; 0 means no limit. Items are moved or copied in and moved out;
// T may be move-only.
//
// get() sometimes lets other fibers run although it need not wait, so that a busy queue starves no other fiber; put()
// does so if there is a limit.
// Source: Python queue.Queue, whose shutdown() is close() here.
template <class T>
class Queue {
 public:
  explicit Queue(std::size_t maxsize = 0) : gate_(maxsize == 0 ? sched::Gate::unbounded : maxsize) {}

  // Appends `item`, waiting while the queue is full. Returns false if the queue is closed. An `item` that was not
  // appended is left unchanged, even if Cancelled is thrown.
  bool put(T&& item) { return gate_.enter_put(never) && push(std::move(item)); }
  bool put(const T& item) { return gate_.enter_put(never) && push(item); }
  // Appends `item` if there is room now. Otherwise, and after close(), returns false and leaves `item` unchanged.
  bool try_put(T&& item) { return gate_.try_enter_put() && push(std::move(item)); }
  bool try_put(const T& item) { return gate_.try_enter_put() && push(item); }

  // Takes the oldest item, waiting until there is one. Returns nothing once the queue is closed and empty.
  std::optional<T> get() { return gate_.enter_get(never) ? pop() : std::nullopt; }
  // As get(), but waits for at most `timeout`; then it returns nothing too.
  std::optional<T> get_for(AnyDuration timeout) {
    return gate_.enter_get(sched::deadline_from_now(timeout)) ? pop() : std::nullopt;
  }
  // Takes the oldest item if there is one now; otherwise returns nothing.
  std::optional<T> try_get() { return gate_.try_enter_get() ? pop() : std::nullopt; }

  // Ends the queue: put() returns false from now on, also for callers that wait in it. get() still returns the items
  // that are there, then nothing. A second close() does nothing.
  void close() noexcept { gate_.close(); }

  // The number of items. It may have changed by the time the caller looks.
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
