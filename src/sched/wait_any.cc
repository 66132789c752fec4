// wait_any.cc - the wait of a fiber or a thread in several lists at once (detail/wait.h).
#include <algorithm>
#include <functional>

#include "loquat/detail/wait.h"
#include "sched/sleeper.h"

namespace loquat::sched {

struct SeveralLists final : Sleeper {
  explicit SeveralLists(std::span<Case* const> all) noexcept : cases(all) {}
  std::span<Case* const> cases;
  Waiter nobody;

  void enter() noexcept {
    for (Case* each : cases) {
      each->waiter.sleeper = this;
      each->waiter.one_of_several = true;
      each->list->push(&each->waiter);
    }
  }
  bool leave() noexcept override { return left = take(&nobody); }
  // A waker that has skipped this sleeper is done with it when its lock is free.
  void unlink() noexcept {
    for (Case* each : cases) {
      const SpinGuard guard(*each->lock);
      if (each->waiter.linked) each->list->remove(&each->waiter);
    }
  }
};

void lock_all(std::span<Case*> cases) noexcept {
  std::sort(cases.begin(), cases.end(), [](Case* a, Case* b) { return std::less<>()(a->lock, b->lock); });
  const SpinLock* last = nullptr;
  for (Case* each : cases) {
    if (each->lock != last) each->lock->lock();
    last = each->lock;
  }
}

void unlock_all(std::span<Case* const> cases, const SpinLock* kept) noexcept {
  const SpinLock* last = nullptr;
  for (Case* each : cases) {
    SpinLock* const lock = each->lock;
    if (lock != last && lock != kept) lock->unlock();
    last = lock;
  }
}

Case* wait_any(std::span<Case* const> cases, TimePoint deadline, const char* call) {
  SeveralLists sleeper(cases);
  if (sleeper.cancel_pending()) {
    unlock_all(cases);
    sleeper.throw_if_cancelled();
  }
  sleeper.enter();
  unlock_all(cases);
  const bool woken = sleeper.sleep(deadline, true, nullptr, call);
  sleeper.unlink();
  if (!woken) sleeper.throw_if_cancelled();
  const Waiter* const taken = sleeper.taken.load(std::memory_order_relaxed);
  const auto by = std::find_if(cases.begin(), cases.end(), [&](Case* each) { return &each->waiter == taken; });
  return woken ? *by : nullptr;
}

}  // namespace loquat::sched
