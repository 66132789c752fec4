// offload.cc - a blocking call of a fiber, on a thread of the process's pool or of a ThreadPool.
//
//   1. The caller and the pool share a Call. Who is first decides: the pool by `begun`, or the caller, which is
//      cancelled, by `withdrawn`. Then the pool only drops it when its turn comes.
//   2. From `begun` on the caller waits for the end, whatever happens, since the body may refer to its stack.
#include <atomic>
#include <cerrno>
#include <climits>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "loquat/detail/task.h"
#include "loquat/error.h"
#include "loquat/threadpool.h"
#include "sched/interruptible_wait.h"
#include "sched/workers.h"
#include "sys/kernel.h"
#include "sys/pool.h"

namespace loquat::sched {

class OwnThreads {
 public:
  explicit OwnThreads(int threads) : pool_(threads) { sys::kernel(); }  // which counts forks
  ~OwnThreads() { notice_fork(); }
  bool submit(sys::Job* job) {
    notice_fork();
    return pool_.submit(job);
  }
  void resize(int threads) {
    notice_fork();
    pool_.resize(threads);
  }
  int size() {
    notice_fork();
    return pool_.size();
  }

 private:
  void notice_fork() noexcept {
    const SpinGuard guard(lock_);
    if (forks_ == sys::forks()) return;
    pool_.reset_after_fork();
    forks_ = sys::forks();
  }

  sys::Pool pool_;
  SpinLock lock_;
  unsigned forks_ = sys::forks();
};

namespace {

struct Offloaded {
  enum State : int { queued, begun, ended, withdrawn };
  struct Turn : sys::Job {
    std::shared_ptr<Offloaded> call;
  };
  struct Arrival : Message {
    Offloaded* call = nullptr;
  };

  explicit Offloaded(Callable function) : body(function), worker(Worker::of_fiber()) {
    if (worker != nullptr) task = worker->task();
  }
  bool withdraw() noexcept {
    int expected = queued;
    return state.compare_exchange_strong(expected, withdrawn);
  }
  void perform() noexcept;
  void tell_caller() noexcept;
  void wake_fiber() noexcept {
    over = true;
    worker->make_ready(task);
  }

  Callable body;
  std::exception_ptr failure;
  std::atomic<int> state{queued};
  Turn turn;  // in the pool
  Arrival arrival;
  Worker* const worker;  // of the fiber that waits; nullptr: a plain thread
  Task* task = nullptr;
  bool over = false;  // for the fiber
};

void Offloaded::perform() noexcept {
  int expected = queued;
  if (!state.compare_exchange_strong(expected, begun)) return;
  try {
    body();
  } catch (...) {
    failure = std::current_exception();
  }
  state = ended;
  tell_caller();
}

void Offloaded::tell_caller() noexcept {
  if (worker == nullptr) return state.notify_all();
  if (Worker::current() == worker) return wake_fiber();
  arrival.call = this;
  arrival.run = [](Message* message) noexcept { static_cast<Arrival*>(message)->call->wake_fiber(); };
  worker->post(&arrival);
}

void warn(Worker& worker) {
  write_log(worker.workers().log(), LogLevel::warning,
            "an offload() has waited 10 s for a thread: all of them are busy. A function that waits for another "
            "offload() keeps its thread meanwhile");
}

void wait_in_fiber(Offloaded& call, bool warns) {
  Worker& worker = *call.worker;
  TimePoint deadline = warns ? deadline_from_now(std::chrono::seconds(10)) : never;
  bool cancellable = true;
  for (;;) {
    // Also a cancel that came while the warning was due.
    if (cancellable && worker.cancel_pending()) {
      if (call.withdraw()) worker.throw_if_cancelled();
      cancellable = false;
    }
    {
      const InterruptibleWait wait(worker, deadline, cancellable, nullptr, nullptr, "offload");
      while (!call.over && worker.interrupted() == Interrupt::none) worker.park();
    }
    if (call.over) return;
    if (worker.interrupted() == Interrupt::timeout) {
      if (call.state == Offloaded::queued) warn(worker);
      deadline = never;
    }
  }
}

void wait_in_thread(Offloaded& call) {
  for (int state = call.state; state != Offloaded::ended; state = call.state) call.state.wait(state);
}

// `submit` hands a job to a pool.
template <class Submit>
void offload_by(Submit submit, Callable body, bool warns) {
  const auto call = std::make_shared<Offloaded>(body);
  if (call->worker != nullptr) call->worker->throw_if_cancelled();
  call->turn.call = call;
  call->turn.run = [](sys::Job* job) noexcept {
    const auto mine = std::move(static_cast<Offloaded::Turn*>(job)->call);
    mine->perform();
  };
  if (!submit(&call->turn)) {
    call->turn.call.reset();
    throw_oserror(EAGAIN, {"offload: no thread can be started", {}, {}, 0});
  }
  call->worker != nullptr ? wait_in_fiber(*call, warns) : wait_in_thread(*call);
  if (const auto failure = std::move(call->failure))
    std::rethrow_exception(failure);  // the pool may drop the call later
}

}  // namespace

void offload(Callable body) {
  Worker* const worker = Worker::of_fiber();
  if (worker == nullptr) return body();
  offload_by([worker](sys::Job* job) { return worker->world().offload(job); }, body, true);
}

void offload(OwnThreads& threads, Callable body) {
  const Worker* const worker = Worker::of_fiber();
  if (worker != nullptr && !worker->world().is_kernel()) return offload(body);
  offload_by([&threads](sys::Job* job) { return threads.submit(job); }, body, false);
}

}  // namespace loquat::sched

namespace loquat {

namespace {

int checked_threads(std::size_t threads) {
  if (threads == 0 || threads > INT_MAX)
    throw std::invalid_argument("a pool of " + std::to_string(threads) + " threads");
  return static_cast<int>(threads);
}

}  // namespace

ThreadPool::ThreadPool(std::size_t threads) : threads_(std::make_unique<sched::OwnThreads>(checked_threads(threads))) {}
ThreadPool::~ThreadPool() = default;
void ThreadPool::resize(std::size_t threads) { threads_->resize(checked_threads(threads)); }
std::size_t ThreadPool::size() const { return static_cast<std::size_t>(threads_->size()); }

}  // namespace loquat
