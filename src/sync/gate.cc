#include "loquat/detail/gate.h"

#include "sched/worker.h"

namespace loquat::sched {

bool Gate::refuse() noexcept {
  lock_.unlock();
  return false;
}

bool Gate::enter_put(TimePoint deadline) {
  if (limit_ != unbounded) spend_slice();  // an unbounded put() never waits, so it does not switch either
  lock_.lock();
  if (closed_) return refuse();
  if (may_put()) return true;
  if (!wait(lock_, putters_.waiters, deadline)) return false;
  lock_.lock();
  if (closed_) return refuse();
  --putters_.promised;
  return true;
}

// close() wakes getters without a promise. Such a getter may use up another's promise; that one then takes any item
// that is left, so every item is taken.
bool Gate::enter_get(TimePoint deadline) {
  spend_slice();
  lock_.lock();
  if (may_get()) return true;
  if (closed_) return refuse();
  if (!wait(lock_, getters_.waiters, deadline)) return false;
  lock_.lock();
  if (getters_.promised > 0) {
    --getters_.promised;
    return true;
  }
  return may_get() || refuse();
}

bool Gate::try_enter_put() noexcept {
  lock_.lock();
  return may_put() || refuse();
}

bool Gate::try_enter_get() noexcept {
  lock_.lock();
  return may_get() || refuse();
}

void Gate::promise(Side& side, Waiter* waiter) noexcept {
  ++side.promised;
  wake(waiter);
}

void Gate::leave(std::size_t size) noexcept {
  size_ = size;
  while (may_get() && !getters_.waiters.empty()) promise(getters_, pop(getters_.waiters));
  while (may_put() && !putters_.waiters.empty()) promise(putters_, pop(putters_.waiters));
  lock_.unlock();
}

void Gate::close() noexcept {
  const SpinGuard guard(lock_);
  closed_ = true;
  while (Waiter* waiter = pop(getters_.waiters)) wake(waiter);
  while (Waiter* waiter = pop(putters_.waiters)) wake(waiter);
}

std::size_t Gate::size() const noexcept {
  const SpinGuard guard(lock_);
  return size_;
}

}  // namespace loquat::sched
