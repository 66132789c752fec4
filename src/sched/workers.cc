// workers.cc - the set of workers of a run, and the public functions that find the caller's one.
#include <sched.h>

#include <cerrno>
#include <stdexcept>
#include <string>

#include "loquat/error.h"
#include "loquat/fiber.h"
#include "sched/run_log.h"
#include "sched/sanitizers.h"
#include "sched/worker.h"

namespace loquat {
namespace sched {

namespace {

void check_range(const std::string& what, std::size_t value, const char* unit, std::size_t least, std::size_t most) {
  if (value >= least && value <= most) return;
  throw std::invalid_argument(what + std::to_string(value) + unit + std::to_string(least) + " to " +
                              std::to_string(most) + " are possible");
}

}  // namespace

void Workers::check(const char* call, std::size_t workers, std::size_t stack_size) {
  check_range(std::string(call) + ": ", workers, " workers; ", 1, 1024);
  check_range(std::string(call) + ": a stack of ", stack_size, " bytes; ", 16 * 1024, 1 << 30);
}

Workers::Workers(sys::World& world, const Options& options)
    : world_(world), options_(options), log_(new RunLog(options.log)) {}

Workers::~Workers() {
  while (posting_.load(std::memory_order_acquire) != 0) ::sched_yield();
  workers_.clear();
  log_->close();
  log_->drop();
}

void Workers::add(std::unique_ptr<Poller> poller) {
  workers_.push_back(std::make_unique<Worker>(*this, workers_.size(), std::move(poller),
                                              std::max(options_.stack_size, smallest_stack)));
}

// All that may throw comes first: once the worker has its reference, the fiber will run.
LogSink* Workers::log() const noexcept { return log_->sink(); }

TaskRef Workers::start(Task* task, std::size_t index) {
  TaskRef handle(task);
  if (index >= workers_.size()) {
    throw std::out_of_range("spawn_on: there is no worker " + std::to_string(index) + "; this run has 0 to " +
                            std::to_string(workers_.size() - 1));
  }
  Worker& worker = *workers_[index];
  struct Arrival : Message {
    Worker* worker;
    Task* task;
  };
  auto* arrival = Worker::current() == &worker ? nullptr : new Arrival{};
  task->worker_ = &worker;
  task->refs_.fetch_add(1, std::memory_order_relaxed);  // the worker's
  worker.started_.fetch_add(1, std::memory_order_relaxed);
  if (arrival == nullptr) {
    worker.add(task);
    return handle;
  }
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

bool Task::wait_done(TimePoint deadline) {
  joiners_lock_.lock();
  if (done()) {
    joiners_lock_.unlock();
    asked_.store(true, std::memory_order_relaxed);
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
    if (!call.begun) {
      write_log(worker.workers().log(), LogLevel::warning,
                "an offload() has waited 10 s for a thread: all of them are busy. A function that waits for another "
                "offload() keeps its thread meanwhile");
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
