// worker.h - a worker: one run queue, one heap of timers, one poller. And the set of them that a run has.
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
#include <exception>
#include <memory>
#include <new>
#include <vector>

#include "loquat/detail/task.h"
#include "loquat/log.h"
#include "sched/poller.h"
#include "sched/stack.h"
#include "sched/timers.h"

namespace loquat::sched {

class Workers;

// First in, first out.
class RunQueue {
 public:
  bool empty() const noexcept { return head_ == nullptr; }
  void push(Task* task) noexcept {
    task->next_ = nullptr;
    (head_ == nullptr ? head_ : tail_->next_) = task;
    tail_ = task;
  }
  Task* pop() noexcept {
    Task* task = head_;
    if (task != nullptr) head_ = task->next_;
    return task;
  }

 private:
  Task* head_ = nullptr;
  Task* tail_ = nullptr;
};

// All tasks of a worker that have not ended.
class TaskList {
 public:
  void add(Task* task) noexcept;
  void remove(Task* task) noexcept;
  template <class F>
  void each(F&& call) {
    for (Task *task = head_, *next; task != nullptr; task = next) {
      next = task->all_next_;
      call(task);
    }
  }

 private:
  Task* head_ = nullptr;
};

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

  // --- for fibers of this worker
  // -------------------------------------------------------------------------------------- Lets the others run until
  // make_ready(task()).
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
  // An operation of the running fiber. begin() starts it; true: it is finished. Else end() waits for its end, which
  // time and cancel may bring about: then the result is -ECANCELED and interrupted() says why.
  class Performance {
   public:
    Performance(Worker& worker, sys::Operation& operation);
    // Throws Cancelled before it starts anything.
    bool begin();
    void end(TimePoint deadline);
    // Ends it before its time; on the worker's thread.
    void cancel() noexcept;

    Worker& worker;
    Task* const task;
    sys::Operation& operation;

   private:
    bool finished_ = false;
  };
  Interrupt interrupted() const noexcept { return running_->interrupt_; }
  // Whether the running fiber is asked to end, and nothing keeps that back (fiber.h, Cancelled).
  bool cancel_pending() const noexcept { return running_->requests_ != 0 && running_->takes_cancel(exceptions_); }
  // Takes the request and throws Cancelled, if cancel_pending().
  void throw_if_cancelled() {
    if (cancel_pending()) throw_cancelled();
  }

  // A wait that an interrupt may end: for its lifetime time and cancel call on_interrupt(data), or with nullptr make
  // the task ready. Throws nothing; check throw_if_cancelled() before.
  class Wait {
   public:
    Wait(Worker& worker, TimePoint deadline, bool cancellable, void (*on_interrupt)(void*) noexcept, void* data);
    ~Wait();
    bool interrupted() const noexcept { return task_->interrupt_ != Interrupt::none; }

   private:
    Worker& worker_;
    Task* task_;
    Timer timer_;
  };

  void add(Task* task) noexcept;  // takes over one reference
  void cancel(Task* task, Request why = requested) noexcept;
  void cancel_all() noexcept;
  void shield(int change) noexcept;

  // --- any thread
  // ----------------------------------------------------------------------------------------------------- Runs the
  // message on this worker, between two fibers.
  void post(Message* message) noexcept;
  void wake() noexcept { poller_->wake(); }

 private:
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

// The workers of one run.
class Workers {
 public:
  struct Options {
    std::size_t stack_size = 64 * 1024;
    LogSink* log = nullptr;
  };
  // Throws std::invalid_argument, which names `call`, for sizes that make no sense.
  static void check(const char* call, std::size_t workers, std::size_t stack_size);

  Workers(sys::World& world, const Options& options);

  // Waits until no thread is inside Worker::post() any more, and none writes to the log.
  ~Workers();

  // Before the first fiber is started.
  void add(std::unique_ptr<Poller> poller);
  // The first fiber, on worker 0. When it has ended, stop() runs.
  TaskRef start_main(Task* task);
  // Cancels every fiber, now and as it comes.
  void stop() noexcept;
  bool stopping() const noexcept { return stopping_.load(std::memory_order_acquire); }
  // stopping() and no fiber is left.
  bool over() const noexcept;

  std::size_t size() const noexcept { return workers_.size(); }
  Worker& operator[](std::size_t index) const { return *workers_.at(index); }
  sys::World& world() const noexcept { return world_; }
  LogSink* log() const noexcept;

  TaskRef start(Task* task, std::size_t index);

 private:
  friend class Worker;
  sys::World& world_;
  Options options_;
  RunLog* const log_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<Task*> main_{nullptr};
  const std::exception_ptr no_memory_ = std::make_exception_ptr(std::bad_alloc());  // made while there is some
  std::atomic<bool> stopping_{false};
  std::atomic<int> posting_{0};  // threads inside Worker::post()
};

// The World of the calling fiber, or of a simulation's offloaded function; nullptr elsewhere.
sys::World* current_world() noexcept;
// Makes `world` the calling thread's while it runs no worker; nullptr ends that. For a simulation, whose offloaded
// functions must see its clock.
void set_thread_world(sys::World* world) noexcept;

}  // namespace loquat::sched
