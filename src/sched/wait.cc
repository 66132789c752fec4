// wait.cc - the wait of a fiber or a thread in a list (detail/wait.h).
#include "loquat/detail/wait.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "base/cpu_relax.h"
#include "sched/sleeper.h"
#include "sched/worker.h"

namespace loquat::sched {

namespace {

timespec to_timespec(TimePoint when) {
  auto since = std::max(when, TimePoint()).time_since_epoch();  // futex(2) refuses negative times
  auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
  return {static_cast<time_t>(seconds.count()), static_cast<long>((since - seconds).count())};
}

// Waits until the word is 1 (true), or until the deadline has passed or a signal was handled (false). The kernel
// reports a signal whose handler has SA_RESTART only if there is a time limit, so an endless one is passed as well.
bool futex_wait(std::atomic<std::uint32_t>& word, TimePoint deadline, bool* signalled = nullptr) {
  timespec until = to_timespec(deadline);
  const bool endless = deadline == never && signalled == nullptr;
  while (word.load(std::memory_order_acquire) == 0) {
    long result = ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, endless ? nullptr : &until,
                            nullptr, FUTEX_BITSET_MATCH_ANY);
    if (result == 0) continue;
    if (errno == ETIMEDOUT) return false;
    if (errno == EINTR && signalled != nullptr) return !(*signalled = true);
  }
  return true;
}

void futex_wake(std::atomic<std::uint32_t>& word) {
  word.store(1, std::memory_order_release);
  ::syscall(SYS_futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, nullptr, nullptr, 0);
}

// A waker of another thread may hold the lock while it wakes. Once the lock is free, it no longer uses the object, and
// the waiter may destroy it. (After its wake() no waker uses the Waiter.)
void wait_for_waker(SpinLock& lock) noexcept { const SpinGuard guard(lock); }

}  // namespace

// In the child of a fork(2) the calling fiber goes on as a plain thread. It keeps its identity.
static thread_local void* forked_fiber = nullptr;
[[maybe_unused]] static const int forks_are_told = ::pthread_atfork(
    [] {
      if (const Worker* worker = Worker::of_fiber()) forked_fiber = worker->task();
    },
    [] { forked_fiber = nullptr; }, nullptr);

void* self() noexcept {
  if (const Worker* worker = Worker::of_fiber()) return worker->task();
  return forked_fiber != nullptr ? forked_fiber : &forked_fiber;
}

void SpinLock::contended() noexcept {
  for (int i = 0; i < 100; ++i) {
    if (!flag_.load(std::memory_order_relaxed)) return;
    cpu_relax();
  }
  ::sched_yield();
}

void WaitList::push(Waiter* waiter) noexcept {
  waiter->previous = tail_;
  waiter->next = nullptr;
  (tail_ == nullptr ? head_ : tail_->next) = waiter;
  tail_ = waiter;
  waiter->linked = true;
}

void WaitList::remove(Waiter* waiter) noexcept {
  (waiter->previous == nullptr ? head_ : waiter->previous->next) = waiter->next;
  (waiter->next == nullptr ? tail_ : waiter->next->previous) = waiter->previous;
  waiter->linked = false;
}

// Whether this waker is the first.
bool Sleeper::take(const Waiter* by) noexcept {
  const Waiter* nobody = nullptr;
  return taken.compare_exchange_strong(nobody, by);
}

Waiter* pop(WaitList& list) noexcept {
  while (Waiter* first = list.head_) {
    list.remove(first);
    if (!first->one_of_several || first->sleeper->take(first)) return first;
  }
  return nullptr;
}

inline void Sleeper::wake() noexcept {
  if (task == nullptr) {
    futex_wake(word);
  } else if (Worker::current() == worker) {
    by_neighbour = true;
    wake_fiber();
  } else {
    run = [](Message* message) noexcept { static_cast<Sleeper*>(message)->wake_fiber(); };
    worker->post(this);
  }
}

void wake(Waiter* waiter) noexcept { waiter->sleeper->wake(); }

void Sleeper::interrupted(void* data) noexcept {
  auto& self = *static_cast<Sleeper*>(data);
  if (self.leave()) self.worker->make_ready(self.task);
}

bool Sleeper::block(TimePoint deadline, bool* signalled) {
  return futex_wait(word, deadline, signalled) || (!leave() && futex_wait(word, never));
}

struct OneList final : Sleeper {
  OneList(SpinLock& l, WaitList& in, Waiter& w) noexcept : lock(l), list(in), waiter(w) { waiter.sleeper = this; }
  SpinLock& lock;
  WaitList& list;
  Waiter& waiter;

  bool leave() noexcept override {
    const SpinGuard guard(lock);
    if (!waiter.linked) return false;
    list.remove(&waiter);
    return left = true;
  }
};

[[gnu::always_inline]] inline bool WaitList::wait(SpinLock& lock, TimePoint deadline, Waiter& waiter, bool cancellable,
                                                  bool* signalled, const char* call) {
  OneList sleeper(lock, *this, waiter);
  if (cancellable && sleeper.cancel_pending()) {
    lock.unlock();
    sleeper.throw_if_cancelled();
  }
  push(&waiter);
  lock.unlock();
  if (sleeper.sleep(deadline, cancellable, signalled, call)) {
    if (!sleeper.by_neighbour) wait_for_waker(lock);
    return true;
  }
  if (cancellable) sleeper.throw_if_cancelled();
  return false;
}

bool wait(SpinLock& lock, WaitList& list, TimePoint deadline, bool* signalled, const char* call) {
  Waiter waiter;
  return list.wait(lock, deadline, waiter, true, signalled, call);
}
bool wait(SpinLock& lock, WaitList& list, TimePoint deadline, Waiter& waiter, const char* call) {
  return list.wait(lock, deadline, waiter, true, nullptr, call);
}
bool wait_shielded(SpinLock& lock, WaitList& list, TimePoint deadline, const char* call) {
  Waiter waiter;
  return list.wait(lock, deadline, waiter, false, nullptr, call);
}

}  // namespace loquat::sched
