// switch.cc - Worker: the switch from one fiber to the next.
#include <cxxabi.h>
#include <pthread.h>

#include "sched/stack/jump.h"
#include "sched/stack/sanitizers.h"
#include "sched/workers.h"

namespace loquat::sched {

constinit thread_local Worker* Worker::current_ = nullptr;

void Worker::enter() noexcept {
  // The child of a fork(2) has the calling fiber but no worker, so its calls block the thread.
  [[maybe_unused]] static const int registered = ::pthread_atfork(nullptr, nullptr, &Worker::leave);
  current_ = this;
  exceptions_ = reinterpret_cast<void**>(abi::__cxa_get_globals());
  if (loop_stack_.low == nullptr) {
    pthread_attr_t attributes;
    void* low = nullptr;
    if (::pthread_getattr_np(::pthread_self(), &attributes) == 0) {
      ::pthread_attr_getstack(&attributes, &low, &loop_stack_.size);
      ::pthread_attr_destroy(&attributes);
    }
    loop_stack_.low = static_cast<char*>(low);
    loop_context_.stack = &loop_stack_;
  }
  loop_stack_.tsan_fiber = tsan_current_fiber();
}

// Continues in `to`. Returns when another switch goes to `from`; never, if `last`.
// TSan must not instrument it: it would see one fiber enter and another leave.
LOQUAT_NO_TSAN inline void Worker::switch_to(Context& from, Context& to, bool last) {
  from.exceptions[0] = exceptions_[0];
  from.exceptions[1] = exceptions_[1];
  exceptions_[0] = to.exceptions[0];
  exceptions_[1] = to.exceptions[1];
  asan_start_switch(last ? nullptr : &from.stack->fake_stack, to.stack->low, to.stack->size);
  tsan_switch(to.stack->tsan_fiber);
  jump(&from.point, to.point);
  asan_finish_switch(from.stack->fake_stack);
}

// The first function on a new fiber's stack.
struct Worker::Entry {
  LOQUAT_NO_TSAN static void begin() {
    asan_finish_switch(nullptr);
    Worker& worker = *current_;
    worker.reap();
    worker.call(*worker.running_);
    worker.finish();
  }
};

// Gives the fiber a stack, and makes room for the timer of its wait beside those of Timeouts. Without memory the fiber
// gets the stack that is kept back and starts with std::bad_alloc. Returns false if another fiber has that stack.
bool Worker::give_stack(Task* task) noexcept {
  Stack* stack = nullptr;
  if (timers_.make_room(fibers() + timeouts_)) stack = stacks_.acquire();
  if (stack == nullptr) {
    stack = stacks_.acquire_last();
    task->no_memory_ = true;
  }
  if (stack == nullptr) return false;
  task->context_.stack = stack;
  task->context_.point = make_jump<&Entry::begin>(stack->low + stack->size, stack->size);
  return true;
}

// Takes the first ready fiber and gives it a stack. Returns nullptr if none is ready, or there is no stack now.
inline Task* Worker::take_ready() noexcept {
  Task* task = ready_.pop();
  if (task == nullptr || task->context_.stack != nullptr || give_stack(task)) return task;
  ready_.push(task);
  return nullptr;
}

// Continues in `next`. Returns when another switch goes to `from`; never, if `last`.
LOQUAT_NO_TSAN inline void Worker::go(Context& from, Task* next, bool last) {
  --slices_left_;
  running_ = next;
  pulse_.store((pulse() | 1) + 2, std::memory_order_relaxed);
  switch_to(from, next->context_, last);
}

LOQUAT_NO_TSAN inline void Worker::go_to_loop(Context& from, bool last) {
  running_ = nullptr;
  pulse_.store((pulse() | 1) + 1, std::memory_order_relaxed);
  switch_to(from, loop_context_, last);
}

// Runs ready fibers until the turn is over.
LOQUAT_NO_TSAN void Worker::run_ready() {
  Task* next = take_ready();
  if (next == nullptr) return;
  go(loop_context_, next);
  if (ended_ != nullptr) reap();
}

// Switches to the next ready fiber, or to the loop when the turn is over.
LOQUAT_NO_TSAN void Worker::switch_next() {
  Task* self = running_;
  Task* next = slices_left_ > 0 ? take_ready() : nullptr;
  if (next == self) {
    --slices_left_;
    return;
  }
  next != nullptr ? go(self->context_, next) : go_to_loop(self->context_);
  if (ended_ != nullptr) reap();
}

LOQUAT_NO_TSAN void Worker::yield() {
  Task* self = running_;
  ready_.push(self);
  switch_next();
}

LOQUAT_NO_TSAN void Worker::finish() {
  ended_ = running_;
  Task* next = slices_left_ > 0 ? take_ready() : nullptr;
  next != nullptr ? go(ended_->context_, next, true) : go_to_loop(ended_->context_, true);
  __builtin_unreachable();
}

// Releases the stack of the fiber that ended last. Called on another stack.
void Worker::reap() noexcept {
  Task* task = std::exchange(ended_, nullptr);
  if (task == nullptr) return;
  stacks_.release(std::exchange(task->context_.stack, nullptr));
  if (!task->lost_ && task->dropped()) [[unlikely]]
    return lay_out(task);
  all_.remove(task);
  const std::uint64_t count = ended_count_.load(std::memory_order_relaxed) + 1;
  if (workers_.stopping()) {
    ended_count_.store(count, std::memory_order_seq_cst);
  } else {
    ended_count_.store(count, std::memory_order_release);
  }
  TaskRef last;
  last.adopt(task);
}

// The handle was dropped after the fiber had ended. The fiber runs once more to destroy its result.
void Worker::lay_out(Task* task) noexcept { ready_.push(task); }

}  // namespace loquat::sched
