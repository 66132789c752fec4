#include "loquat/sync.h"

#include <utility>

namespace loquat {

using sched::SpinGuard;

void Event::set() noexcept {
  SpinGuard guard(lock_);
  set_ = true;
  while (sched::Waiter* waiter = pop(waiters_)) wake(waiter);
}

void Event::clear() noexcept {
  SpinGuard guard(lock_);
  set_ = false;
}

bool Event::is_set() const noexcept {
  SpinGuard guard(lock_);
  return set_;
}

bool Event::wait_until(TimePoint deadline) {
  lock_.lock();
  if (set_) {
    lock_.unlock();
    return true;
  }
  return sched::wait(lock_, waiters_, deadline);
}

void Event::wait() { (void)wait_until(never); }
bool Event::wait_for(AnyDuration timeout) { return wait_until(sched::deadline_from_now(timeout)); }

// unlock() hands the mutex to the first waiter, so nobody overtakes it.
void Mutex::lock() {
  lock_.lock();
  if (!std::exchange(held_, true)) return lock_.unlock();
  (void)sched::wait(lock_, waiters_, never);
}

bool Mutex::try_lock() noexcept {
  SpinGuard guard(lock_);
  return !std::exchange(held_, true);
}

void Mutex::unlock() noexcept {
  SpinGuard guard(lock_);
  if (sched::Waiter* waiter = pop(waiters_)) {
    wake(waiter);
  } else {
    held_ = false;
  }
}

bool Semaphore::acquire_until(TimePoint deadline) {
  lock_.lock();
  if (count_ != 0) {
    --count_;
    lock_.unlock();
    return true;
  }
  return sched::wait(lock_, waiters_, deadline);
}

void Semaphore::acquire() { (void)acquire_until(never); }
bool Semaphore::acquire_for(AnyDuration timeout) { return acquire_until(sched::deadline_from_now(timeout)); }

bool Semaphore::try_acquire() noexcept {
  SpinGuard guard(lock_);
  if (count_ == 0) return false;
  --count_;
  return true;
}

void Semaphore::release(std::size_t n) noexcept {
  SpinGuard guard(lock_);
  for (; n > 0; --n) {
    sched::Waiter* waiter = pop(waiters_);
    if (waiter == nullptr) break;
    wake(waiter);
  }
  if (__builtin_add_overflow(count_, n, &count_)) count_ = static_cast<std::size_t>(-1);
}

}  // namespace loquat
