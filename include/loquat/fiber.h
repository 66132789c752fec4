// fiber.h - spawn, join, cancel and sleep: threads that cost a function call and four kilobytes.
//
// A fiber runs ordinary code on a stack of its own. When it waits (for a socket, a queue, sleep()), its worker thread
// runs another fiber. Fibers of one worker never run at the same time, and a fiber never moves to another worker.
//
// True of every call in this file:
//   Where     spawn() works inside run() (run.h) and simulate() (testing.h) only; elsewhere it throws std::logic_error.
//             sleep(), now(), join() and get() also work in a plain thread, which they block.
//   Threads   A handle may be used from any fiber, worker or thread.
//   Errors    get() rethrows the exception that a fiber ended with. If the last handle is destroyed before anybody has
//             called get() or join(), the exception is logged instead: one line with the place of the spawn() to the
//             run's log, or to standard error if the run has no log.
//   Stack     A fiber has 64 KiB unless RunOptions says otherwise; memory is used as it is touched. Put large buffers
//             on the heap.
//
// Layer: sched (docs/layers.txt).  Source: gevent's spawn, Greenlet.join, get, kill.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>

#include "loquat/detail/result.h"
#include "loquat/detail/task.h"
#include "loquat/time.h"

namespace loquat {
namespace sched {
struct Spawner;
struct Select;
}  // namespace sched

// The exception that ends a cancelled fiber: its present or next wait throws it, once. Let it pass. It is not a
// std::exception, so a catch (std::exception&) around a request does not swallow it.
//
// In these cases a wait does not throw it, but leaves it to a later wait:
//   - while the fiber has a CancelShield;
//   - while an exception unwinds the fiber: a destructor may wait then. A destructor that waits at other times needs a
//     CancelShield, because a destructor that throws ends the program;
//   - while the fiber is in a handler of Cancelled, if the request comes from the end of the run.
// Several cancel() calls before it is thrown throw it once. A cancel() after that throws it again. TimedOut (timeout.h)
// is a Cancelled that ends a block, not the fiber.
using Cancelled = sched::Cancelled;

// Thrown by get() and run() if the fiber whose result they return was cancelled. (Cancelled would mean that the caller
// itself was.) Source: Python's concurrent.futures.CancelledError.
class CancelledError : public std::exception {
 public:
  const char* what() const noexcept override;
};

// A handle to a spawned fiber. Copies refer to the same fiber. Destroying a handle does not end the fiber.
template <class T = void>
class Fiber {
 public:
  // A handle without a fiber. It can only be tested (operator bool), assigned and destroyed.
  Fiber() = default;

  // Waits until the fiber has ended, in whatever way; throws nothing that the fiber threw. Throws std::logic_error if
  // the fiber joins itself.
  void join() const { (void)task_->wait_done(never); }
  // As join(), but for at most `timeout`. Returns whether the fiber has ended.
  bool join_for(AnyDuration timeout) const { return task_->wait_done(sched::deadline_from_now(timeout)); }

  // Waits until the fiber has ended and returns its result. The result is moved out: call get() once. Rethrows the
  // fiber's exception; throws CancelledError if the fiber was cancelled. After your own cancel() call join() instead.
  T get() const {
    join();
    return static_cast<sched::TaskOf<T>&>(*task_).take();
  }

  // Asks the fiber to end: its present or next wait throws Cancelled. A fiber that has not begun never begins. Returns
  // at once; join() waits for the end. Has no effect on a fiber that has ended, even after its run.
  void cancel() const noexcept { task_->cancel(); }
  // Whether the fiber has ended.
  bool done() const noexcept { return task_->done(); }
  // Calls f() in a new fiber of the caller's worker once this fiber has ended, in whatever way, and returns the handle
  // of that fiber. Links are called in the order in which they were made. Cancelling one breaks it, also after the end,
  // as long as f() has not begun. A link does not count as a join(), and a join() of this fiber does not wait for its
  // links: join those. Source: gevent's Greenlet.link, unlink.
  template <class F>
  auto link(F&& f, sched::Place where = sched::Place::here()) const -> Fiber<std::invoke_result_t<std::decay_t<F>>>;
  // The number of waits that the fiber has begun. For tests that cancel a fiber at each of its waits in turn, and for
  // counting the waits of a call.
  std::uint64_t waits() const noexcept { return task_->waits(); }
  // Whether this handle has a fiber.
  explicit operator bool() const noexcept { return static_cast<bool>(task_); }

 private:
  explicit Fiber(sched::TaskRef task) : task_(std::move(task)) {}
  friend struct sched::Spawner;
  friend struct sched::Select;

  sched::TaskRef task_;
};

namespace sched {
// The times of spawn_every().
class Ticks {
 public:
  explicit Ticks(Duration interval);
  void wait();

 private:
  Duration interval_;
  TimePoint next_;
};

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

// Starts body() in a new fiber of the caller's worker and returns its handle. The fiber begins when the caller next
// waits or ends. `body` is moved or copied into the fiber, called once, and destroyed there. It may return a value
// (movable is enough), a reference or nothing. References that `body` captures must live until the fiber has ended.
template <class F>
auto spawn(F&& body, sched::Place where = sched::Place::here()) -> Fiber<std::invoke_result_t<std::decay_t<F>>> {
  return sched::Spawner::start(sched::Spawner::make<std::decay_t<F>>(where, std::forward<F>(body)));
}

// Starts std::invoke(f, first, rest...) in a new fiber, with copies of all arguments, as std::thread does: `f` may be a
// pointer to a member function, and std::ref() passes a reference. The log line of a failure names the type of `f`
// instead of the place.
template <class F, class First, class... Rest>
auto spawn(F&& f, First&& first, Rest&&... rest)
    -> Fiber<std::invoke_result_t<std::decay_t<F>, std::decay_t<First>, std::decay_t<Rest>...>> {
  return sched::Spawner::start(sched::Spawner::make<sched::BoundTo<F, First, Rest...>>(
      {}, std::in_place, std::forward<F>(f), std::forward<First>(first), std::forward<Rest>(rest)...));
}

// As spawn(), but on worker number `worker`, which may be another thread. Throws std::out_of_range unless `worker` is
// less than workers(). `body` is made on the caller's thread and run on the worker's.
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

// The number of workers of this run, and the number of the worker that runs the caller, counted from 0. Both return 0
// outside of run().
std::size_t workers() noexcept;
std::size_t worker() noexcept;

// The monotonic time: the kernel's, or the virtual time of a simulation.
TimePoint now() noexcept;

// Waits for `time`. With a time of 0 or less, a fiber lets the other ready fibers of its worker run once; a plain
// thread returns at once. A time has a unit: sleep(1) would be sleep(3) of <unistd.h>, which blocks the whole worker.
// Source: gevent.sleep.
void sleep(AnyDuration time);

// As spawn(), but body() begins after `delay`. Source: gevent.spawn_later.
template <class F>
auto spawn_later(AnyDuration delay, F&& body, sched::Place where = sched::Place::here())
    -> Fiber<std::invoke_result_t<std::decay_t<F>>> {
  return spawn(
      [delay, body = std::decay_t<F>(std::forward<F>(body))]() mutable -> decltype(auto) {
        sleep(delay);
        return std::move(body)();
      },
      where);
}

// Calls body() every `interval`, the first time after one, until the fiber is cancelled or body() throws. The calls do
// not drift; those that come too late are left out. Throws std::invalid_argument unless `interval` is positive.
template <class F>
Fiber<> spawn_every(AnyDuration interval, F&& body, sched::Place where = sched::Place::here()) {
  return spawn(
      [ticks = sched::Ticks(interval), body = std::decay_t<F>(std::forward<F>(body))]() mutable {
        for (;;) {
          ticks.wait();
          body();
        }
      },
      where);
}

template <class T>
template <class F>
auto Fiber<T>::link(F&& f, sched::Place where) const -> Fiber<std::invoke_result_t<std::decay_t<F>>> {
  return spawn(
      [ended = *this, call = std::decay_t<F>(std::forward<F>(f))]() mutable -> decltype(auto) {
        ended.task_->wait_as_link();
        return std::move(call)();
      },
      where);
}

// Waits until all of `fibers`, a range of handles, have ended, or until `timeout` has passed. Returns whether they
// have. Throws nothing that they threw. Source: gevent.joinall.
template <class Fibers>
bool join_all(const Fibers& fibers, AnyDuration timeout = Duration::max()) {
  const TimePoint deadline = sched::deadline_from_now(timeout);
  for (const auto& each : fibers) {
    if (!each.join_for(deadline == never ? Duration::max() : deadline - now())) return false;
  }
  return true;
}

// Cancels all of them, then waits as join_all() does. With a timeout of 0 it only asks. Source: gevent.killall.
template <class Fibers>
bool cancel_all(const Fibers& fibers, AnyDuration timeout = Duration::max()) {
  for (const auto& each : fibers) each.cancel();
  return join_all(fibers, timeout);
}

// Lets the other fibers of the caller's worker run until none of them is ready: for work that can wait. Returns at once
// in a plain thread. Source: gevent.idle.
void idle();

// The name of the calling fiber or plain thread, for its own logs and for the list of fibers; empty at first.
// Source: Python's Thread.name.
void set_fiber_name(std::string name);
std::string fiber_name();

// Makes a stack overflow explain itself. A fiber that overflows its stack always ends the process by SIGSEGV; after
// this call, standard error first gets a line with the size of the stack and how to enlarge it. Call it in main()
// before run(): it installs a handler for SIGSEGV, which the library never does by itself. The handler then restores
// the previous one, so that core dumps, debuggers and other handlers still see the fault.
void report_stack_overflow();

// While a fiber has one of these on its stack, its waits do not throw Cancelled; the first wait afterwards does. For
// clean-up that has to wait. Does nothing in a plain thread.
class CancelShield {
 public:
  CancelShield() noexcept;
  ~CancelShield();
  CancelShield(const CancelShield&) = delete;
  CancelShield& operator=(const CancelShield&) = delete;
};

// Runs body() on a thread of a pool while the calling fiber waits. Returns its result or rethrows its exception. For
// functions that would block the worker's thread: a database driver, a compression. In a plain thread it calls body()
// directly. body() runs outside of the run: it may use Event, Queue and the other classes of sync.h, but not spawn().
// A caller that is cancelled before body() has begun throws Cancelled, and body() is not called. Later it waits until
// body() has ended, so body() may refer to the caller's stack.
//
// A process has at most 16 pool threads; a ThreadPool (threadpool.h) has a number of its own. They start on demand and
// end after 10 idle seconds; further calls queue in order. A body that waits for another offload() occupies its thread
// meanwhile, so 16 of those wait for ever. A call that has not begun after 10 s is reported to the run's log. Throws
// OSError(EAGAIN) if no thread can be started.
template <class F>
auto offload(F&& body) -> std::invoke_result_t<F> {
  sched::Result<std::invoke_result_t<F>> result;
  auto call = [&] { result.set(std::forward<F>(body)); };
  sched::offload(call);
  return result.take();
}

}  // namespace loquat
