#include "net/fd_mutex.h"

namespace loquat::net {

FdMutex::Entry FdMutex::wait_for_turn(Direction direction, TimePoint deadline, bool ends_on_signals) {
  bool mine = false;
  bool signalled = false;
  lock_.lock();
  if (closing_ || !std::exchange(side(direction).busy, true)) {
    const bool closing = closing_;
    lock_.unlock();
    return closing ? Entry::closed : Entry::entered;
  }
  try {
    mine = wait(lock_, side(direction).queue, deadline, ends_on_signals ? &signalled : nullptr, "its turn at a socket");
  } catch (...) {
    leave(Direction::none);
    throw;
  }
  if (closing()) return Entry::closed;
  if (mine) return Entry::entered;
  return signalled ? Entry::signalled : Entry::timed_out;
}

// With the lock held; without it if it returns false.
bool FdMutex::begin_closing() noexcept {
  if (std::exchange(closing_, true)) {
    lock_.unlock();
    return false;
  }
  for (Side& side : sides_) {
    while (wake_first(side.queue)) continue;
  }
  return true;
}

// With the lock held; returns without it.
void FdMutex::wait_for_users() noexcept {
  while (users_ != 0) {
    wait_shielded(lock_, closer_, never, "close");
    lock_.lock();
  }
  lock_.unlock();
}

bool FdMutex::hold() noexcept {
  const sched::SpinGuard guard(lock_);
  if (!closing_) ++holds_;
  return !closing_;
}

bool FdMutex::drop() noexcept {
  const sched::SpinGuard guard(lock_);
  return --holds_ == 0 && close_put_off_;
}

bool FdMutex::put_off_close() noexcept {
  const sched::SpinGuard guard(lock_);
  close_put_off_ = true;
  return holds_ != 0 && !closing_;
}

void FdMutex::reset_after_fork() noexcept {
  users_ = 0;
  for (Side& side : sides_) side = {};
  closer_ = {};
  lock_.unlock();
}

}  // namespace loquat::net
