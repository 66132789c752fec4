// fiber.cc - the public functions that act on the caller's worker.
#include "loquat/fiber.h"

#include <stdexcept>
#include <string>

#include "sched/current_world.h"
#include "sched/workers.h"

namespace loquat {
namespace sched {

namespace {

Worker& worker_for(Task* task, const char* call) {
  if (Worker* worker = Worker::current()) return *worker;
  const TaskRef unused(task);
  throw std::logic_error(std::string(call) + "() outside of run()");
}

}  // namespace

TaskRef start(Task* task) {
  Worker& worker = worker_for(task, "spawn");
  return worker.workers().start(task, worker.index());
}

TaskRef start_on(std::size_t index, Task* task) { return worker_for(task, "spawn_on").workers().start(task, index); }

TimePoint deadline_from_now(Duration timeout) noexcept { return deadline_after(now(), timeout); }

}  // namespace sched

std::size_t workers() noexcept {
  sched::Worker* worker = sched::Worker::current();
  return worker == nullptr ? 0 : worker->workers().size();
}

std::size_t worker() noexcept {
  sched::Worker* worker = sched::Worker::current();
  return worker == nullptr ? 0 : worker->index();
}

TimePoint now() noexcept {
  sys::World* world = sched::current_world();
  return world == nullptr ? Clock::now() : world->now();
}

namespace {

[[gnu::noinline]] void sleep_until(TimePoint deadline) {
  sched::SpinLock lock;
  sched::WaitList nobody;
  lock.lock();
  (void)sched::wait(lock, nobody, deadline, nullptr, "sleep");
}

}  // namespace

void sleep(AnyDuration time) {
  sched::Worker* worker = sched::Worker::of_fiber();
  if (worker == nullptr || time > Duration::zero()) return sleep_until(sched::deadline_from_now(time));
  worker->throw_if_cancelled();
  worker->yield();
}

namespace sched {

Ticks::Ticks(Duration interval) : interval_(interval), next_(deadline_from_now(interval)) {
  if (interval <= Duration::zero()) throw std::invalid_argument("spawn_every: the interval must be positive");
}

void Ticks::wait() {
  const TimePoint present = now();
  if (next_ < present) next_ += interval_ * ((present - next_) / interval_ + 1);
  sleep_until(next_);
  next_ = deadline_after(next_, interval_);
}

}  // namespace sched

void idle() {
  sched::Worker* const worker = sched::Worker::of_fiber();
  if (worker == nullptr) return;
  worker->throw_if_cancelled();
  worker->idle();
  worker->throw_if_cancelled();
}

CancelShield::CancelShield() noexcept {
  if (sched::Worker* worker = sched::Worker::of_fiber()) worker->shield(+1);
}

CancelShield::~CancelShield() {
  if (sched::Worker* worker = sched::Worker::of_fiber()) worker->shield(-1);
}

}  // namespace loquat
