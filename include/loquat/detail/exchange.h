// exchange.h - where a sender and a receiver meet and one item passes from the one to the other. Internal to channel.h.
//
//   1. One lock guards the waiters of both sides; of an open exchange only one side waits. (A select may wait on both.)
//   2. Whoever comes second moves the item under the lock, from the sender's place straight to the receiver's, and sets
//      the waiter's `item` to nullptr. A waiter that is woken with its `item` unchanged has met the end.
//
// Layer: sync (docs/layers.txt).
#pragma once

#include "loquat/detail/wait.h"
#include "loquat/time.h"

namespace loquat::sched {

class Exchange {
 public:
  using Move = void (*)(void* from, void* to) noexcept;
  explicit Exchange(Move move) noexcept : move_(move) {}

  // Return whether the item has passed. Otherwise the deadline has passed, nobody waits now, or close() was called.
  bool send(void* from, TimePoint deadline);
  bool receive(void* to, TimePoint deadline);
  bool try_send(void* from) noexcept;
  bool try_receive(void* to) noexcept;

  void close() noexcept;
  bool closed() const noexcept;

  // --- for a select, which holds the lock() --------------------------------------------------------------------------
  SpinLock& lock() const noexcept { return lock_; }
  WaitList& senders() noexcept { return senders_; }
  WaitList& receivers() noexcept { return receivers_; }
  bool closed_now() const noexcept { return closed_; }
  // Meet the first that waits on the other side and return it, nullptr if there is none. Then release_and_wake() it.
  Waiter* send_now(void* from) noexcept;
  Waiter* receive_now(void* to) noexcept;
  // Returns whether there is one to wake.
  bool release_and_wake(Waiter* waiter) noexcept;

 private:
  mutable SpinLock lock_;
  WaitList senders_;
  WaitList receivers_;
  const Move move_;
  bool closed_ = false;
};

}  // namespace loquat::sched
