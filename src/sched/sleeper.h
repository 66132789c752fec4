// sleeper.h - a fiber or thread that waits in one list or in several (detail/wait.h).
//
// Layer: sched.
#pragma once

#include <atomic>
#include <cstdint>

#include "loquat/detail/wait.h"
#include "sched/interruptible_wait.h"
#include "sched/worker.h"

namespace loquat::sched {

// Lies on the stack of the waiter until it was woken or has left its lists.
struct Sleeper : Message {  // which carries the wake to another worker
  Worker* const worker = Worker::of_fiber();
  Task* const task = worker == nullptr ? nullptr : worker->task();  // nullptr: a plain thread, which waits in `word`
  bool woken = false;
  bool by_neighbour = false;  // woken by the same thread, whose waker has released the lock before this fiber goes on
  bool left = false;
  std::atomic<std::uint32_t> word{0};
  std::atomic<const Waiter*> taken{nullptr};  // by the waker that took it; only if it waits in several lists

  bool cancel_pending() const noexcept { return worker != nullptr && worker->cancel_pending(); }
  void throw_if_cancelled() {
    if (worker != nullptr) worker->throw_if_cancelled();
  }
  // Waits until woken (true), or until the deadline, a cancel or a signal came first (false).
  bool sleep(TimePoint deadline, bool cancellable, bool* signalled, const char* call) {
    if (task == nullptr) return block(deadline, signalled);
    const InterruptibleWait interruptible(*worker, deadline, cancellable, &Sleeper::interrupted, this, call);
    worker->waits_for_fibers(+1);
    while (!woken && !left) worker->park();
    worker->waits_for_fibers(-1);
    return woken;
  }
  void wake() noexcept;
  [[gnu::noinline]] bool take(const Waiter* by) noexcept;

 protected:
  Sleeper() = default;
  ~Sleeper() = default;
  // The deadline or a cancel came. Leaves the lists and returns true, unless a wake is under way, which then wins. The
  // waiter leaves at once, so that a later wake goes to the next waiter even before this fiber runs.
  virtual bool leave() noexcept = 0;

 private:
  bool block(TimePoint deadline, bool* signalled);
  void wake_fiber() noexcept {
    woken = true;
    worker->make_ready(task);
  }
  static void interrupted(void* data) noexcept;
};

}  // namespace loquat::sched
