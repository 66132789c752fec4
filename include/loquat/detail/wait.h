// wait.h - how a fiber or a thread waits in a list and is woken. Internal to sync.h and fiber.h.
//
//   1. One SpinLock guards a list and the state that its waiters wait for. No caller waits while it holds the lock.
//   2. The waker unlinks the waiter first. A waiter that gives up (timeout, cancel) unlinks itself. If it finds itself
//      already unlinked, it has been woken: the wake wins, and the waiter waits for it to arrive, so that no waker
//      touches a Waiter that is gone.
//   3. A caller that waits in several lists belongs to the first waker that takes it, or to nobody once it gives up.
//      pop() decides that, so that other wakers go on to the next waiter of their list.
//   4. The state of a fiber changes on its own worker only. A wake from another thread travels there as a message.
//
// Layer: sched (docs/layers.txt).
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

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

struct Case;
struct Sleeper;

// A place in a WaitList. A fiber or thread that waits in several lists at once has one in each; all share its Sleeper.
struct Waiter {
  void* item = nullptr;  // what the waiter and its waker tell each other, under the lock
  Sleeper* sleeper = nullptr;
  Waiter* previous = nullptr;
  Waiter* next = nullptr;
  bool linked = false;
  bool one_of_several = false;
};

// Waiters in order of arrival.
class WaitList {
 public:
  bool empty() const noexcept { return head_ == nullptr; }

 private:
  friend bool wait(SpinLock&, WaitList&, TimePoint, bool*, const char*);
  friend bool wait(SpinLock&, WaitList&, TimePoint, Waiter&, const char*);
  friend bool wait_shielded(SpinLock&, WaitList&, TimePoint, const char*);
  friend Waiter* pop(WaitList&) noexcept;
  friend struct OneList;
  friend struct SeveralLists;
  bool wait(SpinLock& lock, TimePoint deadline, Waiter& waiter, bool cancellable, bool* signalled, const char* call);
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
// The same for a caller that sets waiter.item first and reads it afterwards.
bool wait(SpinLock& lock, WaitList& list, TimePoint deadline, Waiter& waiter, const char* call = __builtin_FUNCTION());

// Takes the first waiter off the list; nullptr if there is none. Call it with the lock held, then wake() the waiter,
// with or without the lock. It skips a waiter that another list's pop() has taken already.
Waiter* pop(WaitList& list) noexcept;
void wake(Waiter* waiter) noexcept;

// One of the lists that a select waits in. Several may share a lock, and a list.
struct Case {
  SpinLock* lock;
  WaitList* list;
  Waiter waiter;
};

// Locks and unlocks the locks of all `cases`, each once, but not `kept`. lock_all() sorts `cases` by their locks, so
// that two callers never wait for each other.
void lock_all(std::span<Case*> cases) noexcept;
void unlock_all(std::span<Case* const> cases, const SpinLock* kept = nullptr) noexcept;
// As wait(), in the lists of all `cases` at once: the first pop() that meets the caller takes it out of all of them.
// Call after lock_all(); returns with all released. Returns the case whose list it was taken from, nullptr at the
// deadline.
Case* wait_any(std::span<Case* const> cases, TimePoint deadline, const char* call = "select");

// Identifies the calling fiber, or the calling plain thread, while it lives.
void* self() noexcept;

// now() + timeout.
TimePoint deadline_from_now(Duration timeout) noexcept;

}  // namespace loquat::sched
