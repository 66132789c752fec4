// wait.cc - the wait of a fiber or a thread in a list (detail/wait.h).
#include "loquat/detail/wait.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "base/cpu_relax.h"
#include "sched/interruptible_wait.h"
#include "sched/worker.h"

namespace loquat::sched {

// Lies on the stack of the waiter until it was woken or has unlinked itself.
struct Waiter : Message {  // which carries the wake to another worker
  Worker* worker = nullptr;
  Task* task = nullptr;  // nullptr: a plain thread, which waits in `word`
  Waiter* previous = nullptr;
  Waiter* next_waiter = nullptr;
  bool linked = false;
  bool woken = false;
  std::atomic<std::uint32_t> word{0};

  void wake_fiber() noexcept {
    woken = true;
    worker->make_ready(task);
  }
};

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

// The waker held the lock. Once the lock is free, the waker no longer uses the object, and the waiter may destroy it.
void wait_for_waker(SpinLock& lock) noexcept { const SpinGuard guard(lock); }

}  // namespace

void SpinLock::contended() noexcept {
  for (int i = 0; i < 100; ++i) {
    if (!flag_.load(std::memory_order_relaxed)) return;
    cpu_relax();
  }
  ::sched_yield();
}

void WaitList::push(Waiter* waiter) noexcept {
  waiter->previous = tail_;
  (tail_ == nullptr ? head_ : tail_->next_waiter) = waiter;
  tail_ = waiter;
  waiter->linked = true;
}

void WaitList::remove(Waiter* waiter) noexcept {
  (waiter->previous == nullptr ? head_ : waiter->previous->next_waiter) = waiter->next_waiter;
  (waiter->next_waiter == nullptr ? tail_ : waiter->next_waiter->previous) = waiter->previous;
  waiter->linked = false;
}

Waiter* pop(WaitList& list) noexcept {
  Waiter* first = list.head_;
  if (first != nullptr) list.remove(first);
  return first;
}

void wake(Waiter* waiter) noexcept {
  if (waiter->task == nullptr) {
    futex_wake(waiter->word);
  } else if (Worker::current() == waiter->worker) {
    waiter->wake_fiber();
  } else {
    waiter->run = [](Message* message) noexcept { static_cast<Waiter*>(message)->wake_fiber(); };
    waiter->worker->post(waiter);
  }
}

// The deadline or a cancel came before a wake. The waiter leaves its list at once, so that a later wake goes to the
// next waiter even before this fiber runs. If it is not linked, a wake is under way, and wins.
struct WaitList::Leave {
  SpinLock& lock;
  WaitList& list;
  Waiter& waiter;
  bool left = false;

  bool now() noexcept {
    const SpinGuard guard(lock);
    if (!waiter.linked) return false;
    list.remove(&waiter);
    return left = true;
  }
  static void interrupted(void* data) noexcept {
    auto& self = *static_cast<Leave*>(data);
    if (self.now()) self.waiter.worker->make_ready(self.waiter.task);
  }
};

bool WaitList::wait(SpinLock& lock, TimePoint deadline, bool cancellable, bool* signalled, const char* call) {
  Waiter waiter;
  Leave leave{lock, *this, waiter};
  Worker* worker = Worker::of_fiber();
  if (worker == nullptr) {
    push(&waiter);
    lock.unlock();
    const bool woken = futex_wait(waiter.word, deadline, signalled) || (!leave.now() && futex_wait(waiter.word, never));
    if (woken) wait_for_waker(lock);
    return woken;
  }
  if (cancellable && worker->cancel_pending()) {
    lock.unlock();
    worker->throw_if_cancelled();
  }
  waiter.worker = worker;
  waiter.task = worker->task();
  push(&waiter);
  lock.unlock();
  const InterruptibleWait interruptible(*worker, deadline, cancellable, &Leave::interrupted, &leave, call);
  while (!waiter.woken && !leave.left) worker->park();
  if (leave.left) {
    if (cancellable) worker->throw_if_cancelled();
    return false;
  }
  wait_for_waker(lock);
  return true;
}

bool wait(SpinLock& lock, WaitList& list, TimePoint deadline, bool* signalled, const char* call) {
  return list.wait(lock, deadline, true, signalled, call);
}
bool wait_shielded(SpinLock& lock, WaitList& list, TimePoint deadline, const char* call) {
  return list.wait(lock, deadline, false, nullptr, call);
}

}  // namespace loquat::sched
