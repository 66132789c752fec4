// fd_mutex.h - who may use a descriptor: callers in one direction take turns, and close() waits for the last user.
//
//   1. A caller of enter() is a user until leave(). Users in one direction have their turns one after the other, in
//      order of arrival; users in no direction run beside them.
//   2. close() refuses new users, wakes those who wait for their turn, and returns when the last user has left. So no
//      user ever meets a descriptor number that is used again.
//   3. A turn that is handed over while close() runs is nobody's: the user learns that it is closed.
//
// Layer: net.  Source: Go's fdMutex (internal/poll/fd_mutex.go).
#pragma once

#include <utility>

#include "loquat/detail/wait.h"

namespace loquat::net {

enum class Direction { in, out, none };

class FdMutex {
 public:
  enum class Entry : unsigned char {
    entered,
    refused,  // close() has begun: the caller is no user
    // The caller is a user without a turn: it waits for its turn, or leaves in no direction.
    busy,
    closed,
    timed_out,
    signalled,
  };

  // Never waits: entered, refused or busy.
  Entry enter(Direction direction) noexcept {
    const sched::SpinGuard guard(lock_);
    if (closing_) return Entry::refused;
    ++users_;
    if (direction == Direction::none || !std::exchange(side(direction).busy, true)) return Entry::entered;
    return Entry::busy;
  }
  // After busy: waits until `deadline`. With `ends_on_signals`, a signal handler that runs in a plain thread meanwhile
  // ends that, too. Throws Cancelled, and the caller is no user any more.
  Entry wait_for_turn(Direction direction, TimePoint deadline, bool ends_on_signals);
  // Makes the caller a user in no direction even while close() runs. False: the number may be closed already.
  bool enter_to_look() noexcept {
    const sched::SpinGuard guard(lock_);
    const bool open = !closing_ || users_ != 0;
    if (open) ++users_;
    return open;
  }
  void leave(Direction direction) noexcept {
    const sched::SpinGuard guard(lock_);
    if (direction != Direction::none) pass_turn(side(direction));
    if (--users_ == 0 && closing_) wake_first(closer_);
  }

  // close() has begun.
  bool closing() const noexcept {
    const sched::SpinGuard guard(lock_);
    return closing_;
  }
  // Refuses new users, calls end_operations() and waits for the last user. False, and does nothing: it was called
  // before. Threads: any.
  template <class F>
  bool close(F end_operations) noexcept {
    lock_.lock();
    if (!begin_closing()) return false;
    end_operations();
    wait_for_users();
    return true;
  }
  // Calls body(closing()), either wholly before or wholly after close() calls end_operations().
  template <class F>
  auto locked(F body) noexcept {
    const sched::SpinGuard guard(lock_);
    return body(closing_);
  }

  // A stream (stream.h) holds the descriptor open: put_off_close() returns true, and once that was asked for, the last
  // drop() returns true to say that it is time to close. hold() returns false if close() has begun.
  bool hold() noexcept;
  bool drop() noexcept;
  bool put_off_close() noexcept;

  // In the child of a fork(2): no user of the parent is here, and one may have had the lock.
  void reset_after_fork() noexcept;

 private:
  struct Side {
    bool busy = false;
    sched::WaitList queue;
  };
  Side& side(Direction direction) noexcept { return sides_[direction == Direction::in ? 0 : 1]; }
  static bool wake_first(sched::WaitList& list) noexcept {
    sched::Waiter* const first = pop(list);
    if (first != nullptr) wake(first);
    return first != nullptr;
  }
  static void pass_turn(Side& side) noexcept {
    if (!wake_first(side.queue)) side.busy = false;
  }
  bool begin_closing() noexcept;
  void wait_for_users() noexcept;

  mutable sched::SpinLock lock_;  // of all below
  bool closing_ = false;
  bool close_put_off_ = false;
  unsigned users_ = 0;
  unsigned holds_ = 0;
  Side sides_[2];
  sched::WaitList closer_;  // that waits for the last user
};

}  // namespace loquat::net
