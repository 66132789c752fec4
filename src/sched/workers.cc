// workers.cc - the set of workers of a run, and the public functions that find the caller's one.
#include <sched.h>

#include <cerrno>
#include <stdexcept>
#include <string>

#include "loquat/error.h"
#include "loquat/fiber.h"
#include "sched/sanitizers.h"
#include "sched/worker.h"

namespace loquat {
namespace sched {

Workers::~Workers() {
  while (posting_.load(std::memory_order_acquire) != 0) ::sched_yield();
}

void Workers::add(std::unique_ptr<Poller> poller) {
  workers_.push_back(std::make_unique<Worker>(*this, workers_.size(), std::move(poller),
                                              std::max(options_.stack_size, smallest_stack)));
}

TaskRef Workers::start(Task* task, std::size_t index) {
  TaskRef handle(task);
  if (index >= workers_.size()) {
    throw std::out_of_range("spawn_on worker " + std::to_string(index) + " of " + std::to_string(workers_.size()));
  }
  Worker& worker = *workers_[index];
  task->worker_ = &worker;
  task->refs_.fetch_add(1, std::memory_order_relaxed);  // the worker's
  worker.started_.fetch_add(1, std::memory_order_relaxed);
  if (Worker::current() == &worker) {
    worker.add(task);
    return handle;
  }
  struct Arrival : Message {
    Worker* worker;
    Task* task;
  };
  auto* arrival = new Arrival{};
  arrival->worker = &worker;
  arrival->task = task;
  arrival->run = [](Message* message) noexcept {
    auto* arrived = static_cast<Arrival*>(message);
    arrived->worker->add(arrived->task);
    delete arrived;
  };
  worker.post(arrival);
  return handle;
}

TaskRef Workers::start_main(Task* task) {
  main_ = task;
  return start(task, 0);
}

void Workers::stop() noexcept {
  if (stopping_.exchange(true, std::memory_order_acq_rel)) return;
  for (auto& worker : workers_) worker->post(&worker->stop_message_);
}

// First all that ended, then all that started: if they are as many, there was a moment between with no fiber at all.
bool Workers::over() const noexcept {
  if (!stopping()) return false;
  std::uint64_t ended = 0;
  std::uint64_t started = 0;
  for (auto& worker : workers_) ended += worker->ended_count_.load(std::memory_order_acquire);
  for (auto& worker : workers_) started += worker->started_.load(std::memory_order_acquire);
  return started == ended;
}

namespace {
thread_local sys::World* thread_world = nullptr;
}

sys::World* current_world() noexcept {
  Worker* worker = Worker::current();
  return worker == nullptr ? thread_world : &worker->world();
}

void set_thread_world(sys::World* world) noexcept { thread_world = world; }

TaskRef start(Task* task, std::size_t index) {
  Worker* worker = Worker::current();
  if (worker == nullptr) {
    TaskRef unused(task);
    throw std::logic_error("spawn() outside of run()");
  }
  return worker->workers().start(task, index == this_worker ? worker->index() : index);
}

TimePoint deadline_from_now(Duration timeout) noexcept { return deadline_after(now(), timeout); }

bool Task::wait_done(TimePoint deadline) {
  joiners_lock_.lock();
  if (done()) {
    joiners_lock_.unlock();
    return true;
  }
  const TaskRef keep(this);  // the handle may be dropped meanwhile
  return wait(joiners_lock_, joiners_, deadline);
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

void offload(Callable body) {
  if (Worker::of_fiber() == nullptr) return body();
  struct Call : sys::Job {
    explicit Call(Callable f) : body(f) {}
    Callable body;
    std::exception_ptr failure;
    SpinLock lock;
    WaitList waiters;
    std::atomic<bool> begun{false};
    bool done = false;
  } call(body);
  call.run = [](sys::Job* job) noexcept {
    auto& self = *static_cast<Call*>(job);
    self.begun = true;
    try {
      self.body();
    } catch (...) {
      self.failure = std::current_exception();
    }
    self.lock.lock();
    self.done = true;
    Waiter* waiter = pop(self.waiters);
    self.lock.unlock();
    if (waiter != nullptr) wake(waiter);
  };
  Worker& worker = *Worker::current();
  worker.throw_if_cancelled();
  if (!worker.world().offload(&call)) throw_oserror(EAGAIN, {"offload: no thread can be started", {}, {}, 0});
  const auto wait_done = [&](TimePoint deadline) {
    call.lock.lock();
    if (!call.done) return wait_shielded(call.lock, call.waiters, deadline);
    call.lock.unlock();
    return true;
  };
  if (!wait_done(deadline_from_now(std::chrono::seconds(10)))) {
    if (!call.begun && worker.workers().log() != nullptr) {
      worker.workers().log()->write(LogLevel::warning,
                                    "an offload() has waited 10 s for a thread: all of them are busy. A function that "
                                    "waits for another offload() keeps its thread meanwhile");
    }
    wait_done(never);
  }
  if (call.failure) std::rethrow_exception(call.failure);
}

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
  (void)sched::wait(lock, nobody, deadline);
}

}  // namespace

void sleep(AnyDuration time) {
  sched::Worker* worker = sched::Worker::of_fiber();
  if (worker == nullptr || time > Duration::zero()) return sleep_until(sched::deadline_from_now(time));
  worker->throw_if_cancelled();
  worker->yield();
}

CancelShield::CancelShield() noexcept {
  if (sched::Worker* worker = sched::Worker::of_fiber()) worker->shield(+1);
}

CancelShield::~CancelShield() {
  if (sched::Worker* worker = sched::Worker::of_fiber()) worker->shield(-1);
}

}  // namespace loquat
