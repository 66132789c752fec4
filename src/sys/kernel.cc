#include "sys/kernel.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "sys/accept.h"
#include "sys/pool.h"

namespace loquat::sys {
namespace {

template <class Call>
std::int64_t retried(Call call) {
  for (;;) {
    auto result = call();
    if (result >= 0) return result;
    if (errno != EINTR) return -errno;
  }
}

template <class T>
int result_of(T result) {
  return result < 0 ? -errno : static_cast<int>(result);
}

int ready_now(int fd, short events) {
  pollfd waiting{fd, events, 0};
  auto count = retried([&] { return ::poll(&waiting, 1, 0); });
  if (count < 0) return static_cast<int>(count);
  if (count == 0) return -EAGAIN;
  return (waiting.revents & POLLNVAL) != 0 ? -EBADF : waiting.revents;
}

// Reads and writes pipes and files without waiting: by RWF_NOWAIT, because O_NONBLOCK would apply to every process that
// shares the description. Returns -EOPNOTSUPP for a blocking descriptor that lacks RWF_NOWAIT (a terminal, an eventfd):
// poll(2) does not help there, as another reader may be quicker, and a terminal may accept less than it is given.
std::int64_t read_or_write(const Operation& op) {
  const int fd = op.handle.number;
  const iovec piece{op.data, op.size};
  const bool reading = op.kind == OpKind::read;
  const auto result = retried(
      [&] { return reading ? ::preadv2(fd, &piece, 1, -1, RWF_NOWAIT) : ::pwritev2(fd, &piece, 1, -1, RWF_NOWAIT); });
  if (result != -EOPNOTSUPP && result != -EINVAL && result != -ENOSYS) return result;
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return -errno;
  if ((flags & O_NONBLOCK) == 0) return -EOPNOTSUPP;
  return retried([&] { return reading ? ::read(fd, op.data, op.size) : ::write(fd, op.const_data, op.size); });
}

std::int64_t connect(Operation& op) {
  int fd = op.handle.number;
  if (op.started) {
    int ready = ready_now(fd, POLLOUT);
    if (ready < 0) return ready == -EAGAIN ? -EINPROGRESS : ready;
    int error = 0;
    socklen_t size = sizeof(error);
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) return -errno;
    if (error != 0 || (op.address->sa_family != AF_INET && op.address->sa_family != AF_INET6)) return -error;
    // Only this call makes the kernel record the success. Without it the program's next connect() would not be EISCONN.
    const int result = result_of(::connect(fd, op.address, static_cast<socklen_t>(op.size)));
    return result == -EISCONN ? 0 : result;
  }
  int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return -errno;
  bool toggle = (flags & O_NONBLOCK) == 0;  // nobody reads or writes yet
  if (toggle) ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  int result = result_of(::connect(fd, op.address, static_cast<socklen_t>(op.size)));
  if (toggle) ::fcntl(fd, F_SETFL, flags);
  op.started = result == -EINPROGRESS;
  return result == -EAGAIN ? -EBUSY : result;
}

std::int64_t accept(const Operation& op) {
  const int ready = ready_now(op.handle.number, POLLIN);
  return ready < 0 ? ready : accept_now(op.handle.number, op.peer);
}

// Zero-copy notices in a stream's error queue raise POLLERR, but recv() and send() do not report them.
std::int64_t wait_over(const Operation& op) {
  const int ready = ready_now(op.handle.number, poll_events(op));
  if (ready != POLLERR) return ready;
  int type = 0;
  socklen_t size = sizeof(type);
  const bool stream = ::getsockopt(op.handle.number, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
  return stream ? -EAGAIN : ready;
}

// Whether a receive of this size is to be continued later, because more may come.
bool more_may_come(int fd) {
  pollfd end{fd, POLLRDHUP | POLLPRI, 0};  // POLLERR may be the error queue, which is no end
  return ::poll(&end, 1, 0) == 0 || (end.revents & (POLLRDHUP | POLLHUP | POLLPRI)) == 0;
}

std::int64_t peek_whole(const Operation& op, std::int64_t result) {
  std::size_t wanted = op.size;
  if (op.kind == OpKind::recvmsg) {
    wanted = 0;
    for (std::size_t i = 0; i < op.message->msg_iovlen; ++i) wanted += op.message->msg_iov[i].iov_len;
  }
  const bool partial = result >= 0 && static_cast<std::size_t>(result) < wanted;
  return partial && more_may_come(op.handle.number) ? -EAGAIN : result;
}

// A receive stops before urgent data: tcp(7).
bool at_mark(int fd) {
  int result = 0;
  return ::ioctl(fd, SIOCATMARK, &result) == 0 && result != 0;
}

std::int64_t receive_now(const Operation& op) {
  const int flags = op.flags | MSG_DONTWAIT;
  if (op.kind == OpKind::recv) return retried([&] { return ::recv(op.handle.number, op.data, op.size, flags); });
  return retried([&] { return ::recvmsg(op.handle.number, op.message, flags | MSG_CMSG_CLOEXEC); });
}

std::int64_t receive_all(const Operation& op) {
  if ((op.flags & MSG_PEEK) == 0) return at_mark(op.handle.number) ? 0 : receive_now(op);
  const msghdr before = op.kind == OpKind::recvmsg ? *op.message : msghdr{};
  const std::int64_t result = peek_whole(op, receive_now(op));
  if (result == -EAGAIN && op.kind == OpKind::recvmsg) *op.message = before;
  return result;
}

// MSG_FASTOPEN connects first; until then a second call returns EALREADY.
std::int64_t sent(const Operation& op, std::int64_t result) {
  return result == -EALREADY && (op.flags & MSG_FASTOPEN) != 0 ? -EINPROGRESS : result;
}

class Kernel final : public World {
 public:
  int socket(int family, int type, int proto) override {
    return result_of(::socket(family, type | SOCK_CLOEXEC, proto));
  }
  int bind(int fd, const sockaddr* address, socklen_t size) override { return result_of(::bind(fd, address, size)); }
  int listen(int fd, int backlog) override { return result_of(::listen(fd, backlog)); }
  int shutdown(int fd, int how) override { return result_of(::shutdown(fd, how)); }
  int getsockname(int fd, sockaddr* address, socklen_t* size) override {
    return result_of(::getsockname(fd, address, size));
  }
  int getpeername(int fd, sockaddr* address, socklen_t* size) override {
    return result_of(::getpeername(fd, address, size));
  }
  int getsockopt(int fd, int level, int option, void* value, socklen_t* size) override {
    return result_of(::getsockopt(fd, level, option, value, size));
  }
  int setsockopt(int fd, int level, int option, const void* value, socklen_t size) override {
    return result_of(::setsockopt(fd, level, option, value, size));
  }
  int set_nonblocking(int fd, bool on) override {
    int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0) return -errno;
    int wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    return wanted == flags ? 0 : result_of(::fcntl(fd, F_SETFL, wanted));
  }
  int dup(int fd) override { return result_of(::fcntl(fd, F_DUPFD_CLOEXEC, 0)); }
  int close(int fd) override { return result_of(::close(fd)); }

  std::int64_t attempt(Operation& op) override {
    const int fd = op.handle.number;
    const int flags = op.flags | MSG_DONTWAIT;
    switch (op.kind) {
      case OpKind::recv:
        if ((flags & MSG_WAITALL) != 0) return receive_all(op);
        return retried([&] { return ::recv(fd, op.data, op.size, flags); });
      case OpKind::send:
        return sent(op, retried([&] { return ::send(fd, op.const_data, op.size, flags | MSG_NOSIGNAL); }));
      case OpKind::recvmsg:
        if ((flags & MSG_WAITALL) != 0) return receive_all(op);
        return retried([&] { return ::recvmsg(fd, op.message, flags | MSG_CMSG_CLOEXEC); });
      case OpKind::sendmsg:
        return sent(op, retried([&] { return ::sendmsg(fd, op.message, flags | MSG_NOSIGNAL); }));
      case OpKind::accept:
        return accept(op);
      case OpKind::connect:
        return connect(op);
      case OpKind::read:
      case OpKind::write:
        return read_or_write(op);
      case OpKind::wait_in:
      case OpKind::wait_out:
        return wait_over(op);
    }
    return -EINVAL;
  }
  bool is_kernel() const noexcept override { return true; }

  TimePoint now() noexcept override { return Clock::now(); }
  void random(std::span<std::byte> out) override {
    while (!out.empty()) {
      ssize_t got = ::getrandom(out.data(), out.size(), 0);
      if (got > 0) out = out.subspan(static_cast<std::size_t>(got));
    }
  }
  int resolve(const char* host, const char* service, int family, int type, int flags,
              std::vector<ResolvedAddress>& out) override;
  bool offload(Job* job) override { return work_.submit(job); }
  bool look_up(Job* job) { return lookups_.submit(job); }
  void reset_after_fork() noexcept {
    work_.reset_after_fork();
    lookups_.reset_after_fork();
    reset_accept_turns();
  }

 private:
  Pool work_{work_threads};
  Pool lookups_{lookup_threads};
};

int Kernel::resolve(const char* host, const char* service, int family, int type, int flags,
                    std::vector<ResolvedAddress>& out) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = type;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  int error = ::getaddrinfo(host, service, &hints, &found);
  if (error != 0) return error;
  for (addrinfo* each = found; each != nullptr; each = each->ai_next) {
    ResolvedAddress entry{each->ai_family, each->ai_socktype, each->ai_protocol, {}, each->ai_addrlen};
    std::memcpy(&entry.address, each->ai_addr, each->ai_addrlen);
    out.push_back(entry);
  }
  ::freeaddrinfo(found);
  return out.empty() ? EAI_NONAME : 0;
}

}  // namespace

constinit std::atomic<unsigned> fork_count{0};

World& kernel() noexcept {
  static Kernel* const the_kernel = [] {
    ::pthread_atfork(nullptr, nullptr, [] {
      ++fork_count;
      static_cast<Kernel&>(kernel()).reset_after_fork();
    });
    return new Kernel;  // never destroyed: its threads may outlive main()
  }();
  return *the_kernel;
}

bool look_up(Job* job) { return static_cast<Kernel&>(kernel()).look_up(job); }

short poll_events(OpKind kind) noexcept {
  switch (kind) {
    case OpKind::recv:
    case OpKind::recvmsg:
    case OpKind::accept:
    case OpKind::read:
    case OpKind::wait_in:
      return POLLIN;
    default:
      return POLLOUT;
  }
}

}  // namespace loquat::sys
