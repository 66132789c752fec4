// task.cc - the end of a fiber: join() and cancel().
#include "loquat/detail/task.h"

#include <stdexcept>
#include <typeinfo>
#include <utility>

#include "sched/stack/unwinding.h"
#include "sched/worker.h"

namespace loquat::sched {

// The caller has a reference.
bool Task::wait_end(TimePoint deadline) {
  joiners_lock_.lock();
  if (!done()) return wait(joiners_lock_, joiners_, deadline, nullptr, "join");
  joiners_lock_.unlock();
  return true;
}

bool Task::wait_done(TimePoint deadline) {
  const Worker* const worker = Worker::of_fiber();
  if (worker != nullptr && worker->task() == this && deadline == never && !worker->cancel_pending())
    throw std::logic_error("a fiber joins itself: it would wait for ever");
  const TaskRef keep(this);  // the handle may be dropped during the wait
  const bool ended = wait_end(deadline);
  if (ended) asked_.store(true, std::memory_order_relaxed);
  return ended;
}

void Task::wait_as_link() {
  wait_end(never);
  Worker::current()->throw_if_cancelled();
}

void Task::cancel() noexcept {
  if (done()) return;
  if (Worker::current() == worker_) return worker_->cancel(this);
  const SpinGuard guard(joiners_lock_);
  if (done() || std::exchange(message_sent_, true)) return;
  refs_.fetch_add(1, std::memory_order_relaxed);  // the message's
  run = &cancel_arrived;
  worker_->post(this);
}

void Task::cancel_arrived(Message* message) noexcept {
  TaskRef task;
  task.adopt(static_cast<Task*>(message));
  {
    const SpinGuard guard(task->joiners_lock_);
    task->message_sent_ = false;
  }
  task->worker_->cancel(task.get());
}

// A destructor that waits during stack unwinding must not throw. The end of the run cancels every fiber, so it must not
// disturb a handler of Cancelled; a caller of cancel() chooses its fiber and may.
bool Task::takes_cancel(const void* const* exceptions) const noexcept {
  if (requests_ == 0 || shields_ != 0 || is_unwinding(exceptions)) return false;
  return takes_end(exceptions) || ((requests_ & timed_out) != 0 && takes_timed_out(exceptions));
}

// Whether a request ends the fiber, and not only a block.
bool Task::takes_end(const void* const* exceptions) const noexcept {
  if ((requests_ & requested) != 0) return true;
  return (requests_ & run_ends) != 0 && !is_handling(exceptions, typeid(Cancelled));
}

}  // namespace loquat::sched
