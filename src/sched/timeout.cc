#include "loquat/timeout.h"

#include <cstdio>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <typeinfo>

#include "sched/run_log.h"
#include "sched/stack/unwinding.h"
#include "sched/worker.h"
#include "sched/workers.h"
#include "sys/kernel.h"

namespace loquat {
namespace {

std::string seconds(Duration time) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", std::chrono::duration<double>(time).count());
  return text;
}

std::string sentence(const char* name, const sched::Place& where, Duration limit) {
  if (name == nullptr) return "the block at " + sched::place_of(where, nullptr) + " took longer than " + seconds(limit);
  return std::string(name) + " took longer than " + seconds(limit) + " (" + sched::place_of(where, nullptr) + ")";
}

}  // namespace

Timeout::Timeout(AnyDuration limit, const char* name, sched::Place where) : name_(name), where_(where) {
  sched::Worker* const worker = sched::Worker::of_fiber();
  if (worker == nullptr) throw std::logic_error("a Timeout outside of a fiber: only a fiber's waits can be limited");
  timer_.task = worker->task();
  timer_.timeout = this;
  forks_ = sys::forks();
  number_ = worker->enter(*this);
  try {
    arm(limit);
  } catch (...) {
    leave();
    throw;
  }
}

// In the child of a fork(2) there is no worker to leave.
Timeout::~Timeout() {
  if (timer_.task == nullptr || forks_ != sys::forks()) return;
  const sched::Worker* const worker = sched::Worker::of_fiber();
  if (worker == nullptr || worker->task() != timer_.task) {
    std::fprintf(stderr, "loquat: the Timeout of %s is destroyed by another fiber than made it\n",
                 sched::place_of(where_, nullptr).c_str());
    std::abort();
  }
  leave();
}

void Timeout::restart(AnyDuration limit) {
  if (timer_.task == nullptr || forks_ != sys::forks()) return;
  disarm();
  arm(limit);
}

void Timeout::arm(Duration limit) {
  limit_ = limit;
  sched::Worker& worker = *sched::Worker::current();
  if (limit <= Duration::zero()) return worker.expire(*this);
  timer_.when = sched::deadline_from_now(limit);
  if (timer_.when != never) worker.add(timer_);
}

void Timeout::disarm() noexcept {
  sched::Worker::current()->remove(timer_);
  expired_ = thrown_ = false;
  timer_.task->forget_timeouts();
}

void Timeout::leave() noexcept {
  sched::Worker& worker = *sched::Worker::current();
  worker.leave(*this);
  disarm();
  timer_.task = nullptr;
}

// Whether a wait throws it, now or again: not if it was thrown before the handler of a TimedOut was entered.
bool Timeout::ends_wait(const void* const* exceptions) const noexcept {
  if (!expired_) return false;
  return !thrown_ || thrown_in_ == exceptions[0] || !sched::is_handling(exceptions, typeid(TimedOut));
}

TimedOut::TimedOut(const Timeout& timeout)
    : text_(sentence(timeout.name_, timeout.where_, timeout.limit_)), number_(timeout.number_) {}

namespace sched {

// --- the Timeouts of a task ----------------------------------------------------------------------------------------

std::uint64_t Worker::enter(Timeout& timeout) {
  if (!timers_.make_room(fibers() + timeouts_ + 1)) throw std::bad_alloc();
  ++timeouts_;
  timeout.outer_ = std::exchange(running_->timeouts_, &timeout);
  return ++last_timeout_ << 10 | index_;  // there are at most 1024 workers
}

void Worker::leave(Timeout& timeout) noexcept {
  --timeouts_;
  Timeout** at = &running_->timeouts_;
  while (*at != &timeout) at = &(*at)->outer_;
  *at = timeout.outer_;
}

void Worker::expire(Timeout& timeout) noexcept {
  timeout.expired_ = true;
  cancel(timeout.timer_.task, timed_out);
}

void Worker::throw_timed_out() {
  Timeout* outermost = nullptr;
  for (Timeout* each = running_->timeouts_; each != nullptr; each = each->outer_) {
    if (!each->ends_wait(exceptions_)) continue;
    if (outermost == nullptr || outermost->thrown_ || !each->thrown_) outermost = each;
  }
  const bool nested = is_handling(exceptions_, typeid(TimedOut));
  outermost->thrown_ = true;
  outermost->thrown_in_ = nested ? exceptions_[0] : nullptr;
  outermost->kept_ = nested ? std::current_exception() : nullptr;
  throw TimedOut(*outermost);
}

// The fiber has ended.
void Worker::outlive(Task& task) noexcept {
  while (Timeout* const timeout = task.timeouts_) {
    try {
      workers_.log_->write_error("the Timeout of " + place_of(timeout->where_, nullptr) + " outlives its fiber");
    } catch (const std::bad_alloc&) {  // no memory for the line
    }
    timeout->leave();
  }
}

bool is_open(const TimedOut& timed_out) noexcept {
  const Worker* const worker = Worker::of_fiber();
  const Timeout* each = worker == nullptr ? nullptr : worker->innermost_timeout();
  while (each != nullptr && !timed_out.of(*each)) each = each->outer_;
  return each != nullptr;
}

bool Task::takes_timed_out(const void* const* exceptions) const noexcept {
  const Timeout* each = timeouts_;
  while (each != nullptr && !each->ends_wait(exceptions)) each = each->outer_;
  return each != nullptr;
}

void Task::forget_timeouts() noexcept {
  requests_ &= static_cast<unsigned char>(~timed_out);
  for (const Timeout* each = timeouts_; each != nullptr; each = each->outer_) {
    if (each->expired_) requests_ |= timed_out;
  }
}

}  // namespace sched
}  // namespace loquat
