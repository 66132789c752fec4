// sync.cc - Event and the semaphores.
#include "loquat/sync.h"

#include <stdexcept>

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
  return sched::wait(lock_, waiters_, deadline, nullptr, "Event::wait");
}

void Event::wait() { (void)wait_until(never); }
bool Event::wait_for(AnyDuration timeout) { return wait_until(sched::deadline_from_now(timeout)); }

inline bool Semaphore::acquire_until(TimePoint deadline) {
  lock_.lock();
  if (count_ == 0) return wait(deadline);
  --count_;
  lock_.unlock();
  return true;
}

bool Semaphore::wait(TimePoint deadline) {
  if (closed_) {
    lock_.unlock();
    return false;
  }
  sched::Waiter waiter;
  waiter.item = this;  // release() takes it out
  return sched::wait(lock_, waiters_, deadline, waiter, "Semaphore::acquire") && waiter.item == nullptr;
}

bool Semaphore::acquire() { return acquire_until(never); }
bool Semaphore::acquire_for(AnyDuration timeout) { return acquire_until(sched::deadline_from_now(timeout)); }

bool Semaphore::try_acquire() noexcept {
  SpinGuard guard(lock_);
  if (count_ == 0) return false;
  --count_;
  return true;
}

inline void Semaphore::give(std::size_t n) noexcept {
  if (closed_) return;
  for (; n > 0 && !waiters_.empty(); --n) {
    sched::Waiter* waiter = pop(waiters_);
    waiter->item = nullptr;
    wake(waiter);
  }
  if (__builtin_add_overflow(count_, n, &count_)) count_ = static_cast<std::size_t>(-1);
}

void Semaphore::release(std::size_t n) noexcept {
  SpinGuard guard(lock_);
  give(n);
}

void Semaphore::close() noexcept {
  SpinGuard guard(lock_);
  closed_ = true;
  count_ = 0;
  while (sched::Waiter* waiter = pop(waiters_)) wake(waiter);
}

void BoundedSemaphore::release(std::size_t n) {
  SpinGuard guard(semaphore_.lock_);
  if (!semaphore_.closed_ && n > bound_ - semaphore_.count_) {
    throw std::logic_error("BoundedSemaphore::release() more often than acquire()");
  }
  semaphore_.give(n);
}

}  // namespace loquat
