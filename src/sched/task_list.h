// task_list.h - the fibers of a worker that have not ended.
//
// Layer: sched.
#pragma once

#include "loquat/detail/task.h"

namespace loquat::sched {

class TaskList {
 public:
  void add(Task* task) noexcept {
    task->all_previous_ = nullptr;
    task->all_next_ = head_;
    if (head_ != nullptr) head_->all_previous_ = task;
    head_ = task;
  }
  void remove(Task* task) noexcept {
    (task->all_previous_ == nullptr ? head_ : task->all_previous_->all_next_) = task->all_next_;
    if (task->all_next_ != nullptr) task->all_next_->all_previous_ = task->all_previous_;
  }
  // call(task) may end the task.
  template <class F>
  void each(F&& call) {
    for (Task *task = head_, *next; task != nullptr; task = next) {
      next = task->all_next_;
      call(task);
    }
  }

 private:
  friend struct DebugTable;
  Task* head_ = nullptr;
};

}  // namespace loquat::sched
