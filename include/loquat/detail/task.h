// task.h - the control block of a fiber. Internal to fiber.h.
//
//   1. A task lives while a TaskRef refers to it. Its worker holds one until the fiber has ended.
//   2. Only the task's own worker touches its members, except refs_, done_, waits_, asked_, joiners_ and the message.
//      After the end, whoever drops the last reference touches the rest.
//   3. done_ is set, and the message is sent, under joiners_lock_. So a message is sent only while the fiber keeps its
//      worker alive, and it has arrived before the worker is destroyed.
//
// Layer: sched (docs/layers.txt).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "loquat/detail/local.h"
#include "loquat/detail/result.h"
#include "loquat/detail/wait.h"
#include "loquat/time.h"

namespace loquat {

class Timeout;

namespace sched {

struct Stack;
class RunLog;
class Task;

// A reference to a callable: two words, no allocation. The callable must outlive it.
class Callable {
 public:
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, Callable>) Callable(F& body)
      : object_(const_cast<void*>(static_cast<const void*>(&body))), call_([](void* f) { (*static_cast<F*>(f))(); }) {}
  void operator()() const { call_(object_); }

 private:
  void* object_;
  void (*call_)(void*);
};

// The place of a spawn(). std::source_location would do, but clang 14 does not have it.
struct Place {
  const char* file = nullptr;
  unsigned line = 0;
  static constexpr Place here(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) noexcept {
    return {file, line};
  }
};

// Why a wait ended before the event that the fiber waits for.
enum class Interrupt : unsigned char { none, timeout, cancel };

// Requests to end a fiber that are still pending, as bits: cancel(), the end of the run, and a Timeout that has passed,
// which ends a block only.
enum Request : unsigned char { requested = 1, run_ends = 2, timed_out = 4 };

// The place where a fiber, or the loop of a worker, continues.
struct Context {
  void* point = nullptr;
  void* exceptions[2] = {nullptr, nullptr};  // __cxa_eh_globals
  Stack* stack = nullptr;
};

class Task : private Message {  // the message carries cancel() from another thread
 public:
  explicit Task(Place origin) : origin_(origin) {}
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  virtual ~Task() {
    if (failure_) forget();
  }

  // Calls the body.
  virtual void call() = 0;
  // Destroys the body, and the result if the task is dropped(). Runs on the fiber itself, where destructors may wait.
  virtual void finish() = 0;
  // nullptr in a program that is compiled without RTTI.
  virtual const std::type_info* body_type() const noexcept = 0;

  bool wait_done(TimePoint deadline);
  // For link(): nobody has asked, and a cancel() that came after the end, but before this fiber ran, is thrown.
  void wait_as_link();
  // Throws what the body threw, if it threw, with CancelledError in place of Cancelled.
  void throw_failure() {
    if (failure_) throw_it();
  }
  void cancel() noexcept;
  bool done() const noexcept { return done_.load(std::memory_order_acquire); }
  std::uint64_t waits() const noexcept { return waits_.load(std::memory_order_acquire); }

 protected:
  // Whether only the worker still refers to the task.
  bool dropped() const noexcept { return refs_.load(std::memory_order_acquire) == 1; }

 private:
  friend class loquat::Timeout;
  friend class InterruptibleWait;
  friend class Members;
  friend class Worker;
  friend class TaskView;
  friend struct Select;
  friend class Workers;
  friend class TaskRef;
  friend class RunQueue;
  friend class TaskList;
  friend struct DebugTable;

  bool takes_cancel(const void* const* exceptions) const noexcept;
  bool takes_end(const void* const* exceptions) const noexcept;
  bool takes_timed_out(const void* const* exceptions) const noexcept;
  void forget_timeouts() noexcept;
  static void cancel_arrived(Message* message) noexcept;
  bool wait_end(TimePoint deadline);
  void fail(RunLog& log) noexcept;
  void lose() noexcept;
  void forget() noexcept;
  [[noreturn]] void throw_it();

  std::atomic<std::size_t> refs_{0};
  std::atomic<bool> done_{false};
  std::atomic<bool> asked_{false};  // a join() or get() has seen the end
  std::atomic<std::uint64_t> waits_{0};
  bool ready_ = false;                                   // in the run queue, or running
  bool idle_ = false;                                    // in idle()
  bool waiting_ = false;                                 // in a wait that an interrupt may end
  bool message_sent_ = false;                            // but not arrived; under joiners_lock_
  bool no_memory_ = false;                               // for a stack of its own: it ends by std::bad_alloc
  bool lost_ = false;                                    // dropped() when its body was destroyed
  unsigned char requests_ = 0;                           // of Request
  std::uint32_t shields_ = 0;                            // each CancelShield takes a byte, so it cannot overflow
  Interrupt interrupt_ = Interrupt::none;                // what ended the present wait early
  void (*on_interrupt_)(void* data) noexcept = nullptr;  // how to end the present wait; nullptr: make the task ready
  void* on_interrupt_data_ = nullptr;
  const char* call_ = nullptr;     // the name of the present wait
  int descriptor_ = -1;            // that it waits for
  std::uint64_t waits_since_ = 0;  // Worker::turn_time()
  std::uint64_t number_ = 0;       // in the run, from 1
  std::uint64_t parent_ = 0;       // the number of the fiber that spawned it; 0: none
  std::uint64_t ended_at_ = 0;     // Worker::next_end(); once it is done
  Worker* worker_ = nullptr;
  Timeout* timeouts_ = nullptr;  // the innermost
  Locals locals_;
  Context context_;
  Task* next_ = nullptr;          // run queue
  Task* all_previous_ = nullptr;  // all tasks of the worker
  Task* all_next_ = nullptr;
  SpinLock joiners_lock_;
  WaitList joiners_;
  Place origin_;
  std::exception_ptr failure_;
  // Set by fail(): one reference to the log, and the type of the body.
  RunLog* log_;
  const std::type_info* body_;
};

class TaskRef {
 public:
  TaskRef() = default;
  explicit TaskRef(Task* task) noexcept : task_(task) { add(); }
  TaskRef(const TaskRef& other) noexcept : task_(other.task_) { add(); }
  TaskRef(TaskRef&& other) noexcept : task_(std::exchange(other.task_, nullptr)) {}
  TaskRef& operator=(TaskRef other) noexcept {
    std::swap(task_, other.task_);
    return *this;
  }
  ~TaskRef() {
    if (task_ != nullptr && task_->refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete task_;
  }
  // Takes over a reference that is already counted.
  void adopt(Task* task) noexcept { task_ = task; }
  Task* get() const noexcept { return task_; }
  Task* operator->() const noexcept { return task_; }
  Task& operator*() const noexcept { return *task_; }
  explicit operator bool() const noexcept { return task_ != nullptr; }

 private:
  void add() noexcept {
    if (task_ != nullptr) task_->refs_.fetch_add(1, std::memory_order_relaxed);
  }
  Task* task_ = nullptr;
};

template <class T>
class TaskOf : public Task {
 public:
  using Task::Task;
  T take() {
    throw_failure();
    return result_.take();
  }

 protected:
  Result<T> result_;
};

template <class T, class F>
class TaskFor : public TaskOf<T> {
 public:
  template <class... Args>
  explicit TaskFor(Place origin, Args&&... args) : TaskOf<T>(origin) {
    body_.set([&] { return F(std::forward<Args>(args)...); });
  }
  void call() override {
    this->result_.set([this]() -> T { return std::move(*body_)(); });
  }
  void finish() override {
    body_.reset();
    if constexpr (!std::is_scalar_v<T> && !std::is_reference_v<T> && !std::is_void_v<T>) {
      if (this->dropped()) this->result_.reset();
    }
  }
  const std::type_info* body_type() const noexcept override {
#if defined(__cpp_rtti)
    return &typeid(typename FunctionOf<F>::Type);
#else
    return nullptr;
#endif
  }

 private:
  Slot<F> body_;
};

// Hands `task` to the caller's worker, or to another one, and returns the first reference to it. Throws
// std::logic_error outside of run(), std::out_of_range if there is no such worker.
TaskRef start(Task* task);
TaskRef start_on(std::size_t worker, Task* task);

// loquat::offload() without the result.
void offload(Callable body);

}  // namespace sched
}  // namespace loquat
