// task.h - the control block of a fiber. Inside fiber.h; not for use by itself.
//
//   1. A task lives while somebody holds a TaskRef; its worker holds one until it has ended.
//   2. Everything but refs_, done_, waits_, joiners_ and the message is touched on the task's own worker only.
//   3. done_ is set, and the message sent, under joiners_lock_. So a message is sent only while the fiber keeps its worker
//      alive, and is still there when the worker goes.
//
// Layer: sched (docs/layers.txt).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "loquat/detail/wait.h"
#include "loquat/time.h"

namespace loquat::sched {

struct Stack;
class Task;

// A reference to a callable: two words, no allocation. The callable outlives it.
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

// Why a waiting fiber was made to run again before what it waited for came.
enum class Interrupt : unsigned char { none, timeout, cancel };

// Who wants a fiber to end, and has not been obeyed yet. Bits.
enum Request : unsigned char { requested = 1, run_ends = 2 };

// Where a fiber, or a worker's loop, goes on when it is not running.
struct Context {
  void* point = nullptr;
  void* exceptions[2] = {nullptr, nullptr};  // __cxa_eh_globals
  Stack* stack = nullptr;
};

class Task : private Message {  // which carries cancel() from another thread
 public:
  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  virtual ~Task() = default;

  // Calls the body and destroys it.
  virtual void call() = 0;
  // Destroys the result that nobody will ask for, on the fiber itself, where destructors may wait.
  virtual void discard() noexcept {}

  bool wait_done(TimePoint deadline);
  void cancel() noexcept;
  bool done() const noexcept { return done_.load(std::memory_order_acquire); }
  std::uint64_t waits() const noexcept { return waits_.load(std::memory_order_acquire); }
  std::exception_ptr failure;

 private:
  friend class Worker;
  friend class Workers;
  friend class TaskRef;
  friend class RunQueue;
  friend class TaskList;

  bool takes_cancel(const void* const* exceptions) const noexcept;
  static void cancel_arrived(Message* message) noexcept;

  std::atomic<std::size_t> refs_{0};
  std::atomic<bool> done_{false};
  std::atomic<std::uint64_t> waits_{0};
  bool ready_ = false;                                   // in the run queue, or running
  bool waiting_ = false;                                 // in a wait that an interrupt may end
  bool message_sent_ = false;                            // and not arrived; under joiners_lock_
  bool no_memory_ = false;                               // to begin with: it ends by std::bad_alloc
  unsigned char requests_ = 0;                           // of Request
  std::uint32_t shields_ = 0;                            // each takes a byte of memory, so it does not wrap
  Interrupt interrupt_ = Interrupt::none;                // what ended the present wait early
  void (*on_interrupt_)(void* data) noexcept = nullptr;  // how to end the present wait; nullptr: make the task ready
  void* on_interrupt_data_ = nullptr;
  Worker* worker_ = nullptr;
  Context context_;
  Task* next_ = nullptr;          // run queue
  Task* all_previous_ = nullptr;  // all tasks of the worker
  Task* all_next_ = nullptr;
  SpinLock joiners_lock_;
  WaitList joiners_;
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
  // Takes over a reference that was counted already.
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
  void discard() noexcept override { result.reset(); }
  std::optional<T> result;
};
template <>
class TaskOf<void> : public Task {};

template <class T, class F>
class TaskFor final : public TaskOf<T> {
 public:
  template <class G>
  explicit TaskFor(G&& body) : body_(std::forward<G>(body)) {}
  void call() override {
    struct Destroy {
      std::optional<F>& body;
      ~Destroy() { body.reset(); }
    } destroy{body_};
    if constexpr (std::is_void_v<T>) {
      (*body_)();
    } else {
      this->result.emplace((*body_)());
    }
  }

 private:
  std::optional<F> body_;
};

inline constexpr std::size_t this_worker = static_cast<std::size_t>(-1);

// Hands `task` to a worker and returns the first reference to it. Throws std::logic_error outside of run(), and
// std::out_of_range for a worker that is not there.
TaskRef start(Task* task, std::size_t worker);

// loquat::offload() without the result.
void offload(Callable body);

}  // namespace loquat::sched
