// mutex.cc - Mutex, RLock and Condition.
#include <stdexcept>
#include <utility>

#include "loquat/fiber.h"
#include "loquat/sync.h"

namespace loquat {

// unlock() hands the mutex to the first waiter, so nobody overtakes it.
inline bool Mutex::lock_until(TimePoint deadline) {
  void* const me = sched::self();
  lock_.lock();
  if (owner_ != nullptr) return wait(me, deadline);
  owner_ = me;
  lock_.unlock();
  return true;
}

bool Mutex::wait(void* me, TimePoint deadline) {
  if (owner_ == me) {
    lock_.unlock();
    throw std::logic_error("lock() of a Mutex that the caller has locked already: it would wait for itself");
  }
  sched::Waiter waiter;
  waiter.item = me;
  return sched::wait(lock_, waiters_, deadline, waiter, "Mutex::lock");
}

void Mutex::lock() { (void)lock_until(never); }
bool Mutex::try_lock_for(AnyDuration timeout) { return lock_until(sched::deadline_from_now(timeout)); }

bool Mutex::try_lock() noexcept {
  void* const me = sched::self();
  const sched::SpinGuard guard(lock_);
  if (owner_ != nullptr) return false;
  owner_ = me;
  return true;
}

void Mutex::unlock() {
  void* const me = sched::self();
  lock_.lock();
  if (owner_ != me) refuse_unlock();
  if (waiters_.empty()) {
    owner_ = nullptr;
  } else {
    sched::Waiter* const next = pop(waiters_);
    owner_ = next->item;
    wake(next);
  }
  lock_.unlock();
}

void Mutex::refuse_unlock() {
  const bool locked = owner_ != nullptr;
  lock_.unlock();
  throw std::logic_error(locked ? "unlock() of a lock that another fiber or thread has locked"
                                : "unlock() of a lock that nobody has locked");
}

bool Mutex::owned() const noexcept {
  void* const me = sched::self();
  const sched::SpinGuard guard(lock_);
  return owner_ == me;
}

void RLock::lock() {
  if (!mutex_.owned()) mutex_.lock();
  ++depth_;
}

bool RLock::try_lock() noexcept {
  if (!mutex_.owned() && !mutex_.try_lock()) return false;
  ++depth_;
  return true;
}

bool RLock::try_lock_for(AnyDuration timeout) {
  if (!mutex_.owned() && !mutex_.try_lock_for(timeout)) return false;
  ++depth_;
  return true;
}

// mutex_.unlock() refuses a caller that is not the owner.
void RLock::unlock() {
  if (mutex_.owned() && --depth_ > 0) return;
  mutex_.unlock();
}

// Locks again whatever ends the wait.
struct Condition::Relock {
  Condition& condition;
  std::size_t depth;
  ~Relock() {
    const CancelShield shield;
    condition.mutex_->lock();
    if (condition.depth_ != nullptr) *condition.depth_ = depth;
  }
};

// The waiter is in the list before any caller of notify_one() can have lock_.
bool Condition::wait_until(TimePoint deadline) {
  if (!mutex_->owned()) throw std::logic_error("Condition::wait() by a caller that has not locked the lock");
  const Relock relock{*this, depth_ == nullptr ? 0 : std::exchange(*depth_, 0)};
  lock_.lock();
  mutex_->unlock();
  return sched::wait(lock_, waiters_, deadline, nullptr, "Condition::wait");
}

void Condition::notify_one() noexcept {
  const sched::SpinGuard guard(lock_);
  if (sched::Waiter* const waiter = pop(waiters_)) wake(waiter);
}

void Condition::notify_all() noexcept {
  const sched::SpinGuard guard(lock_);
  while (sched::Waiter* const waiter = pop(waiters_)) wake(waiter);
}

}  // namespace loquat
