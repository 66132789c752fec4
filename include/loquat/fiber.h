// fiber.h - spawn, join, cancel and sleep: threads that cost a function call and four kilobytes.
//
// A fiber runs ordinary code on a stack of its own. Where it would wait (a socket, a queue, sleep), its worker runs
// another one. Fibers of one worker never run at the same time and never move to another worker.
//
// True of every call in this file:
//   Where     spawn() works inside run() (run.h) only; elsewhere it throws std::logic_error. sleep(), now(), join() and
//             get() also work in a plain thread, which they block.
//   Threads   A handle may be used from any fiber, worker or thread.
//   Errors    What a fiber throws is kept and comes out of get(). If its last handle goes without get() or join(), it
//             goes to the run's log, and to standard error if there is none: one line with the place of the spawn().
//   Stack     64 KiB unless RunOptions says otherwise, touched as it is used. Large buffers belong on the heap.
//
// Layer: sched (docs/layers.txt).  Source: gevent's spawn, Greenlet.join, get, kill.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

#include "loquat/detail/result.h"
#include "loquat/detail/task.h"
#include "loquat/time.h"

namespace loquat {
namespace sched {
struct Spawner;
}

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

// Thrown by get() and run() if the fiber that they ask was cancelled: their caller was not. Source: Python's
// concurrent.futures.CancelledError.
class CancelledError : public std::exception {
 public:
  const char* what() const noexcept override;
};

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

  // Waits for the end and returns the result, moved out: call it once. Rethrows what the fiber threw; throws
  // CancelledError if it was cancelled. join() one that you have cancelled.
  T get() const {
    join();
    return static_cast<sched::TaskOf<T>&>(*task_).take();
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
  friend struct sched::Spawner;

  sched::TaskRef task_;
};

namespace sched {
struct Spawner {
  template <class Body, class... Args>
  static auto make(Place where, Args&&... args) {
    return new TaskFor<std::invoke_result_t<Body>, Body>(where, std::forward<Args>(args)...);
  }
  template <class T, class Body>
  static Fiber<T> start(TaskFor<T, Body>* task) {
    return Fiber<T>(sched::start(task));
  }
  template <class T, class Body>
  static Fiber<T> start_on(std::size_t worker, TaskFor<T, Body>* task) {
    return Fiber<T>(sched::start_on(worker, task));
  }
};
}  // namespace sched

// Starts body() in a new fiber of this worker, soon, and returns its handle. `body` is moved or copied in; it is called
// once, and destroyed in the fiber when it has run. Its result may be movable only, a reference, or nothing.
template <class F>
auto spawn(F&& body, sched::Place where = sched::Place::here()) -> Fiber<std::invoke_result_t<std::decay_t<F>>> {
  return sched::Spawner::start(sched::Spawner::make<std::decay_t<F>>(where, std::forward<F>(body)));
}

// Starts std::invoke(f, first, rest...) with copies of all of them, as std::thread does: `f` may point to a member
// function, and std::ref() passes a reference. The log then names f's type rather than the place.
template <class F, class First, class... Rest>
auto spawn(F&& f, First&& first, Rest&&... rest)
    -> Fiber<std::invoke_result_t<std::decay_t<F>, std::decay_t<First>, std::decay_t<Rest>...>> {
  return sched::Spawner::start(sched::Spawner::make<sched::BoundTo<F, First, Rest...>>(
      {}, std::in_place, std::forward<F>(f), std::forward<First>(first), std::forward<Rest>(rest)...));
}

// The same on worker number `worker`, 0 to workers() - 1; else throws std::out_of_range. `body` and its result are then
// used by two threads, one after the other.
template <class F>
auto spawn_on(std::size_t worker, F&& body, sched::Place where = sched::Place::here())
    -> Fiber<std::invoke_result_t<std::decay_t<F>>> {
  return sched::Spawner::start_on(worker, sched::Spawner::make<std::decay_t<F>>(where, std::forward<F>(body)));
}
template <class F, class First, class... Rest>
auto spawn_on(std::size_t worker, F&& f, First&& first, Rest&&... rest)
    -> Fiber<std::invoke_result_t<std::decay_t<F>, std::decay_t<First>, std::decay_t<Rest>...>> {
  return sched::Spawner::start_on(
      worker, sched::Spawner::make<sched::BoundTo<F, First, Rest...>>(
                  {}, std::in_place, std::forward<F>(f), std::forward<First>(first), std::forward<Rest>(rest)...));
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
//
// The pool has at most 16 threads in a process, started when they are needed and ended after 10 idle seconds. Further
// calls wait for one, in order; lookups of names have threads of their own (address.h). A body that waits for another
// offload() keeps its thread meanwhile: 16 of those wait for ever, and a call that has not begun after 10 s is reported
// to the run's log. Throws OSError(EAGAIN) if no thread can be started.
template <class F>
auto offload(F&& body) -> std::invoke_result_t<F> {
  sched::Result<std::invoke_result_t<F>> result;
  auto call = [&] { result.set(std::forward<F>(body)); };
  sched::offload(call);
  return result.take();
}

}  // namespace loquat
