// gate.cc - who may put into a queue and who may take (detail/gate.h).
#include "loquat/detail/gate.h"

#include "sched/worker.h"

namespace loquat::sched {

bool Gate::refuse() noexcept {
  lock_.unlock();
  return false;
}

inline bool Gate::put_promised() noexcept {
  lock_.lock();
  if (closed_) return refuse();
  --putters_.promised;
  return true;
}

// close() wakes getters without a promise. Such a getter may use up another's promise; that one then takes any item
// that is left, so every item is taken.
inline bool Gate::get_promised() noexcept {
  lock_.lock();
  if (getters_.promised > 0) {
    --getters_.promised;
    return true;
  }
  return may_get() || refuse();
}

bool Gate::enter_put(TimePoint deadline) {
  if (limit_ != unbounded) spend_slice();  // an unbounded put() never waits, so it does not switch either
  lock_.lock();
  if (may_put()) return true;
  if (closed_) return refuse();
  return wait(lock_, putters_.waiters, deadline, nullptr, "Queue::put") && put_promised();
}

bool Gate::enter_get(TimePoint deadline) {
  spend_slice();
  lock_.lock();
  if (may_get()) return true;
  if (closed_) return refuse();
  return wait(lock_, getters_.waiters, deadline, nullptr, "Queue::get") && get_promised();
}

bool Gate::put_woken() noexcept { return put_promised(); }
bool Gate::get_woken() noexcept { return get_promised(); }

bool Gate::try_enter_put() noexcept {
  lock_.lock();
  return put_now();
}

bool Gate::try_enter_get() noexcept {
  lock_.lock();
  return get_now();
}

// The list may be empty without its select callers that others have taken.
Waiter* Gate::promise_next(Side& side) noexcept {
  Waiter* const waiter = pop(side.waiters);
  if (waiter != nullptr) ++side.promised;
  return waiter;
}

// Mostly one waiter is to be woken: after the lock is free, since waking a fiber of another worker may take a system
// call.
void Gate::leave(std::size_t size) noexcept {
  size_ = size;
  Waiter* woken = nullptr;
  const auto promise_all = [&woken](bool may, Side& side) {
    if (!may || side.waiters.empty()) return false;
    if (woken != nullptr) wake(woken);
    woken = promise_next(side);
    return true;
  };
  while (promise_all(may_get(), getters_)) continue;
  while (promise_all(may_put(), putters_)) continue;
  lock_.unlock();
  if (woken != nullptr) wake(woken);
}

void Gate::end() noexcept {
  closed_ = true;
  while (Waiter* waiter = pop(getters_.waiters)) wake(waiter);
  while (Waiter* waiter = pop(putters_.waiters)) wake(waiter);
}

void Gate::close() noexcept {
  const SpinGuard guard(lock_);
  end();
}

void Gate::clear_and_close() noexcept {
  size_ = getters_.promised = 0;
  end();
  lock_.unlock();
}

bool Gate::closed() const noexcept {
  const SpinGuard guard(lock_);
  return closed_;
}

std::size_t Gate::size() const noexcept {
  const SpinGuard guard(lock_);
  return size_;
}

}  // namespace loquat::sched
