// gate.h - admits callers that put into a bounded queue and callers that take from it. Internal to sync.h.
//
//   1. One lock guards the queue, the waiters of both sides, and the promises made to woken waiters.
//   2. A woken waiter has a promise of one item, or of room for one, which no later caller can take. So waiters are
//      served in order, and a woken waiter is served even if it is cancelled at that moment.
//   3. While the lock is free, no caller waits for an item or room that is there and not promised.
//
// Layer: sync (docs/layers.txt).
#pragma once

#include <cstddef>

#include "loquat/detail/wait.h"
#include "loquat/time.h"

namespace loquat::sched {

class Gate {
 public:
  static constexpr std::size_t unbounded = static_cast<std::size_t>(-1);

  // The queue holds at most `limit` items.
  explicit Gate(std::size_t limit) noexcept : limit_(limit) {}

  // True is returned with the lock held: the caller puts or takes one item, then calls leave(). False is returned
  // without the lock: the deadline has passed, there is nothing now, or the queue is closed (for getters: closed and
  // empty).
  bool enter_put(TimePoint deadline);
  bool enter_get(TimePoint deadline);
  bool try_enter_put() noexcept;
  bool try_enter_get() noexcept;
  // `size` is the present number of items, which is unchanged if putting or taking threw.
  void leave(std::size_t size) noexcept;

  void close() noexcept;
  // Closes a queue whose lock() is held and whose items are gone, and releases the lock.
  void clear_and_close() noexcept;
  bool closed() const noexcept;
  std::size_t size() const noexcept;

  // --- for a select: the parts of enter_put() and enter_get() --------------------------------------------------------
  SpinLock& lock() const noexcept { return lock_; }
  WaitList& putters() noexcept { return putters_.waiters; }
  WaitList& getters() noexcept { return getters_.waiters; }
  // With the lock held: whether the call need not wait; then what it returns.
  bool put_is_ready() const noexcept { return closed_ || may_put(); }
  bool get_is_ready() const noexcept { return closed_ || may_get(); }
  bool put_now() noexcept { return may_put() || refuse(); }
  bool get_now() noexcept { return may_get() || refuse(); }
  // After the wait in putters() or getters(): what the call returns.
  bool put_woken() noexcept;
  bool get_woken() noexcept;

 private:
  struct Side {
    WaitList waiters;
    std::size_t promised = 0;
  };
  bool may_put() const noexcept { return !closed_ && limit_ - size_ > putters_.promised; }
  bool may_get() const noexcept { return size_ > getters_.promised; }
  bool refuse() noexcept;
  bool put_promised() noexcept;
  bool get_promised() noexcept;
  void end() noexcept;
  [[gnu::noinline]] static Waiter* promise_next(Side& side) noexcept;

  mutable SpinLock lock_;
  bool closed_ = false;
  std::size_t limit_;
  std::size_t size_ = 0;
  Side putters_;
  Side getters_;
};

}  // namespace loquat::sched
