// fiber.h - spawn, join, cancel and sleep: threads that cost a function call and four kilobytes.
//
// A fiber runs ordinary code on a stack of its own. Where it would wait (a socket, a queue, sleep), its worker runs
// another one. Fibers of one worker never run at the same time and never move to another worker.
//
// True of every call in this file:
//   Where     spawn() works inside run() (run.h) only; elsewhere it throws std::logic_error. sleep(), now(), join() and
//             get() also work in a plain thread, which they block.
//   Threads   A handle may be used from any fiber, worker or thread.
//   Errors    What a fiber throws is kept and comes out of get(). If nobody holds its handle, it goes to the run's log.
//   Stack     64 KiB unless RunOptions says otherwise, touched as it is used. Large buffers belong on the heap.
//
// Layer: sched (docs/layers.txt).  Source: gevent's spawn, Greenlet.join, get, kill.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "loquat/detail/task.h"
#include "loquat/time.h"

namespace loquat {

// Thrown in a fiber that was cancelled, at its next wait, once. Not a std::exception, so that catch (std::exception&)
// around a request does not swallow it. Let it pass.
//
// It is kept back, for the next wait after that,
//   - while a CancelShield lives;
//   - while an exception unwinds the fiber, so a destructor that waits then is not interrupted. One that waits at other
//     times needs a CancelShield, since a destructor that throws ends the program;
//   - if it comes from the end of the run, while the fiber is in a handler of Cancelled.
// Requests that come before it is thrown are one; after that cancel() throws it again. The end of the fiber drops it.
using Cancelled = sched::Cancelled;

// A handle to a spawned fiber. Dropping it lets the fiber run on.
template <class T = void>
class Fiber {
 public:
  // No fiber: of such a handle only bool, assignment and destruction are allowed.
  Fiber() = default;

  // Waits until the fiber has ended, however it ended. Returns at once if it has. Not for the fiber itself: it would
  // wait for ever.
  void join() const { (void)task_->wait_done(never); }
  // The same for at most `timeout`. Returns whether the fiber has ended.
  bool join_for(AnyDuration timeout) const { return task_->wait_done(sched::deadline_from_now(timeout)); }

  // Waits for the end and returns the result, moved out: call it once. Rethrows what the fiber threw; of a cancelled
  // fiber that is mostly Cancelled, so join() one that you have cancelled.
  T get() const {
    join();
    if (task_->failure) std::rethrow_exception(task_->failure);
    if constexpr (!std::is_void_v<T>) return std::move(*static_cast<sched::TaskOf<T>&>(*task_).result);
  }

  // Asks the fiber to end: its present or next wait throws Cancelled. One that has not begun never begins. Does not
  // wait for the end; join() does. No effect on a fiber that has ended, also after its run.
  void cancel() const noexcept { task_->cancel(); }
  // Whether the fiber has ended.
  bool done() const noexcept { return task_->done(); }
  // How often it has waited so far, where it may be waiting now. For tests that cancel at each wait in turn, and for
  // finding out what a call costs.
  std::uint64_t waits() const noexcept { return task_->waits(); }
  explicit operator bool() const noexcept { return static_cast<bool>(task_); }

 private:
  explicit Fiber(sched::TaskRef task) : task_(std::move(task)) {}
  template <class F>
  friend auto spawn(F&& body) -> Fiber<std::invoke_result_t<std::decay_t<F>&>>;
  template <class F>
  friend auto spawn_on(std::size_t worker, F&& body) -> Fiber<std::invoke_result_t<std::decay_t<F>&>>;

  sched::TaskRef task_;
};

// Starts body() in a new fiber of this worker, soon, and returns its handle. `body` is moved in and destroyed when it
// has run.
template <class F>
auto spawn(F&& body) -> Fiber<std::invoke_result_t<std::decay_t<F>&>> {
  using T = std::invoke_result_t<std::decay_t<F>&>;
  return Fiber<T>(sched::start(new sched::TaskFor<T, std::decay_t<F>>(std::forward<F>(body)), sched::this_worker));
}

// The same on worker number `worker`, 0 to workers() - 1; else throws std::out_of_range. `body` and its result are then
// used by two threads, one after the other.
template <class F>
auto spawn_on(std::size_t worker, F&& body) -> Fiber<std::invoke_result_t<std::decay_t<F>&>> {
  using T = std::invoke_result_t<std::decay_t<F>&>;
  return Fiber<T>(sched::start(new sched::TaskFor<T, std::decay_t<F>>(std::forward<F>(body)), worker));
}

// How many workers this run has, and the number of the one that runs the caller. 0 and 0 outside of run().
std::size_t workers() noexcept;
std::size_t worker() noexcept;

// The World's monotonic time: virtual in a simulation.
TimePoint now() noexcept;

// Waits for `time`; a time of 0 or less lets the other ready fibers run once (a plain thread returns at once).
// Source: gevent.sleep.
void sleep(AnyDuration time);

// A fiber that runs over its stack ends the process by SIGSEGV. After this call it first says so on standard error,
// with the size of the stack and the way to a larger one. It installs a handler for SIGSEGV, so it is for main() to
// call, before run(): a library owns no signals. The handler then puts back what stood there before it, so that cores,
// debuggers and other handlers see the fault as well.
void report_stack_overflow();

// While one lives in a fiber, cancel() is kept back until it is gone. For clean-up that has to wait. In a plain thread
// it does nothing.
class CancelShield {
 public:
  CancelShield() noexcept;
  ~CancelShield();
  CancelShield(const CancelShield&) = delete;
  CancelShield& operator=(const CancelShield&) = delete;
};

// Runs body() on a thread of the pool while this fiber waits, and returns its result or throws what it threw. For calls
// that block and cannot be made to wait: files, getaddrinfo, a database. In a plain thread it simply calls body().
// body() runs outside of the run: it may use Event, Queue and their like, but not spawn().
// A cancelled caller still waits for body()'s end, so body may refer to the caller's stack.
template <class F>
auto offload(F&& body) -> std::invoke_result_t<F&> {
  using T = std::invoke_result_t<F&>;
  if constexpr (std::is_void_v<T>) {
    sched::offload(body);
  } else {
    std::optional<T> result;
    auto call = [&] { result.emplace(body()); };
    sched::offload(call);
    return std::move(*result);
  }
}

}  // namespace loquat
