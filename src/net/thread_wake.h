// thread_wake.h - how a plain thread waits: in ppoll(2), for its descriptor and for whoever closes it.
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

// What ends the wait of its thread from another one.
class ThreadWake {
 public:
  ThreadWake() { open(); }
  ~ThreadWake() { ::close(fd_); }
  ThreadWake(const ThreadWake&) = delete;
  ThreadWake& operator=(const ThreadWake&) = delete;

  // After a fork(2) the child's thread has its parent's eventfd, and would take the parent's wakes.
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

// For a descriptor that poll(2) calls ready though the call cannot be done: an error queue that is not empty, bytes
// that are too few, a connection that somebody else has taken. Waiting in poll(2) would spin; here each event counts
// once, those of now too.
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

  // Readable when there has been an event since the last take().
  int fd() const { return fd_; }
  void take() noexcept {
    epoll_event event;
    ::epoll_wait(fd_, &event, 1, 0);
  }

 private:
  int fd_;
};

}  // namespace loquat::net
