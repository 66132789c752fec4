// worker.h - a worker: one run queue, one heap of timers, one poller.
//
//   1. A fiber switches directly to the next one in the queue. After `slices_per_turn` switches, and when no fiber is
//      ready, the worker's loop handles messages, timers and the poller.
//   2. Only its own thread uses a worker; others call post() and wake(). In a simulation one thread runs all workers in
//      turn.
//   3. Every wait is a loop around park() that checks its own flag, so a needless make_ready() is harmless.
//
// Layer: sched.
#pragma once

#include <sys/types.h>
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
class Worker;

// What a list of fibers shows of one. Lives as short as the call that it is given to.
class TaskView {
 public:
  TaskView(const Worker& worker, const Task& task) : worker_(worker), task_(task) {}
  std::uint64_t number() const noexcept { return task_.number_; }
  std::uint64_t parent() const noexcept { return task_.parent_; }
  Place origin() const noexcept { return task_.origin_; }
  const std::type_info* body() const noexcept { return task_.body_type(); }
  const Locals& locals() const noexcept { return task_.locals_; }
  bool ready() const noexcept { return task_.ready_; }
  bool running() const noexcept;
  const char* call() const noexcept { return task_.call_; }
  int descriptor() const noexcept { return task_.descriptor_; }
  std::uint64_t waits_since() const noexcept { return task_.waits_since_; }
  bool begun() const noexcept { return task_.context_.stack != nullptr; }
  // Bytes: from the top of its stack down to where it waits; and of the whole stack.
  std::size_t stack_used() const noexcept;
  std::size_t stack_size() const noexcept { return begun() ? task_.context_.stack->size : 0; }

 private:
  const Worker& worker_;
  const Task& task_;
};

class Worker {
 public:
  static constexpr int slices_per_turn = 256;

  Worker(Workers& workers, std::size_t index, std::unique_ptr<Poller> poller, std::size_t stack_size);
  ~Worker();

  // The worker of the calling thread; nullptr in a plain thread.
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

  // Handles messages and due timers, then runs up to `slices` ready fibers. Returns whether a fiber was ready.
  bool turn(int slices = slices_per_turn);
  bool has_ready() const noexcept { return !ready_.empty() || messages_.load(std::memory_order_relaxed) != nullptr; }
  TimePoint next_timer() const noexcept { return timers_.next(); }
  // The number of fibers that were started here and have not ended.
  std::uint64_t fibers() const noexcept { return started_ + sent_ - ended_count_; }
  // When this turn began: in a simulation its time in nanoseconds, else ticks() (base/ticks.h).
  std::uint64_t turn_time() const noexcept { return turn_time_; }
  // Calls turn() and Poller::wait() until the run is over.
  void loop();
  // Makes this the worker of the calling thread. A simulation does so before each turn.
  void enter() noexcept;
  static void leave() noexcept { current_ = nullptr; }

  // --- for fibers of this worker -------------------------------------------------------------------------------------

  // Runs other fibers until make_ready(task()).
  void park();
  void make_ready(Task* task) noexcept;
  // Runs each of the other ready fibers once.
  void yield();
  // Runs them until none is ready but those that are in idle(), too, or until the fiber is cancelled.
  void idle();
  // What world() shows of its fibers, for lists of them; call on this worker, in the loop or a fiber.
  template <class F>
  void each(F call) {
    all_.each([&](Task* task) {
      if (!task->done()) call(TaskView(*this, *task));
    });
  }
  Locals& locals() const noexcept { return running_->locals_; }
  // Counts a call that did not have to wait. When the slices of the turn are used up, the other fibers run, so that a
  // fiber whose calls never wait does not starve them.
  void spend_slice() {
    if (--slices_left_ <= 0) yield();
  }
  // Returns the stack pages below the caller's frame to the kernel; for long waits (net/idle.h). Costs about 1 us, and
  // a page fault for each page that is used again. Does nothing in a plain thread.
  static void trim_stack() noexcept;
  // The stack of the fiber that runs in this thread, nullptr if none runs; and where that fiber was spawned.
  static const Stack* running_stack() noexcept;
  static Place running_origin() noexcept;
  Interrupt interrupted() const noexcept { return running_->interrupt_; }
  // Whether the running fiber was cancelled, or a Timeout of it has passed, and it may throw that now (fiber.h).
  bool cancel_pending() const noexcept { return running_->requests_ != 0 && running_->takes_cancel(exceptions_); }
  // Throws Cancelled, and clears the request, or TimedOut if cancel_pending().
  void throw_if_cancelled() {
    if (cancel_pending()) throw_cancelled();
  }

  void add(Task* task) noexcept;  // takes over one reference; any fiber may call it
  // A Timeout of the running fiber begins, ends, has passed. enter() returns its number.
  std::uint64_t enter(Timeout& timeout);
  void leave(Timeout& timeout) noexcept;
  void expire(Timeout& timeout) noexcept;
  const Timeout* innermost_timeout() const noexcept { return running_->timeouts_; }
  // A wait of the running fiber that only another fiber ends begins (+1) or ends (-1).
  void waits_for_fibers(int change) noexcept { inside_ += change; }
  void add(Timer& timer) { timers_.add(timer); }  // there is room for the timer of each Timeout
  void remove(Timer& timer) noexcept { timers_.remove(timer); }
  void cancel(Task* task, Request why = requested) noexcept;
  void cancel_all() noexcept;
  void shield(int change) noexcept;

  // --- any thread ----------------------------------------------------------------------------------------------------

  // Runs the message on this worker, between two fibers.
  void post(Message* message) noexcept;
  void wake() noexcept { poller_->wake(); }
  // Another number after each switch. is_in_fiber() tells whether the worker then ran a fiber, or its loop.
  std::uint64_t pulse() const noexcept { return pulse_.load(std::memory_order_relaxed); }
  static bool is_in_fiber(std::uint64_t pulse) noexcept { return (pulse & 1) != 0; }
  // The thread of loop(), for tgkill(2); 0 before it.
  pid_t thread() const noexcept { return thread_.load(std::memory_order_relaxed); }

 private:
  friend class InterruptibleWait;
  friend class Workers;
  friend struct DebugTable;
  void run_messages() noexcept;
  bool mail_comes() noexcept;
  TimePoint read_clock() noexcept;
  bool nothing_can_come() const noexcept {
    return inside_ >= 0 && static_cast<std::uint64_t>(inside_) == fibers() && timers_.next() == never;
  }
  void fire_timers() noexcept;
  TimePoint trim_stacks() noexcept;
  void interrupt(Task* task, Interrupt why) noexcept;
  [[noreturn]] void throw_cancelled();
  [[noreturn]] void throw_timed_out();
  [[gnu::cold]] void outlive(Task& task) noexcept;
  [[gnu::cold]] void leave_locals(Task& task, unsigned count) noexcept;
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
  // Grows with each end of a fiber here, and keeps to turn_time(), so that ends on several workers can be compared.
  std::uint64_t next_end() noexcept { return last_end_ = last_end_ < turn_time_ ? turn_time_ : last_end_ + 1; }
  [[noreturn]] static void end_child(Task& task) noexcept;
  struct Entry;

  static constinit thread_local Worker* current_ __attribute__((tls_model("initial-exec")));

  Workers& workers_;
  std::size_t index_;
  std::unique_ptr<Poller> poller_;
  StackPool stacks_;
  TimePoint next_trim_{};
  RunQueue ready_;
  Timers timers_;
  TaskList all_;
  Task* running_ = nullptr;
  Task* ended_ = nullptr;  // its stack is released on another stack
  Context loop_context_;
  Stack loop_stack_{};
  void** exceptions_ = nullptr;  // this thread's __cxa_eh_globals
  int slices_left_ = 0;
  std::uint64_t turn_time_ = 0;
  std::uint64_t clock_turn_ = 0;  // the turn in which read_clock() was called last, and what it returned
  TimePoint clock_time_{};
  std::size_t timeouts_ = 0;  // that exist
  std::int64_t inside_ = 0;   // fibers that wait for other fibers only
  std::uint64_t last_timeout_ = 0;
  std::uint64_t last_end_ = 0;  // next_end()
  struct StopMessage : Message {
    Worker* worker;
  } stop_message_{};
  std::atomic<std::uint64_t> pulse_{0};
  std::atomic<pid_t> thread_{0};
  std::atomic<bool> sleeping_{false};
  bool had_mail_ = false;  // this turn
  int unpolled_ = 0;       // turns since the poller was asked
  int in_vain_ = 0;        // how often mail_comes() is skipped after it was in vain, and is still to be
  int skips_ = 0;
  std::uint64_t last_number_ = 0;
  std::atomic<std::uint64_t> started_{0};  // fibers, from this worker
  std::atomic<std::uint64_t> ended_count_{0};
  // What other workers write has a cache line of its own.
  alignas(64) std::atomic<Message*> messages_{nullptr};
  std::atomic<std::uint64_t> sent_{0};  // fibers, from others
};

// Worker::spend_slice() for the calling fiber, at the start of a call that may not have to wait. Does nothing in a
// plain thread.
inline void spend_slice() {
  if (Worker* const worker = Worker::of_fiber()) worker->spend_slice();
}

}  // namespace loquat::sched
