#include "sched/worker.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/cpu_relax.h"
#include "base/ticks.h"
#include "sched/current_world.h"
#include "sched/workers.h"

namespace loquat::sched {
namespace {

constexpr std::chrono::microseconds lookout(10);  // for a message, before the worker sleeps
constexpr int turns_between_polls = 64;           // while messages come

}  // namespace

Worker::Worker(Workers& workers, std::size_t index, std::unique_ptr<Poller> poller, std::size_t stack_size)
    : workers_(workers), index_(index), poller_(std::move(poller)), stacks_(stack_size) {
  stop_message_.worker = this;
  stop_message_.run = [](Message* message) noexcept { static_cast<StopMessage*>(message)->worker->cancel_all(); };
}

// The messages that are left cancel fibers that have ended.
Worker::~Worker() { run_messages(); }

sys::World& Worker::world() const noexcept { return workers_.world(); }

namespace {
thread_local sys::World* thread_world = nullptr;
}

sys::World* current_world() noexcept {
  const Worker* const worker = Worker::current();
  return worker == nullptr ? thread_world : &worker->world();
}

void set_thread_world(sys::World* world) noexcept { thread_world = world; }

// --- the loop ------------------------------------------------------------------------------------------------------

bool Worker::turn(int slices) {
  turn_time_ = workers_.is_kernel() ? ticks() : static_cast<std::uint64_t>(world().now().time_since_epoch().count());
  run_messages();
  fire_timers();
  if (ready_.empty()) return false;
  slices_left_ = slices;
  run_ready();
  return true;
}

void Worker::loop() {
  enter();
  thread_.store(::gettid(), std::memory_order_relaxed);
  while (!workers_.over()) {
    turn();
    const bool works_on = !ready_.empty();
    if (works_on || (had_mail_ && mail_comes())) {
      if (works_on || ++unpolled_ == turns_between_polls) {
        unpolled_ = 0;
        poller_->wait(TimePoint::min());
      }
      continue;
    }
    if (workers_.over()) break;
    const TimePoint deadline = stacks_.is_warm() ? std::min(timers_.next(), trim_stacks()) : timers_.next();
    sleeping_.store(true, std::memory_order_seq_cst);
    bool mail = messages_.load(std::memory_order_seq_cst) != nullptr || workers_.over();
    const bool rests = !mail && workers_.is_watched() && nothing_can_come();
    if (rests) workers_.rest();
    poller_->wait(mail ? TimePoint::min() : deadline);
    if (rests) workers_.resume();
    sleeping_.store(false, std::memory_order_relaxed);
  }
  leave();
  for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i].wake();
}

// At most once a second, so that a stack that is soon used again keeps its pages. Returns when to come again.
TimePoint Worker::trim_stacks() noexcept {
  if (const TimePoint now = read_clock(); now >= next_trim_) {
    stacks_.trim_unused();
    next_trim_ = now + std::chrono::seconds(1);
  }
  return stacks_.is_warm() ? next_trim_ : never;
}

// Where two workers talk, an answer is often there sooner than a thread can fall asleep and be woken. So after a
// message the worker looks out for the next one for a moment; after each time in vain it does so more rarely.
bool Worker::mail_comes() noexcept {
  if (skips_ > 0) {
    --skips_;
    return false;
  }
  TimePoint present, end = never;
  do {
    for (int i = 0; i < 64; ++i) {
      if (messages_.load(std::memory_order_relaxed) != nullptr) {
        in_vain_ = 0;
        return true;
      }
      cpu_relax();
    }
    present = Clock::now();
    if (end == never) end = present + lookout;
  } while (present < end);
  in_vain_ = std::min(2 * in_vain_ + 1, 63);
  skips_ = in_vain_;
  return false;
}

// As soon as the message is in the list it may run, the fiber that it wakes may end, and then the run may end. From
// then on only posting_ keeps the worker alive, unless a worker of this run posts: the run waits for its thread.
void Worker::post(Message* message) noexcept {
  const bool from_inside = current_ != nullptr && &current_->workers_ == &workers_;
  if (!from_inside) workers_.posting_.fetch_add(1, std::memory_order_relaxed);
  Message* head = messages_.load(std::memory_order_relaxed);
  do {
    message->next = head;
  } while (!messages_.compare_exchange_weak(head, message, std::memory_order_seq_cst, std::memory_order_relaxed));
  if (sleeping_.load(std::memory_order_seq_cst)) poller_->wake();
  if (!from_inside) workers_.posting_.fetch_sub(1, std::memory_order_release);
}

void Worker::run_messages() noexcept {
  had_mail_ = messages_.load(std::memory_order_relaxed) != nullptr;
  if (!had_mail_) return;
  Message* newest_first = messages_.exchange(nullptr, std::memory_order_acquire);
  Message* oldest_first = nullptr;
  while (newest_first != nullptr) {
    Message* next = newest_first->next;
    newest_first->next = oldest_first;
    oldest_first = newest_first;
    newest_first = next;
  }
  while (oldest_first != nullptr) {
    Message* message = oldest_first;
    oldest_first = message->next;
    message->run(message);
  }
}

// A debugger takes from it how long a tick is.
TimePoint Worker::read_clock() noexcept {
  clock_turn_ = turn_time_;
  return clock_time_ = world().now();
}

void Worker::fire_timers() noexcept {
  if (timers_.next() == never) return;
  TimePoint now = read_clock();
  while (Timer* timer = timers_.pop_due(now)) {
    if (timer->timeout != nullptr) {
      expire(*timer->timeout);
    } else {
      interrupt(timer->task, Interrupt::timeout);
    }
  }
}

// --- fibers --------------------------------------------------------------------------------------------------------

// The fiber has called fork(2), and this is the child: it has no worker to return to.
void Worker::end_child(Task& task) noexcept {
  if (task.failure_) task.lose();
  ::_exit(task.failure_ ? EXIT_FAILURE : EXIT_SUCCESS);
}

// finish() destroys the user's objects. They may wait, but must not be cancelled.
void Worker::call(Task& task) noexcept {
  const bool ended_before = task.done();  // this run destroys its result
  if (!ended_before) {
    try {
      throw_if_cancelled();
      if (task.no_memory_) std::rethrow_exception(workers_.no_memory_);
      task.call();
    } catch (...) {
      task.fail(*workers_.log_);
    }
    if (current_ != this) end_child(task);
    ++task.shields_;
  }
  try {
    task.finish();
  } catch (...) {
    task.fail(*workers_.log_);
  }
  if (const unsigned left = task.locals_.clear()) leave_locals(task, left);
  if (task.timeouts_ != nullptr) outlive(task);
  task.lost_ = task.dropped();
  if (task.failure_ && task.lost_) task.lose();
  if (ended_before) return;
  if (workers_.main_.load(std::memory_order_relaxed) == &task) workers_.stop();
  SpinGuard guard(task.joiners_lock_);
  task.ended_at_ = next_end();
  task.done_.store(true, std::memory_order_release);
  while (Waiter* const joiner = pop(task.joiners_)) sched::wake(joiner);
}

void Worker::add(Task* task) noexcept {
  task->number_ = 1 + index_ + workers_.size() * last_number_++;
  all_.add(task);
  if (workers_.stopping()) task->requests_ = run_ends;
  task->ready_ = true;
  ready_.push(task);
}

bool TaskView::running() const noexcept { return worker_.task() == &task_; }

std::size_t TaskView::stack_used() const noexcept {
  if (!begun()) return 0;
  const Stack& stack = *task_.context_.stack;
  const auto* const lowest = static_cast<const char*>(running() ? __builtin_frame_address(0) : task_.context_.point);
  return static_cast<std::size_t>(stack.low + stack.size - lowest);
}

void Worker::park() {
  running_->ready_ = false;
  running_->waits_since_ = turn_time_;
  running_->waits_.store(running_->waits_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  switch_next();
}

void Worker::idle() {
  running_->idle_ = true;
  do {
    slices_left_ = 0;  // so that the loop looks for messages, timers and events
    yield();
  } while (!ready_.is_idle() && !cancel_pending());
  running_->idle_ = false;
}

void Worker::make_ready(Task* task) noexcept {
  if (std::exchange(task->ready_, true)) return;
  ready_.push(task);
}

const Stack* Worker::running_stack() noexcept {
  const Worker* worker = of_fiber();
  return worker == nullptr ? nullptr : worker->running_->context_.stack;
}

Place Worker::running_origin() noexcept {
  const Worker* worker = of_fiber();
  return worker == nullptr ? Place{} : worker->running_->origin_;
}

void Worker::trim_stack() noexcept {
  if (const Worker* worker = of_fiber()) {
    sched::trim_stack(*worker->running_->context_.stack, __builtin_frame_address(0));
  }
}

void Worker::throw_cancelled() {
  if (!running_->takes_end(exceptions_)) throw_timed_out();
  running_->requests_ &= timed_out;
  throw Cancelled{};
}

void Worker::interrupt(Task* task, Interrupt why) noexcept {
  if (task->interrupt_ != Interrupt::none) return;
  task->interrupt_ = why;
  if (task->on_interrupt_ != nullptr) {
    task->on_interrupt_(task->on_interrupt_data_);
  } else {
    make_ready(task);
  }
}

void Worker::cancel(Task* task, Request why) noexcept {
  if (task->done()) return;
  task->requests_ |= why;
  if (task->waiting_ && task->takes_cancel(task->context_.exceptions)) interrupt(task, Interrupt::cancel);
}

void Worker::cancel_all() noexcept {
  all_.each([this](Task* task) { cancel(task, run_ends); });
}

void Worker::shield(int change) noexcept { running_->shields_ += static_cast<std::uint32_t>(change); }

}  // namespace loquat::sched
