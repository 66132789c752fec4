// interruptible_wait.h - a wait of the running fiber that its deadline or a cancel may end early.
//
// Layer: sched.
#pragma once

#include "loquat/detail/task.h"
#include "sched/timers.h"
#include "sched/worker.h"

namespace loquat::sched {

// `call` names the wait, and `descriptor` is what it waits for, or -1, in lists of fibers.
// During its lifetime the deadline, and a cancel if `cancellable`, call on_interrupt(data). If that is nullptr, they
// make the task ready. Throws nothing: call throw_if_cancelled() first.
class InterruptibleWait {
 public:
  InterruptibleWait(Worker& worker, TimePoint deadline, bool cancellable, void (*on_interrupt)(void*) noexcept,
                    void* data, const char* call, int descriptor = -1)
      : worker_(worker), task_(worker.task()) {
    task_->interrupt_ = Interrupt::none;
    task_->on_interrupt_ = on_interrupt;
    task_->on_interrupt_data_ = data;
    task_->waiting_ = cancellable;
    task_->call_ = call;
    task_->descriptor_ = descriptor;
    if (deadline == never) return;
    timer_.when = deadline;
    timer_.task = task_;
    worker_.timers_.add(timer_);
  }
  ~InterruptibleWait() {
    worker_.timers_.remove(timer_);
    task_->waiting_ = false;
    task_->call_ = nullptr;
  }
  InterruptibleWait(const InterruptibleWait&) = delete;
  InterruptibleWait& operator=(const InterruptibleWait&) = delete;

 private:
  Worker& worker_;
  Task* task_;
  Timer timer_;
};

}  // namespace loquat::sched
