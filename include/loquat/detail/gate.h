// gate.h - who may put into a bounded queue and who may take from it. Inside sync.h; not for use by itself.
//
//   1. One lock guards the queue, both sides' waiters and what is promised to those who were woken.
//   2. Who is woken has a promise of one item, or of room for one, which nobody who comes later can take. So waiters
//      are served in order, and one whom a wake has reached is served even if he is cancelled at that moment.
//   3. While the lock is free, nobody waits for what is there and not promised.
//
// Layer: sched (docs/layers.txt).
#pragma once

#include <cstddef>

#include "loquat/detail/wait.h"
#include "loquat/time.h"

namespace loquat::sched {

class Gate {
 public:
  static constexpr std::size_t unbounded = static_cast<std::size_t>(-1);

  // `limit` items at most.
  explicit Gate(std::size_t limit) noexcept : limit_(limit) {}

  // Each returns true with the lock held: the caller puts or takes one item, then leaves. Else it returns false without
  // the lock: time is over, there is nothing now, or the queue is closed (and drained, for those who get).
  bool enter_put(TimePoint deadline);
  bool enter_get(TimePoint deadline);
  bool try_enter_put() noexcept;
  bool try_enter_get() noexcept;
  // `size` is the number of items now, which is the old one if putting or taking threw.
  void leave(std::size_t size) noexcept;

  void close() noexcept;
  std::size_t size() const noexcept;

 private:
  struct Side {
    WaitList waiters;
    std::size_t promised = 0;
  };
  bool may_put() const noexcept { return !closed_ && limit_ - size_ > putters_.promised; }
  bool may_get() const noexcept { return size_ > getters_.promised; }
  bool refuse() noexcept;
  static void promise(Side& side, Waiter* waiter) noexcept;

  mutable SpinLock lock_;
  bool closed_ = false;
  std::size_t limit_;
  std::size_t size_ = 0;
  Side putters_;
  Side getters_;
};

}  // namespace loquat::sched
