// hostile.h - the hostile side: raw descriptors of the kernel, full queues, and a libc that answers late.
//
// hostile.cc replaces some of the C library's functions in the whole program.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace loquat::hostile {

// Owns a descriptor.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { close(); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  int release() { return std::exchange(fd_, -1); }
  operator int() const { return fd_; }

 private:
  int fd_;
};

// Two ends of a connection; `ours` is given to the library.
struct Wire {
  Fd ours, theirs;
};
Wire tcp();
Wire udp();  // connected with each other
Wire unix_pair(int type);
Wire pipe_to_read();   // the test writes to theirs
Wire pipe_to_write();  // the test reads from theirs
Wire terminal();       // ours is the terminal, raw; theirs is its screen and keyboard

// A listener at 127.0.0.1 (TCP) or at an abstract name (Unix), and a client of it: connecting or connected.
Fd listener(int family, int backlog);
Fd client_of(int listener, int flags = 0);

// Whether bytes can be read within a millisecond.
bool readable(int fd);
// Waits until no more room can appear in a queue that its reader does not read: with TCP until the peer has
// acknowledged every byte and closed its window (a window smaller than a segment takes a piece of one after 200 ms),
// with a terminal until the kernel has moved the bytes to the other side.
void settle(int fd);
// From now on the send buffer of a TCP socket is large and keeps its size. TCP else enlarges it when an acknowledgment
// comes, such as that of a window probe, and a full one has room again.
void fix_send_buffer(int fd);
// Writes until there is no room and none appears.
void fill(int fd);
// Reads until enough() returns true or the stream ends.
void drain(int fd, const auto& enough) {
  const Fd copy(::dup(fd));
  for (std::string sink(65536, '\0'); !enough();) {
    const ssize_t got = ::recv(copy, sink.data(), sink.size(), MSG_DONTWAIT);
    if (got == 0) return;
    if (got < 0) ::usleep(200);
  }
}
// drain() for descriptors that are not sockets.
void read_all_of(int fd, const auto& enough) {
  for (std::string sink(65536, '\0'); !enough();) {
    if (!readable(fd)) continue;
    if (::read(fd, sink.data(), sink.size()) <= 0) break;
  }
}
// Closes with RST.
void reset(Fd& fd);
void put(int fd, const std::string& data, int flags = 0);

// A gate that is open at first. pass() waits while it is shut.
class Gate {
 public:
  void shut();
  void open();
  void pass();

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool shut_ = false;
};

// While this gate is shut, getaddrinfo(3) and similar functions wait for names (not for literals), and lookups in
// /etc/services wait.
Gate& name_service();

// While this object lives, it takes each client of `listener` first: when poll(2), epoll_wait(2) or a similar call
// reports a client, or accept4(2) is called, the client is gone.
class Thief {
 public:
  explicit Thief(int listener);
  ~Thief();
};

// While this object lives, accept4(2) of `listener` fails with each of these errors in turn, and then works again. Only
// one may exist at a time.
class FailingAccept {
 public:
  FailingAccept(int listener, std::vector<int> errors);
  ~FailingAccept();
  FailingAccept(const FailingAccept&) = delete;
  FailingAccept& operator=(const FailingAccept&) = delete;
};

}  // namespace loquat::hostile
