// run_queue.h - the fibers of a worker that are ready to run.
//
// Layer: sched.
#pragma once

#include "loquat/detail/task.h"

namespace loquat::sched {

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
  // Whether all of them are in idle().
  bool is_idle() const noexcept {
    for (const Task* task = head_; task != nullptr; task = task->next_) {
      if (!task->idle_) return false;
    }
    return true;
  }

 private:
  Task* head_ = nullptr;
  Task* tail_ = nullptr;
};

}  // namespace loquat::sched
