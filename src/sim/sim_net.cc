// sim_net.cc - sockets, descriptors and their names.
#include "sim/sim_net.h"

#include <netinet/in.h>

#include <cerrno>

namespace loquat::sim {
namespace {

constexpr int first_descriptor = 3;

}  // namespace

// --- the tables ----------------------------------------------------------------------------------------------------

SimSocket* SimNet::find(SocketNumber number) const noexcept {
  auto found = sockets_.find(number);
  return found == sockets_.end() ? nullptr : found->second.get();
}

SocketNumber SimNet::number_of(int fd) const noexcept {
  int index = fd - first_descriptor;
  return index >= 0 && static_cast<std::size_t>(index) < descriptors_.size() ? descriptors_[index] : 0;
}

SimSocket& SimNet::create(int family, int proto) {
  auto socket = std::make_unique<SimSocket>();
  socket->number = ++last_number_;
  socket->family = family;
  socket->proto = proto;
  socket->local.family = socket->remote.family = family;
  if (family == AF_INET) (void)parse_ip("0.0.0.0", socket->local);
  socket->send_capacity = core_.options.send_buffer;
  socket->receive_capacity = core_.options.receive_buffer;
  SimSocket& result = *socket;
  sockets_.emplace(result.number, std::move(socket));
  return result;
}

// The lowest free one, as POSIX has it.
int SimNet::give_descriptor(SimSocket& socket) {
  int fd = first_descriptor + static_cast<int>(descriptors_.size());
  if (!free_descriptors_.empty()) {
    fd = *free_descriptors_.begin();
    free_descriptors_.erase(free_descriptors_.begin());
  } else if (descriptors_.size() >= core_.options.descriptors) {
    return -EMFILE;
  } else {
    descriptors_.push_back(0);
  }
  descriptors_[fd - first_descriptor] = socket.number;
  ++socket.descriptors;
  return fd;
}

void SimNet::touch(const SimSocket& socket) {
  for (Watcher* watcher : watchers_) watcher->touched(socket.number);
}

// --- socket(2) to close(2) -----------------------------------------------------------------------------------------

int SimNet::socket(int family, int type, int proto) {
  if (family != AF_INET && family != AF_INET6 && family != AF_UNIX) return -EAFNOSUPPORT;
  constexpr int type_flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  int kind = type & ~type_flags;
  if (kind <= 0 || kind > SOCK_PACKET) return -EINVAL;
  if (kind != SOCK_STREAM) return -ESOCKTNOSUPPORT;
  if (proto != 0 && (family == AF_UNIX ? proto != AF_UNIX : proto != IPPROTO_TCP)) return -EPROTONOSUPPORT;
  if (free_descriptors_.empty() && descriptors_.size() >= core_.options.descriptors) return -EMFILE;
  SimSocket& created = create(family, family == AF_UNIX ? 0 : IPPROTO_TCP);
  created.nonblocking = (type & SOCK_NONBLOCK) != 0;
  core_.trace.add("socket", created.number, static_cast<std::uint64_t>(family));
  return give_descriptor(created);
}

int SimNet::bind(int fd, const sockaddr* address, socklen_t size) {
  SimSocket* socket = at(fd);
  if (socket == nullptr) return -EBADF;
  Name name;
  if (int error = read_name(socket->family, address, size, name); error != 0) return error;
  if (socket->state != State::fresh) return -EINVAL;
  if (socket->v6only && name.is_v4()) return -EINVAL;
  return ports_.bind(*socket, std::move(name));
}

int SimNet::listen(int fd, int backlog) {
  SimSocket* socket = at(fd);
  if (socket == nullptr) return -EBADF;
  if (socket->state != State::fresh && socket->state != State::listening) return -EINVAL;
  if (!socket->bound) {
    if (socket->is_unix()) return -EINVAL;
    if (int error = ports_.bind(*socket, Name(socket->local)); error != 0) return error;
  }
  if (int error = ports_.may_listen(*socket); error != 0) return error;
  constexpr int somaxconn = 4096;  // net.core.somaxconn; a negative backlog is a large one
  socket->backlog = backlog < 0 || backlog > somaxconn ? somaxconn : backlog;
  socket->state = State::listening;
  core_.trace.add("listen", socket->number, socket->local.port);
  return 0;
}

int SimNet::shutdown(int fd, int how) {
  SimSocket* socket = at(fd);
  if (socket == nullptr) return -EBADF;
  if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) return -EINVAL;
  if (socket->state == State::listening) {
    if (how != SHUT_WR && !socket->is_unix()) close_listener(*socket);
    return 0;
  }
  if (socket->state == State::fresh || socket->over()) return socket->is_unix() ? 0 : -ENOTCONN;
  if (socket->state == State::connecting) {
    fail_connect(*socket, 0);
    return 0;
  }
  if (how != SHUT_WR) socket->in.shut = true;
  if (how != SHUT_RD) socket->out.fin_wanted = true;
  core_.trace.add("shutdown", socket->number, static_cast<std::uint64_t>(how));
  pump(*socket);
  touch(*socket);
  return 0;
}

int SimNet::getsockname(int fd, sockaddr* address, socklen_t* size) {
  SimSocket* socket = at(fd);
  if (socket == nullptr) return -EBADF;
  write_name(socket->local, address, size);
  return 0;
}

int SimNet::getpeername(int fd, sockaddr* address, socklen_t* size) {
  SimSocket* socket = at(fd);
  if (socket == nullptr) return -EBADF;
  bool known = socket->state == State::connected && (socket->is_unix() || !socket->over());
  if (!known && !(socket->is_unix() && socket->state == State::dead)) return -ENOTCONN;
  write_name(socket->remote, address, size);
  return 0;
}

int SimNet::set_nonblocking(int fd, bool on) {
  SimSocket* socket = at(fd);
  if (socket == nullptr) return -EBADF;
  socket->nonblocking = on;
  return 0;
}

int SimNet::dup(int fd) {
  SimSocket* socket = at(fd);
  return socket == nullptr ? -EBADF : give_descriptor(*socket);
}

int SimNet::close(int fd) {
  SimSocket* socket = at(fd);
  if (socket == nullptr) return -EBADF;
  descriptors_[fd - first_descriptor] = 0;
  free_descriptors_.insert(fd);
  touch(*socket);  // a wait on this descriptor ends with EBADF
  if (--socket->descriptors == 0) close_last(*socket);
  return 0;
}

// RFC 2525 s.2.17: bytes that nobody will read are answered by a reset.
void SimNet::close_last(SimSocket& socket) {
  core_.trace.add("close", socket.number);
  socket.closed = true;
  if (socket.state == State::listening) close_listener(socket);
  if (socket.state == State::connected) {
    bool abort = !socket.in.arrived.empty() || (socket.linger == 0 && !socket.is_unix());
    if (abort) {
      send_reset(socket);
    } else {
      socket.out.fin_wanted = true;
      pump(socket);
    }
  }
  erase_if_done(socket);
}

void SimNet::close_listener(SimSocket& listener) {
  listener.state = State::fresh;
  while (!listener.queue.empty()) {
    SimSocket* child = find(listener.queue.front());
    listener.queue.pop_front();
    child->closed = true;
    if (child->state == State::connected) send_reset(*child);
    erase_if_done(*child);
  }
  touch(listener);
}

void SimNet::erase_if_done(SimSocket& socket) {
  if (!socket.closed || !socket.out.flight.empty() || !socket.out.queued.empty()) return;
  if (socket.state == State::connected && !socket.out.fin_sent) return;
  ports_.release(socket, socket.state == State::connected && socket.closed_first);
  sockets_.erase(socket.number);
}

// --- operations ----------------------------------------------------------------------------------------------------

std::int64_t SimNet::attempt_wait(const SimSocket& socket, int bits) const {
  int ready = socket.poll_bits() & (bits | POLLERR | POLLHUP);
  return ready != 0 ? ready : -EAGAIN;
}

std::int64_t SimNet::attempt_connect(SimSocket& socket, sys::Operation& operation) {
  if (operation.started && socket.state == State::connecting) return -EINPROGRESS;
  std::int64_t result = connect(socket, operation.address, static_cast<socklen_t>(operation.size));
  operation.started = result == -EINPROGRESS;
  return result;
}

std::int64_t SimNet::attempt(sys::Operation& operation) {
  SimSocket* socket = at(operation.handle.number);
  if (socket == nullptr) return -EBADF;
  iovec single{operation.data, operation.size};
  switch (operation.kind) {
    case sys::OpKind::recv:
      return recv(*socket, {&single, 1}, operation.flags);
    case sys::OpKind::send:
      return send(*socket, {&single, 1}, operation.flags);
    case sys::OpKind::recvmsg: {
      std::int64_t result = recv(*socket, {operation.message->msg_iov, operation.message->msg_iovlen}, operation.flags);
      if (result >= 0) operation.message->msg_namelen = 0;
      if (result >= 0) operation.message->msg_controllen = 0;
      if (result >= 0) operation.message->msg_flags = 0;
      return result;
    }
    case sys::OpKind::sendmsg:
      if (operation.message->msg_controllen != 0) return -EOPNOTSUPP;
      return send(*socket, {operation.message->msg_iov, operation.message->msg_iovlen}, operation.flags);
    case sys::OpKind::accept:
      return accept(*socket, operation);
    case sys::OpKind::connect:
      return attempt_connect(*socket, operation);
    case sys::OpKind::wait_in:
      return attempt_wait(*socket, POLLIN | POLLRDHUP);
    case sys::OpKind::wait_out:
      return attempt_wait(*socket, POLLOUT);
    case sys::OpKind::read:
    case sys::OpKind::write:
      return -EINVAL;
  }
  return -EINVAL;
}

}  // namespace loquat::sim
