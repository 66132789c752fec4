#include "sys/kernel.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sys/random.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

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

// Pipes and the like without waiting and without O_NONBLOCK, which would leak to whoever shares the description.
// RWF_NOWAIT where the file knows it; a terminal does not: then poll(2) first.
std::int64_t read_or_write(const Operation& op) {
  iovec piece{op.data, op.size};
  bool reading = op.kind == OpKind::read;
  auto result = retried([&] {
    return reading ? ::preadv2(op.handle.number, &piece, 1, -1, RWF_NOWAIT)
                   : ::pwritev2(op.handle.number, &piece, 1, -1, RWF_NOWAIT);
  });
  if (result != -EOPNOTSUPP && result != -EINVAL && result != -ENOSYS) return result;
  int ready = ready_now(op.handle.number, poll_events(op.kind));
  if (ready < 0) return ready;
  return retried([&] {
    return reading ? ::read(op.handle.number, op.data, op.size) : ::write(op.handle.number, op.const_data, op.size);
  });
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
    // The kernel takes note of the success only now. Without this the program's next connect() would not be EISCONN.
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
  int ready = ready_now(op.handle.number, POLLIN);
  if (ready < 0) return ready;
  if (op.peer == nullptr) return retried([&] { return ::accept4(op.handle.number, nullptr, nullptr, SOCK_CLOEXEC); });
  return retried([&] {
    op.peer->size = sizeof(op.peer->address);
    auto* const address = reinterpret_cast<sockaddr*>(&op.peer->address);
    return ::accept4(op.handle.number, address, &op.peer->size, SOCK_CLOEXEC);
  });
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
    int fd = op.handle.number;
    int flags = op.flags | MSG_DONTWAIT;
    switch (op.kind) {
      case OpKind::recv:
        return retried([&] { return ::recv(fd, op.data, op.size, flags); });
      case OpKind::send:
        return retried([&] { return ::send(fd, op.const_data, op.size, flags | MSG_NOSIGNAL); });
      case OpKind::recvmsg:
        return retried([&] { return ::recvmsg(fd, op.message, flags | MSG_CMSG_CLOEXEC); });
      case OpKind::sendmsg:
        return retried([&] { return ::sendmsg(fd, op.message, flags | MSG_NOSIGNAL); });
      case OpKind::accept:
        return accept(op);
      case OpKind::connect:
        return connect(op);
      case OpKind::read:
      case OpKind::write:
        return read_or_write(op);
      case OpKind::wait_in:
      case OpKind::wait_out:
        return ready_now(fd, poll_events(op.kind));
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
  void offload(Job* job) override { pool_.submit(job); }
  void forget_threads() noexcept { pool_.begin_anew(); }

 private:
  Pool pool_;
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

World& kernel() noexcept {
  static Kernel* const the_kernel = [] {
    ::pthread_atfork(nullptr, nullptr, [] { static_cast<Kernel&>(kernel()).forget_threads(); });
    return new Kernel;  // never destroyed: its threads may outlive main()
  }();
  return *the_kernel;
}

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
