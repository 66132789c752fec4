#include "loquat/group.h"

#include <stdexcept>

#include "sched/worker.h"

namespace loquat::sched {

Members::Member::Member(Members& all) noexcept : all_(all) {
  const SpinGuard guard(all.lock_);
  ++all.count_;
  cancels_ = all.cancels_;
}

void Members::Member::begin() {
  const SpinGuard guard(all_.lock_);
  if (cancels_ != all_.cancels_ || all_.failed_ || all_.closing_) throw Cancelled();
  task_ = Worker::of_fiber()->task();
  all_.append(*this);
}

// A fiber without memory for a stack has failed before it could begin.
void Members::Member::leave() noexcept {
  if (std::exchange(left_, true)) return;
  const Worker* worker = Worker::of_fiber();
  Task* task = task_ == nullptr && worker != nullptr ? worker->task() : task_;
  if (task != nullptr && all_.note_failure(*task)) all_.cancel_all_but(task);
  const SpinGuard guard(all_.lock_);
  if (task_ != nullptr) all_.remove(*this);
  if (--all_.count_ > 0) return;
  while (Waiter* waiter = pop(all_.joiners_)) wake(waiter);
}

// A fiber that was cancelled counts as asked for.
bool Members::note_failure(Task& task) noexcept {
  const SpinGuard guard(lock_);
  if (failures_alone_ || failed_ || !task.failure_ || task.asked_.load(std::memory_order_relaxed)) return false;
  failed_ = TaskRef(&task);
  return true;
}

void Members::append(Member& member) noexcept {
  member.previous_ = last_;
  member.next_ = nullptr;
  (last_ == nullptr ? first_ : last_->next_) = &member;
  last_ = &member;
}

void Members::remove(Member& member) noexcept {
  (member.previous_ == nullptr ? first_ : member.previous_->next_) = member.next_;
  (member.next_ == nullptr ? last_ : member.next_->previous_) = member.previous_;
}

// Those that the cancel has met stand behind the others. The lock is free during each cancel(), which takes the lock of
// what the fiber waits for: another group, say, whose fiber waits for this one.
void Members::cancel_all_but(const Task* spared) noexcept {
  lock_.lock();
  ++cancels_;
  while (first_ != nullptr && first_->cancels_ != cancels_) {
    Member& member = *first_;
    member.cancels_ = cancels_;
    remove(member);
    append(member);
    if (member.task_ == spared) continue;
    const TaskRef task(member.task_);
    lock_.unlock();
    task->cancel();
    lock_.lock();
  }
  lock_.unlock();
}

void Members::cancel() noexcept { cancel_all_but(nullptr); }

std::size_t Members::size() const noexcept {
  const SpinGuard guard(lock_);
  return count_;
}

void Members::throw_failure() {
  lock_.lock();
  const TaskRef failed = failed_;
  lock_.unlock();
  if (failed) failed->throw_failure();
}

bool Members::join(TimePoint deadline) {
  const Worker* worker = Worker::of_fiber();
  lock_.lock();
  for (const Member* each = first_; worker != nullptr && each != nullptr; each = each->next_) {
    if (each->task_ != worker->task()) continue;
    lock_.unlock();
    throw std::logic_error("Group::join() in a fiber of the group, which would wait for itself");
  }
  while (count_ > 0) {
    if (!wait(lock_, joiners_, deadline, nullptr, "Group::join")) return false;
    lock_.lock();
  }
  const TaskRef failed = std::exchange(failed_, {});
  lock_.unlock();
  if (failed) failed->throw_failure();
  return true;
}

Members::~Members() {
  lock_.lock();
  closing_ = true;  // what is spawned from now on never begins
  lock_.unlock();
  cancel_all_but(nullptr);
  lock_.lock();
  while (count_ > 0) {
    (void)wait_shielded(lock_, joiners_, never, "~Group");
    lock_.lock();
  }
  lock_.unlock();
}

}  // namespace loquat::sched
