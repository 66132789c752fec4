// switch.cc - from one fiber to the next. The only file that knows Boost.Context.
#include <cxxabi.h>
#include <pthread.h>

#include <boost/context/detail/fcontext.hpp>

#include "sched/sanitizers.h"
#include "sched/worker.h"

namespace loquat::sched {

namespace fcontext = boost::context::detail;

thread_local Worker* Worker::current_ = nullptr;

void Worker::enter() noexcept {
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

// Goes on in `to` and returns when somebody comes back to `from`; never, if `last`.
//
// fcontext hands each side what the other one passed: here the Context that was left, so that the arriving side writes
// down where the leaving one stopped. Not instrumented for TSan: entering and leaving it would be two different fibers.
LOQUAT_NO_TSAN inline void Worker::switch_to(Context& from, Context& to, bool last) {
  from.exceptions[0] = exceptions_[0];
  from.exceptions[1] = exceptions_[1];
  exceptions_[0] = to.exceptions[0];
  exceptions_[1] = to.exceptions[1];
  asan_start_switch(last ? nullptr : &from.stack->fake_stack, to.stack->low, to.stack->size);
  tsan_switch(to.stack->tsan_fiber);
  fcontext::transfer_t back = fcontext::jump_fcontext(to.point, &from);
  static_cast<Context*>(back.data)->point = back.fctx;
  asan_finish_switch(from.stack->fake_stack);
}

// Where a new fiber begins, on its own stack.
struct Worker::Entry {
  LOQUAT_NO_TSAN static void begin(fcontext::transfer_t arrived) {
    static_cast<Context*>(arrived.data)->point = arrived.fctx;
    asan_finish_switch(nullptr);
    Worker& worker = *current_;
    worker.reap();
    worker.call(*worker.running_);
    worker.finish();
  }
};

void Worker::give_stack(Task* task) {
  Stack* stack = stacks_.acquire();
  task->context_.stack = stack;
  task->context_.point = fcontext::make_fcontext(stack->low + stack->size, stack->size, &Entry::begin);
}

inline void Worker::start_running(Task* task) {
  if (task->context_.stack == nullptr) give_stack(task);
  running_ = task;
}

// Leaves the running fiber, or the loop, for the next ready fiber; for the loop when the turn is over.
LOQUAT_NO_TSAN void Worker::switch_next() {
  Context& from = running_ != nullptr ? running_->context_ : loop_context_;
  Task* self = running_;
  Task* next = slices_left_ > 0 ? ready_.pop() : nullptr;
  if (next != nullptr) {
    --slices_left_;
    if (next == self) return;
    start_running(next);
    switch_to(from, next->context_);
  } else if (self != nullptr) {
    running_ = nullptr;
    switch_to(from, loop_context_);
  } else {
    return;
  }
  running_ = self;
  if (ended_ != nullptr) reap();
}

LOQUAT_NO_TSAN void Worker::finish() {
  Task* self = running_;
  ended_ = self;
  Task* next = slices_left_ > 0 ? ready_.pop() : nullptr;
  if (next != nullptr) {
    --slices_left_;
    start_running(next);
    switch_to(self->context_, next->context_, true);
  } else {
    running_ = nullptr;
    switch_to(self->context_, loop_context_, true);
  }
  __builtin_unreachable();
}

// Gives back the stack of the fiber that ended last, from another stack.
void Worker::reap() noexcept {
  Task* task = std::exchange(ended_, nullptr);
  if (task == nullptr) return;
  stacks_.release(std::exchange(task->context_.stack, nullptr));
  all_.remove(task);
  auto order = workers_.stopping() ? std::memory_order_seq_cst : std::memory_order_release;
  ended_count_.store(ended_count_.load(std::memory_order_relaxed) + 1, order);
  TaskRef last;
  last.adopt(task);
}

}  // namespace loquat::sched
