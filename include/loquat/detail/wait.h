// wait.h - how a fiber or a thread waits in a list and is woken. Internal to sync.h and fiber.h.
//
//   1. One SpinLock guards a list and the state that its waiters wait for. No caller waits while it holds the lock.
//   2. The waker unlinks the waiter first. A waiter that gives up (timeout, cancel) unlinks itself. If it finds itself
//      already unlinked, it has been woken: the wake wins, and the waiter waits for it to arrive, so that no waker
//      touches a Waiter that is gone.
//   3. The state of a fiber changes on its own worker only. A wake from another thread travels there as a message.
//
// Layer: sched (docs/layers.txt).
#pragma once

#include <atomic>
#include <cstdint>

#include "loquat/time.h"

namespace loquat::sched {

class Task;
class Worker;

// Thrown at the next wait of a cancelled fiber (fiber.h).
struct Cancelled {};

class SpinLock {
 public:
  void lock() noexcept {
    while (flag_.exchange(true, std::memory_order_acquire)) contended();
  }
  void unlock() noexcept { flag_.store(false, std::memory_order_release); }

 private:
  void contended() noexcept;
  std::atomic<bool> flag_{false};
};

class SpinGuard {
 public:
  explicit SpinGuard(SpinLock& lock) noexcept : lock_(lock) { lock_.lock(); }
  ~SpinGuard() { lock_.unlock(); }
  SpinGuard(const SpinGuard&) = delete;
  SpinGuard& operator=(const SpinGuard&) = delete;

 private:
  SpinLock& lock_;
};

// A message to a worker, which runs it between two fibers. The sender owns the node until run() is called. The sender
// sets `run`, Worker::post() sets `next`.
struct Message {
  Message* next;
  void (*run)(Message*) noexcept;
};

struct Waiter;

// Waiters in order of arrival.
class WaitList {
 public:
  bool empty() const noexcept { return head_ == nullptr; }

 private:
  friend bool wait(SpinLock&, WaitList&, TimePoint, bool*, const char*);
  friend bool wait_shielded(SpinLock&, WaitList&, TimePoint, const char*);
  friend Waiter* pop(WaitList&) noexcept;
  struct Leave;
  bool wait(SpinLock& lock, TimePoint deadline, bool cancellable, bool* signalled, const char* call);
  void push(Waiter* waiter) noexcept;
  void remove(Waiter* waiter) noexcept;
  Waiter* head_ = nullptr;
  Waiter* tail_ = nullptr;
};

// Call with `lock` held; returns with it released. Waits until woken (true) or until `deadline` (false). Throws
// Cancelled if the fiber is cancelled and was not woken; wait_shielded() never does. With `signalled`, a signal handler
// that runs in a waiting plain thread also ends the wait: the result is false, and *signalled is true. `call` names the
// wait in lists of fibers; it must live as long.
bool wait(SpinLock& lock, WaitList& list, TimePoint deadline, bool* signalled = nullptr,
          const char* call = __builtin_FUNCTION());
bool wait_shielded(SpinLock& lock, WaitList& list, TimePoint deadline, const char* call = __builtin_FUNCTION());

// Takes the first waiter off the list; nullptr if there is none. Call it with the lock held, then wake() the waiter,
// with or without the lock.
Waiter* pop(WaitList& list) noexcept;
void wake(Waiter* waiter) noexcept;

// now() + timeout.
TimePoint deadline_from_now(Duration timeout) noexcept;

}  // namespace loquat::sched
