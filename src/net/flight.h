// flight.h - an operation that waits, and how whoever closes its descriptor ends the wait. For descriptor.cc and
// call.cc.
//
// Layer: net.
#pragma once

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "net/descriptor.h"

namespace loquat::net {

// A plain thread waits in ppoll(2) for its descriptor and for this.
class ThreadWake {
 public:
  ThreadWake() {
    [[maybe_unused]] static const int registered = ::pthread_atfork(nullptr, nullptr, [] { ++forks; });
    open();
  }
  ~ThreadWake() { ::close(fd_); }
  ThreadWake(const ThreadWake&) = delete;
  ThreadWake& operator=(const ThreadWake&) = delete;

  // After a fork(2) the child's thread has its parent's eventfd, and would take the parent's wakes.
  void be_our_own() {
    if (forks_ == forks) return;
    ::close(fd_);
    open();
  }
  int fd() const { return fd_; }
  void wake() noexcept {
    std::uint64_t one = 1;
    [[maybe_unused]] auto written = ::write(fd_, &one, sizeof(one));
  }
  void drain() noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] auto got = ::read(fd_, &count, sizeof(count));
  }

 private:
  void open() {
    forks_ = forks;
    fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd_ < 0) throw_oserror(errno, {"eventfd", {}, {}, 0});
  }
  static inline std::atomic<unsigned> forks{0};  // that led to this process, from the first use on
  unsigned forks_ = 0;
  int fd_ = -1;
};

// An operation that waits, on its owner's stack.
struct Descriptor::Flight : sched::Message {
  sched::Worker::Performance* fiber = nullptr;  // or
  ThreadWake* thread = nullptr;
  bool posted = false;   // a cancel is on its way to the fiber's worker
  bool arrived = false;  // it has been there
  Flight* previous = nullptr;
  Flight* next_flight = nullptr;

  // With the descriptor's lock held, by whoever closes.
  void cancel() noexcept {
    if (thread != nullptr) return thread->wake();
    if (sched::Worker::current() == &fiber->worker) return fiber->cancel();
    posted = true;
    run = [](sched::Message* message) noexcept {
      auto* self = static_cast<Flight*>(message);
      self->fiber->cancel();
      self->arrived = true;
      self->fiber->worker.make_ready(self->fiber->task);
    };
    fiber->worker.post(this);
  }
};

}  // namespace loquat::net
