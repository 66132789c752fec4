// worker.h - a worker: one run queue, one heap of timers, one poller.
//
//   1. Fibers switch straight to the next one in the queue; every `slices_per_turn` of them, and when none is ready,
//      the worker's loop looks after messages, timers and the poller.
//   2. Only its own thread touches a worker, but for post(). In a simulation one thread runs all workers in turn.
//   3. Every wait is a loop round park() that checks its own flag: to make a task ready too often is harmless.
//
// Layer: sched.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "loquat/detail/task.h"
#include "sched/poller.h"
#include "sched/run_queue.h"
#include "sched/stack/stack.h"
#include "sched/task_list.h"
#include "sched/timers.h"

namespace loquat::sched {

class Workers;

class Worker {
 public:
  static constexpr int slices_per_turn = 256;

  Worker(Workers& workers, std::size_t index, std::unique_ptr<Poller> poller, std::size_t stack_size);
  ~Worker();

  // The worker of this thread; nullptr in a plain thread.
  static Worker* current() noexcept { return current_; }
  // The running fiber; nullptr in the worker's loop.
  Task* task() const noexcept { return running_; }
  // The worker of the calling fiber; nullptr in a plain thread and in the loop.
  static Worker* of_fiber() noexcept {
    return current_ != nullptr && current_->running_ != nullptr ? current_ : nullptr;
  }

  Workers& workers() const noexcept { return workers_; }
  std::size_t index() const noexcept { return index_; }
  Poller& poller() const noexcept { return *poller_; }
  sys::World& world() const noexcept;

  // --- for the thread that runs the worker ---------------------------------------------------------------------------

  // Messages, due timers, then up to `slices` ready fibers. Returns whether there was anything to do.
  bool turn(int slices = slices_per_turn);
  bool has_ready() const noexcept { return !ready_.empty() || messages_.load(std::memory_order_relaxed) != nullptr; }
  TimePoint next_timer() const noexcept { return timers_.next(); }
  // That were started here and have not ended.
  std::uint64_t fibers() const noexcept { return started_ - ended_count_; }
  // turn() and Poller::wait() until the run is over.
  void loop();
  // Makes this the thread's worker (in a simulation, before each turn).
  void enter() noexcept;
  static void leave() noexcept { current_ = nullptr; }

  // --- for fibers of this worker -------------------------------------------------------------------------------------

  // Lets the others run until make_ready(task()).
  void park();
  void make_ready(Task* task) noexcept;
  // Lets the other ready fibers run once.
  void yield();
  // The running fiber has done something that might have been a wait. When it has had its share of such without one,
  // others run: what is always ready starves nobody.
  void spend_slice() {
    if (--slices_left_ <= 0) yield();
  }
  // Gives back the stack pages that the running fiber touched in calls which have returned. For a wait that is going to
  // be long: it costs about 1 us, and a fault for each page that is needed again. Nothing in a plain thread.
  static void trim_stack() noexcept;
  // Of the fiber that runs in this thread: its stack, nullptr if none runs; and where it was spawned.
  static const Stack* running_stack() noexcept;
  static Place running_origin() noexcept;
  Interrupt interrupted() const noexcept { return running_->interrupt_; }
  // Whether the running fiber is asked to end, and nothing keeps that back (fiber.h, Cancelled).
  bool cancel_pending() const noexcept { return running_->requests_ != 0 && running_->takes_cancel(exceptions_); }
  // Takes the request and throws Cancelled, if cancel_pending().
  void throw_if_cancelled() {
    if (cancel_pending()) throw_cancelled();
  }

  void add(Task* task) noexcept;  // takes over one reference
  void cancel(Task* task, Request why = requested) noexcept;
  void cancel_all() noexcept;
  void shield(int change) noexcept;

  // --- any thread ----------------------------------------------------------------------------------------------------

  // Runs the message on this worker, between two fibers.
  void post(Message* message) noexcept;
  void wake() noexcept { poller_->wake(); }

 private:
  friend class InterruptibleWait;
  friend class Workers;
  void run_messages() noexcept;
  void fire_timers() noexcept;
  void interrupt(Task* task, Interrupt why) noexcept;
  [[noreturn]] void throw_cancelled();
  void switch_next();
  void switch_to(Context& from, Context& to, bool last = false);
  void go(Context& from, Task* next, bool last = false);
  void go_to_loop(Context& from, bool last = false);
  void run_ready();
  bool give_stack(Task* task) noexcept;
  Task* take_ready() noexcept;
  void reap() noexcept;
  [[gnu::cold, gnu::noinline]] void lay_out(Task* task) noexcept;
  [[noreturn]] void finish();
  void call(Task& task) noexcept;
  [[noreturn]] static void end_child(Task& task) noexcept;
  struct Entry;

  static constinit thread_local Worker* current_ __attribute__((tls_model("initial-exec")));

  Workers& workers_;
  std::size_t index_;
  std::unique_ptr<Poller> poller_;
  StackPool stacks_;
  RunQueue ready_;
  Timers timers_;
  TaskList all_;
  Task* running_ = nullptr;
  Task* ended_ = nullptr;  // whose stack is to be given back once nobody runs on it
  Context loop_context_;
  Stack loop_stack_{};
  void** exceptions_ = nullptr;  // this thread's __cxa_eh_globals
  int slices_left_ = 0;
  struct StopMessage : Message {
    Worker* worker;
  } stop_message_{};
  std::atomic<bool> sleeping_{false};
  std::atomic<Message*> messages_{nullptr};
  std::atomic<std::uint64_t> started_{0};
  std::atomic<std::uint64_t> ended_count_{0};
};

// For the start of a call that may not have to wait: Worker::spend_slice() of the calling fiber. Nothing in a plain
// thread.
inline void spend_slice() {
  if (Worker* const worker = Worker::of_fiber()) worker->spend_slice();
}

}  // namespace loquat::sched
