// ready_set.h - waits until one of several descriptors is ready, in one wait of the fiber or thread.
//
// It is an epoll(7) instance inside the poller, which waits until the instance is readable. It knows files, not
// numbers: nobody is confused when a number is closed and used again.
//
// Layer: poll.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <span>

#include "loquat/time.h"
#include "net/descriptor.h"

namespace loquat::poller {

class ReadySet {
 public:
  // Throws OSError(EMFILE, ...).
  ReadySet();
  ~ReadySet();
  ReadySet(const ReadySet&) = delete;
  ReadySet& operator=(const ReadySet&) = delete;

  // Bits of epoll(7), which are those of poll(2); errors and hang-ups count as ready. wait() returns `key` in data.u32.
  // Returns 0 or an errno: EEXIST if it is there, EPERM for a file on a disk, ...
  int add(int fd, std::uint32_t events, std::uint32_t key = 0) noexcept;
  int change(int fd, std::uint32_t events, std::uint32_t key = 0) noexcept;
  void remove(int fd) noexcept;
  // Some that are ready, empty once the deadline has passed. Valid until the next call. `call` names the wait. Throws
  // Cancelled.
  std::span<epoll_event> wait(TimePoint deadline, const char* call);

 private:
  int control(int operation, int fd, std::uint32_t events, std::uint32_t key) noexcept;

  net::Descriptor descriptor_;
  epoll_event events_[3];
};

}  // namespace loquat::poller
