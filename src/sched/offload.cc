// offload.cc - a blocking call of a fiber, on a thread of the pool.
#include <atomic>
#include <cerrno>
#include <exception>

#include "loquat/detail/task.h"
#include "loquat/error.h"
#include "sched/workers.h"

namespace loquat::sched {

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
    if (!call.done) return wait_shielded(call.lock, call.waiters, deadline, "offload");
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

}  // namespace loquat::sched
