// world.h - everything that a program needs from outside, as one interface.
//
// The kernel implements it (kernel.h), and so does the simulation (sim/), which controls time, network, randomness and
// names: so a test needs no sleep and no free port.
//
// True of every call in this file:
//   Errors    A negative result is -errno. Nothing throws.
//   Waiting   No call waits, except resolve(), which belongs on the pool. Whatever may have to wait is an Operation: a
//             poller (sched/poller.h) starts it and reports when it is done.
//   Threads   Any thread, unless said otherwise.
//
// Layer: sys.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "loquat/log.h"
#include "loquat/time.h"

namespace loquat::sys {

// A descriptor of a World. `generation` is unique in a process: it tells a socket from an earlier one that had the same
// number.
struct Handle {
  int number = -1;
  std::uint32_t generation = 0;
};

enum class OpKind : std::uint8_t { recv, send, recvmsg, sendmsg, accept, connect, read, write, wait_in, wait_out };

// The peer's name, as accept stores it.
struct PeerName {
  sockaddr_storage address{};
  socklen_t size = 0;
};

// One operation on a handle, done now or later.
//   1. From start() until done, the operation and everything that it points at must not move.
//   2. `done` is called exactly once, on the poller's thread, with `result` set: bytes, a descriptor (accept),
//      0 (connect), poll(2) bits (wait_*), or -errno; -ECANCELED if cancel() came first. It is not called if start()
//      has returned true. A connect to a Unix socket whose queue is full is -EBUSY: the kernel does not report when
//      there is room.
struct Operation {
  explicit Operation(OpKind what = OpKind::recv, int with_flags = 0) : kind(what), flags(with_flags) {}

  OpKind kind;
  Handle handle;
  int flags;  // MSG_* for recv, send, recvmsg, sendmsg
  union {
    void* data = nullptr;     // recv, read
    const void* const_data;   // send, write
    msghdr* message;          // recvmsg, sendmsg
    const sockaddr* address;  // connect
    PeerName* peer;           // accept; may be nullptr
  };
  std::size_t size = 0;  // of data; socklen_t for connect
  std::int64_t result = 0;
  void (*done)(Operation*) noexcept = nullptr;
  void* waiter = nullptr;  // for the caller of start()
  // For the poller, from start() until done.
  Operation* next = nullptr;
  Operation* previous = nullptr;
  bool started = false;
  std::uint8_t place = 0;  // for a poller with several
};

struct ResolvedAddress {
  int family;
  int type;
  int proto;
  sockaddr_storage address;
  socklen_t size;
};

// A function for the pool to run. The pool owns the node until it calls run().
struct Job {
  Job* next = nullptr;
  void (*run)(Job*) noexcept = nullptr;
};

class World {
 public:
  virtual ~World() = default;

  // --- Net: socket(2), bind(2), ... on this World's descriptors -----------------------------------------------------
  virtual int socket(int family, int type, int proto) = 0;  // close-on-exec
  virtual int bind(int fd, const sockaddr* address, socklen_t size) = 0;
  virtual int listen(int fd, int backlog) = 0;
  virtual int shutdown(int fd, int how) = 0;
  virtual int getsockname(int fd, sockaddr* address, socklen_t* size) = 0;
  virtual int getpeername(int fd, sockaddr* address, socklen_t* size) = 0;
  virtual int getsockopt(int fd, int level, int option, void* value, socklen_t* size) = 0;
  virtual int setsockopt(int fd, int level, int option, const void* value, socklen_t size) = 0;
  virtual int set_nonblocking(int fd, bool on) = 0;
  virtual int dup(int fd) = 0;
  virtual int close(int fd) = 0;
  // Performs the operation if it need not wait. Else returns -EAGAIN, or -EINPROGRESS for a connect that has begun.
  virtual std::int64_t attempt(Operation& operation) = 0;
  // True if descriptors are the kernel's, so that a plain thread can wait for them in ppoll(2).
  virtual bool is_kernel() const noexcept = 0;

  // --- Clock, randomness, names, threads -----------------------------------------------------------------------------
  virtual TimePoint now() noexcept = 0;
  virtual void random(std::span<std::byte> out) = 0;
  // getaddrinfo(3). Returns 0 and at least one address, or an EAI_ value. Blocks.
  virtual int resolve(const char* host, const char* service, int family, int type, int flags,
                      std::vector<ResolvedAddress>& out) = 0;
  // Runs the job on a thread of the pool when one is free. Returns false if no thread can be started: then the job does
  // not run.
  virtual bool offload(Job* job) = 0;
};

}  // namespace loquat::sys
