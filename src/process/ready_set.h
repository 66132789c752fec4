// ready_set.h - waits until one of several descriptors is ready, in one wait of the fiber or thread.
//
// It is an epoll(7) instance inside the poller, which waits until the instance is readable.
//
// Layer: process.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <span>

#include "loquat/time.h"
#include "net/descriptor.h"

namespace loquat::process {

class ReadySet {
 public:
  // Throws OSError(EMFILE, ...).
  ReadySet();
  ~ReadySet();
  ReadySet(const ReadySet&) = delete;
  ReadySet& operator=(const ReadySet&) = delete;

  // EPOLLIN or EPOLLOUT; errors and hang-ups count as ready. wait() returns `key` in data.u32.
  void add(int fd, std::uint32_t events, std::uint32_t key);
  void remove(int fd) noexcept;
  // Empty once the deadline has passed. Valid until the next call. Throws Cancelled.
  std::span<epoll_event> wait(TimePoint deadline);

 private:
  net::Descriptor descriptor_;
  epoll_event events_[3];
};

}  // namespace loquat::process
