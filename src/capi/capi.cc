// capi.cc - loquat.h: the calls, which are those of net::Descriptor with errors as numbers.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "capi/counts.h"
#include "capi/handles.h"
#include "capi/heartbeat.h"
#include "capi/runtime.h"
#include "loquat/loquat.h"
#include "net/call.h"
#include "net/sendfile.h"
#include "sys/kernel.h"

using loquat::capi::Count;
using loquat::capi::counts;
using loquat::net::Descriptor;
using loquat::net::Direction;
using loquat::sys::Operation;
using loquat::sys::OpKind;

namespace {

template <class F>
std::int64_t guarded(F call) {
  try {
    return call();
  } catch (const loquat::TimeoutError&) {
    return LOQUAT_TIMEOUT;
  } catch (const loquat::OSError& e) {
    return -e.errc();
  } catch (const std::bad_alloc&) {
    return -ENOMEM;
  }
}

// Runs a call of one direction on the socket, in the caller's thread or in a fiber.
template <class F>
std::int64_t in_call(Count& count, loquat_socket* socket, Direction direction, std::int64_t deadline, F body) noexcept {
  std::int64_t result = 0;
  auto call = [&] {
    result = guarded([&]() -> std::int64_t {
      Descriptor::Call entered(socket->descriptor, direction, count.name, loquat::TimePoint(loquat::Duration(deadline)),
                               true);
      const std::int64_t done = body(entered);
      if (entered.waited()) count.parks.fetch_add(1, std::memory_order_relaxed);
      return done == -ETIMEDOUT && entered.timed_out() ? LOQUAT_TIMEOUT : done;
    });
  };
  const int made = loquat::capi::make_call(call);
  return made != 0 ? made : result;
}

std::int64_t operate(Count& count, loquat_socket* socket, Direction direction, std::int64_t deadline,
                     Operation& operation) noexcept {
  return in_call(count, socket, direction, deadline, [&](Descriptor::Call& call) { return call.perform(operation); });
}

// For close() and detach(): they wait for other calls, and no signal ends that.
int ending(int (Descriptor::*end)() noexcept, Descriptor& descriptor) noexcept {
  int result = 0;
  auto call = [&] { result = (descriptor.*end)(); };
  if (loquat::capi::make_call(call, loquat::capi::OnSignal::wait) != 0) call();  // the worker cannot start
  return result;
}

// The descriptor of an open socket, for calls that do not wait.
template <class F>
int with_number(loquat_socket* socket, F call) noexcept {
  return static_cast<int>(guarded([&] { return call(socket->descriptor.number("")); }));
}

loquat::sys::World& kernel() { return loquat::sys::kernel(); }

// Continues a connect that a signal has interrupted: the kernel reports that an attempt is under way.
std::int64_t finish_connect(Descriptor::Call& call, loquat_socket* socket) {
  Operation wait(OpKind::wait_out);
  const std::int64_t ready = call.perform(wait);
  if (ready < 0) return ready;
  int error = 0;
  socklen_t size = sizeof(error);
  const int asked = kernel().getsockopt(socket->descriptor.handle().number, SOL_SOCKET, SO_ERROR, &error, &size);
  return asked < 0 ? asked : -error;
}

}  // namespace

extern "C" {

int loquat_run_in(const char* mode) { return loquat::capi::run_in(mode); }

int loquat_socket_new(int family, int type, int proto, loquat_socket** out) {
  counts.socket_new.called();
  const int fd = kernel().socket(family, type, proto);
  if (fd < 0) return fd;
  *out = new (std::nothrow) loquat_socket(fd);
  if (*out != nullptr) return 0;
  kernel().close(fd);
  return -ENOMEM;
}

int loquat_socket_from_fd(int fd, loquat_socket** out) {
  counts.socket_from_fd.called();
  struct stat status;
  if (::fstat(fd, &status) < 0) return -errno;
  if (!S_ISSOCK(status.st_mode)) return -ENOTSOCK;
  *out = new (std::nothrow) loquat_socket(fd);
  return *out != nullptr ? 0 : -ENOMEM;
}

int loquat_socketpair(int family, int type, int proto, loquat_socket* out[2]) {
  counts.socketpair.called();
  int fds[2];
  if (::socketpair(family, type | SOCK_CLOEXEC, proto, fds) < 0) return -errno;
  out[0] = new (std::nothrow) loquat_socket(fds[0]);
  out[1] = new (std::nothrow) loquat_socket(fds[1]);
  if (out[0] != nullptr && out[1] != nullptr) return 0;
  for (int i = 0; i < 2; ++i) {
    if (out[i] == nullptr) kernel().close(fds[i]);
    loquat_free(std::exchange(out[i], nullptr));
  }
  return -ENOMEM;
}

int loquat_dup(loquat_socket* socket) {
  counts.dup.called();
  return with_number(socket, [&](int fd) { return kernel().dup(fd); });
}

int loquat_fileno(const loquat_socket* socket) {
  counts.fileno.called();
  return socket->descriptor.closing() ? -1 : socket->descriptor.handle().number;
}

int loquat_close(loquat_socket* socket) {
  counts.close.called();
  return ending(&Descriptor::close, socket->descriptor);
}

int loquat_detach(loquat_socket* socket) {
  counts.detach.called();
  return ending(&Descriptor::detach, socket->descriptor);
}

void loquat_free(loquat_socket* socket) {
  if (socket == nullptr) return;
  ending(&Descriptor::close, socket->descriptor);
  delete socket;
}

int loquat_set_nonblocking(loquat_socket* socket, int on) {
  counts.set_nonblocking.called();
  return with_number(socket, [&](int fd) { return kernel().set_nonblocking(fd, on != 0); });
}

int loquat_bind(loquat_socket* socket, const sockaddr* address, socklen_t size) {
  counts.bind.called();
  return with_number(socket, [&](int fd) { return kernel().bind(fd, address, size); });
}

int loquat_listen(loquat_socket* socket, int backlog) {
  counts.listen.called();
  return with_number(socket, [&](int fd) { return kernel().listen(fd, backlog < 0 ? 0 : backlog); });
}

int loquat_shutdown(loquat_socket* socket, int how) {
  counts.shutdown.called();
  return with_number(socket, [&](int fd) { return kernel().shutdown(fd, how); });
}

int loquat_getsockname(loquat_socket* socket, sockaddr* address, socklen_t* size) {
  counts.getsockname.called();
  return with_number(socket, [&](int fd) { return kernel().getsockname(fd, address, size); });
}

int loquat_getpeername(loquat_socket* socket, sockaddr* address, socklen_t* size) {
  counts.getpeername.called();
  return with_number(socket, [&](int fd) { return kernel().getpeername(fd, address, size); });
}

int loquat_getsockopt(loquat_socket* socket, int level, int option, void* value, socklen_t* size) {
  counts.getsockopt.called();
  return with_number(socket, [&](int fd) { return kernel().getsockopt(fd, level, option, value, size); });
}

int loquat_setsockopt(loquat_socket* socket, int level, int option, const void* value, socklen_t size) {
  counts.setsockopt.called();
  return with_number(socket, [&](int fd) { return kernel().setsockopt(fd, level, option, value, size); });
}

int loquat_accept(loquat_socket* socket, sockaddr* address, socklen_t* size, int64_t deadline) {
  Count& count = counts.accept.called();
  loquat::sys::PeerName peer;
  Operation operation(OpKind::accept);
  operation.peer = &peer;
  const auto fd = static_cast<int>(operate(count, socket, Direction::in, deadline, operation));
  if (fd < 0 || address == nullptr) return fd;
  std::memcpy(address, &peer.address, std::min(*size, peer.size));
  *size = peer.size;
  return fd;
}

int loquat_connect(loquat_socket* socket, const sockaddr* address, socklen_t size, int64_t deadline) {
  Count& count = counts.connect.called();
  return static_cast<int>(in_call(count, socket, Direction::out, deadline, [&](Descriptor::Call& call) {
    Operation operation(OpKind::connect);
    operation.address = address;
    operation.size = size;
    const std::int64_t result = call.perform(operation);
    return result == -EALREADY && deadline != LOQUAT_NOW ? finish_connect(call, socket) : result;
  }));
}

int64_t loquat_recv(loquat_socket* socket, void* data, size_t size, int flags, int64_t deadline) {
  Count& count = counts.recv.called();
  Operation operation(OpKind::recv, flags);
  operation.data = data;
  operation.size = size;
  return operate(count, socket, Direction::in, deadline, operation);
}

int64_t loquat_recvmsg(loquat_socket* socket, msghdr* message, int flags, int64_t deadline) {
  Count& count = counts.recvmsg.called();
  Operation operation(OpKind::recvmsg, flags);
  operation.message = message;
  const std::int64_t result = operate(count, socket, Direction::in, deadline, operation);
  if (result >= 0) message->msg_flags &= ~MSG_CMSG_CLOEXEC | flags;  // the kernel returns the flags that it was given
  return result;
}

int64_t loquat_send(loquat_socket* socket, const void* data, size_t size, int flags, int64_t deadline) {
  Count& count = counts.send.called();
  Operation operation(OpKind::send, flags);
  operation.const_data = data;
  operation.size = size;
  return operate(count, socket, Direction::out, deadline, operation);
}

int64_t loquat_sendmsg(loquat_socket* socket, const msghdr* message, int flags, int64_t deadline) {
  Count& count = counts.sendmsg.called();
  Operation operation(OpKind::sendmsg, flags);
  operation.message = const_cast<msghdr*>(message);
  return operate(count, socket, Direction::out, deadline, operation);
}

int loquat_sendall(loquat_socket* socket, const void* data, size_t size, size_t* done, int flags, int64_t deadline) {
  Count& count = counts.sendall.called();
  return static_cast<int>(in_call(count, socket, Direction::out, deadline, [&](Descriptor::Call& call) -> std::int64_t {
    for (bool first = true; *done < size; first = false) {
      Operation operation(OpKind::send, flags);
      operation.const_data = static_cast<const char*>(data) + *done;
      operation.size = size - *done;
      const std::int64_t result = first ? call.perform(operation) : call.perform_next(operation);
      if (result < 0) return result;
      *done += static_cast<std::size_t>(result);
    }
    return 0;
  }));
}

int loquat_sendfile(loquat_socket* socket, int fd, int64_t offset, size_t count, size_t* done, int64_t deadline) {
  Count& counted = counts.sendfile.called();
  if (offset < 0) return -EINVAL;
  return static_cast<int>(in_call(counted, socket, Direction::out, deadline, [&](Descriptor::Call& call) {
    return loquat::net::send_file(call, fd, static_cast<std::size_t>(offset), count, *done);
  }));
}

int loquat_heartbeat(int64_t period) {
  return period > 0 ? loquat::capi::begin_beating(loquat::Duration(period)) : -EINVAL;
}

void loquat_lateness(int64_t* in_all, int64_t* by_fibers) {
  *by_fibers = loquat::capi::lateness.by_fibers;  // first: it is raised second, and so is never more than the other
  *in_all = loquat::capi::lateness.in_all;
}

int loquat_count(const char* function, uint64_t* calls, uint64_t* parks) {
  const Count* const count = Count::find(function);
  if (count == nullptr) return -EINVAL;
  *calls = count->calls;
  *parks = count->parks;
  return 0;
}

}  // extern "C"
