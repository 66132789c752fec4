// thread_wake.h - how a plain thread waits: in ppoll(2), on its descriptor and on an eventfd that close() writes to.
//
// Layer: net.
#pragma once

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "loquat/error.h"
#include "sys/kernel.h"

namespace loquat::net {

// Lets other threads end the wait of its thread.
class ThreadWake {
 public:
  ThreadWake() { open(); }
  ~ThreadWake() { ::close(fd_); }
  ThreadWake(const ThreadWake&) = delete;
  ThreadWake& operator=(const ThreadWake&) = delete;

  // After fork(2) the child's thread shares the eventfd of its parent and would consume the parent's wakes.
  void renew_after_fork() {
    if (forks_ == sys::forks()) return;
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
    forks_ = sys::forks();
    fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd_ < 0) throw_oserror(errno, {"eventfd", {}, {}, 0});
  }
  unsigned forks_ = 0;
  int fd_ = -1;
};

// For a descriptor that poll(2) calls ready although the operation would wait: its error queue is not empty, too few
// bytes have arrived, or another process took the connection. Waiting in poll(2) would spin; here each event counts
// once, including those pending now.
class Edges {
 public:
  explicit Edges(int descriptor) : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
    epoll_event all{EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET, {}};
    if (fd_ >= 0 && ::epoll_ctl(fd_, EPOLL_CTL_ADD, descriptor, &all) == 0) return;
    const int error = errno;
    ::close(fd_);
    throw_oserror(error, {"epoll_create1", {}, {}, 0});
  }
  ~Edges() { ::close(fd_); }
  Edges(const Edges&) = delete;
  Edges& operator=(const Edges&) = delete;

  // Readable if an event has occurred since the last take().
  int fd() const { return fd_; }
  void take() noexcept {
    epoll_event event;
    ::epoll_wait(fd_, &event, 1, 0);
  }

 private:
  int fd_;
};

}  // namespace loquat::net
