#include "loquat/socket.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <stdexcept>

#include "net/call.h"
#include "net/filter.h"
#include "sys/kernel.h"

namespace loquat {

using net::Descriptor;
using net::Direction;
using sys::Operation;
using sys::OpKind;

namespace {

std::atomic<std::int64_t> default_timeout{-1};  // nanoseconds; -1: none

// A simulation has no socketpair(2), so this connects two Unix sockets.
std::pair<Socket, Socket> simulated_pair(int family, int type) {
  if (family != AF_UNIX || type != SOCK_STREAM) throw_oserror(EOPNOTSUPP, {"socketpair", {}, {}, 0});
  Socket listener(AF_UNIX);
  listener.bind(Address::unix_path({}));
  listener.listen(1);
  Socket one(AF_UNIX);
  one.connect(listener.getsockname());
  return {std::move(one), listener.accept()};
}

}  // namespace

void setdefaulttimeout(std::optional<AnyDuration> timeout) {
  if (timeout && *timeout < Duration::zero())
    throw std::invalid_argument("setdefaulttimeout: a timeout cannot be negative");
  default_timeout = timeout ? timeout->count() : -1;
}

std::optional<Duration> getdefaulttimeout() noexcept {
  const std::int64_t timeout = default_timeout;
  return timeout < 0 ? std::optional<Duration>() : Duration(timeout);
}

Socket::Socket() noexcept = default;
Socket::Socket(std::shared_ptr<Descriptor> descriptor) noexcept : descriptor_(std::move(descriptor)) {}
Socket::Socket(Socket&&) noexcept = default;

Socket::Socket(int family, int type, int proto) {
  sys::World& world = Descriptor::callers_world();
  int fd = world.socket(family, type, proto);
  if (fd < 0) throw_oserror(-fd, {"socket", {}, {}, 0});
  descriptor_ = Descriptor::adopt(world, fd);
  if ((type & SOCK_NONBLOCK) != 0) {
    settimeout(Duration::zero());
  } else if (auto timeout = getdefaulttimeout()) {
    settimeout(timeout);
  }
}

Socket Socket::from_fd(int fd) {
  struct stat status;
  if (::fstat(fd, &status) < 0) throw_oserror(errno, {"from_fd", {}, {}, 0});
  if (!S_ISSOCK(status.st_mode)) throw_oserror(ENOTSOCK, {"from_fd", {}, {}, 0});
  Socket socket(std::make_shared<Descriptor>(sys::kernel(), fd));
  if ((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0) {
    socket.settimeout(Duration::zero());
  } else if (auto timeout = getdefaulttimeout()) {
    socket.settimeout(timeout);
  }
  return socket;
}

Socket Socket::dup() const {
  Descriptor& d = open_descriptor("dup");
  d.refuse_filter("dup");
  int fd = d.world().dup(d.number("dup"));
  if (fd < 0) d.fail(fd, "dup");
  Socket copy(Descriptor::adopt(d.world(), fd));
  if (auto timeout = gettimeout()) copy.settimeout(timeout);
  return copy;
}

Socket fromfd(int fd) {
  int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw_oserror(errno, {"fromfd", {}, {}, 0});
  try {
    return Socket::from_fd(copy);
  } catch (...) {
    ::close(copy);
    throw;
  }
}

std::pair<Socket, Socket> socketpair(int family, int type, int proto) {
  if (!Descriptor::callers_world().is_kernel()) return simulated_pair(family, type);
  int fds[2];
  if (::socketpair(family, type | SOCK_CLOEXEC, proto, fds) < 0) throw_oserror(errno, {"socketpair", {}, {}, 0});
  return {Socket::from_fd(fds[0]), Socket::from_fd(fds[1])};
}

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::move(other.descriptor_);
  }
  return *this;
}

Socket::~Socket() { close(); }

Descriptor& Socket::open_descriptor(const char* operation) const {
  if (!descriptor_) throw_oserror(EBADF, {operation, {}, {}, 0});
  return *descriptor_;
}

// --- servers and clients -------------------------------------------------------------------------------------------

void Socket::bind(const Address& address) {
  Descriptor& d = open_descriptor("bind");
  int result = d.world().bind(d.number("bind"), address.data(), address.size());
  if (result < 0) throw_oserror(-result, {"bind", address.str(), {}, 0});
}

void Socket::listen(int backlog) {
  Descriptor& d = open_descriptor("listen");
  int result = d.world().listen(d.number("listen"), std::max(backlog, 0));
  if (result < 0) d.fail(result, "listen");
}

namespace {

Socket accept_from(Descriptor& d, sys::PeerName* peer) {
  Descriptor::Call call(d, Direction::in, "accept");
  Operation operation(OpKind::accept);
  operation.peer = peer;
  std::int64_t fd = call.perform(operation);
  if (fd < 0) d.fail(fd, "accept");
  Socket accepted = Descriptor::make_socket(Descriptor::adopt(d.world(), static_cast<int>(fd)));
  if (auto timeout = getdefaulttimeout()) accepted.settimeout(timeout);
  if (d.filter() != nullptr) {
    Descriptor& connection = Descriptor::of(accepted, "accept");
    connection.set_filter(d.filter()->for_accepted(connection));
  }
  return accepted;
}

}  // namespace

Socket Socket::accept() { return accept_from(open_descriptor("accept"), nullptr); }

Socket Socket::accept(Address& peer) {
  sys::PeerName name;
  Socket accepted = accept_from(open_descriptor("accept"), &name);
  peer = Address(reinterpret_cast<sockaddr*>(&name.address), name.size);
  return accepted;
}

int Socket::connect_ex(const Address& address) {
  Descriptor& d = open_descriptor("connect");
  Descriptor::Call call(d, Direction::out, "connect");
  Operation operation(OpKind::connect);
  operation.address = address.data();
  operation.size = address.size();
  std::int64_t result = call.perform(operation);
  if (result == -ETIMEDOUT && call.timed_out()) return EAGAIN;
  return static_cast<int>(-result);
}

namespace {

// The local address, if the socket is bound.
std::string bound_name(const Socket& socket) {
  try {
    const Address local = socket.getsockname();
    if (local.port() != 0) return local.str();
  } catch (const OSError&) {
    // Closed meanwhile.
  }
  return {};
}

}  // namespace

void Socket::connect(const Address& address) {
  int error = connect_ex(address);
  if (error == 0) return;
  bool timed_out = error == EAGAIN && address.family() != AF_UNIX;
  throw_oserror(timed_out ? ETIMEDOUT : error, {"connect", bound_name(*this), address.str(), 0});
}

// --- bytes ---------------------------------------------------------------------------------------------------------

std::size_t Socket::recv_into(std::span<std::byte> buffer, int flags) {
  Descriptor& d = open_descriptor("recv");
  Descriptor::Call call(d, Direction::in, "recv");
  if (buffer.empty()) return 0;
  if (d.filter() != nullptr) return d.filter()->recv_into(call, buffer, flags);
  Operation operation(OpKind::recv, flags);
  operation.data = buffer.data();
  operation.size = buffer.size();
  std::int64_t result = call.perform(operation);
  if (result < 0) d.fail(result, "recv");
  return static_cast<std::size_t>(result);
}

std::string Socket::recv(std::size_t size, int flags) {
  std::string data(net::checked_size(size, "recv"), '\0');
  data.resize(std::min(
      size, recv_into(std::span(data), flags)));  // with MSG_TRUNC, recv returns the size of the whole datagram
  return data;
}

std::size_t Socket::send(std::string_view data, int flags) {
  Descriptor& d = open_descriptor("send");
  Descriptor::Call call(d, Direction::out, "send");
  if (d.filter() != nullptr) return d.filter()->send(call, data, flags);
  Operation operation(OpKind::send, flags);
  operation.const_data = data.data();
  operation.size = data.size();
  std::int64_t result = call.perform(operation);
  if (result < 0) d.fail(result, "send");
  return static_cast<std::size_t>(result);
}

void Socket::sendall(std::string_view data, int flags) {
  Descriptor& d = open_descriptor("sendall");
  Descriptor::Call call(d, Direction::out, "sendall");
  if (d.filter() != nullptr) return d.filter()->sendall(call, {&data, 1}, flags);
  std::size_t done = 0;
  do {  // once for an empty datagram, too
    Operation operation(OpKind::send, flags);
    operation.const_data = data.data() + done;
    operation.size = data.size() - done;
    std::int64_t result = done == 0 ? call.perform(operation) : call.perform_next(operation);
    if (result < 0) d.fail(result, "sendall", done);
    done += static_cast<std::size_t>(result);
  } while (done < data.size());
}

void Socket::sendall(std::span<const std::string_view> pieces, int flags) {
  Descriptor& d = open_descriptor("sendall");
  Descriptor::Call call(d, Direction::out, "sendall");
  if (d.filter() != nullptr) return d.filter()->sendall(call, pieces, flags);
  constexpr std::size_t max_pieces = 32;  // pieces per system call
  std::size_t done = 0;
  std::size_t skip = 0;  // bytes of the first piece that are sent already
  do {
    iovec vectors[max_pieces];
    std::size_t count = std::min(max_pieces, pieces.size());
    for (std::size_t i = 0; i < count; ++i) {
      std::string_view piece = pieces[i].substr(i == 0 ? skip : 0);
      vectors[i] = {const_cast<char*>(piece.data()), piece.size()};
    }
    msghdr message{};
    message.msg_iov = vectors;
    message.msg_iovlen = count;
    Operation operation(OpKind::sendmsg, flags);
    operation.message = &message;
    std::int64_t result = done == 0 ? call.perform(operation) : call.perform_next(operation);
    if (result < 0) d.fail(result, "sendall", done);
    done += static_cast<std::size_t>(result);
    skip += static_cast<std::size_t>(result);
    while (!pieces.empty() && skip >= pieces.front().size()) {
      skip -= pieces.front().size();
      pieces = pieces.subspan(1);
    }
  } while (!pieces.empty());
}

namespace {

bool wait_until_ready(Descriptor& d, OpKind what, const char* name, Duration timeout) {
  Descriptor::Call call(d, Direction::none, name, sched::deadline_from_now(timeout));
  if (net::Filter* filter = d.filter())
    return what == OpKind::wait_in ? filter->wait_readable(call) : filter->wait_writable(call);
  Operation operation(what);
  std::int64_t result = call.perform(operation);
  if (result == -ETIMEDOUT) return false;
  if (result < 0) d.fail(result, name);
  return true;
}

}  // namespace

bool Socket::wait_readable(AnyDuration timeout) {
  return wait_until_ready(open_descriptor("wait_readable"), OpKind::wait_in, "wait_readable", timeout);
}

bool Socket::wait_writable(AnyDuration timeout) {
  return wait_until_ready(open_descriptor("wait_writable"), OpKind::wait_out, "wait_writable", timeout);
}

// --- the end -------------------------------------------------------------------------------------------------------

void Socket::shutdown(int how) {
  Descriptor& d = open_descriptor("shutdown");
  if (d.filter() != nullptr) return d.filter()->shutdown(how);
  int result = d.world().shutdown(d.number("shutdown"), how);
  if (result < 0) d.fail(result, "shutdown");
}

void Socket::close() noexcept {
  if (descriptor_) descriptor_->close();
}

int Socket::detach() {
  if (closed()) return -1;
  descriptor_->refuse_filter("detach");
  return descriptor_->detach();
}

bool Socket::closed() const noexcept { return !descriptor_ || descriptor_->closing(); }

int Socket::fileno() const {
  if (closed()) return -1;
  if (!descriptor_->world().is_kernel()) throw std::logic_error("a simulated socket has no descriptor");
  return descriptor_->handle().number;
}

// --- options -------------------------------------------------------------------------------------------------------

Address Socket::getsockname() const {
  Descriptor& d = open_descriptor("getsockname");
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  int result = d.world().getsockname(d.number("getsockname"), reinterpret_cast<sockaddr*>(&storage), &size);
  if (result < 0) throw_oserror(-result, {"getsockname", {}, {}, 0});
  return Address(reinterpret_cast<sockaddr*>(&storage), size);
}

Address Socket::getpeername() const {
  Descriptor& d = open_descriptor("getpeername");
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  int result = d.world().getpeername(d.number("getpeername"), reinterpret_cast<sockaddr*>(&storage), &size);
  if (result < 0) throw_oserror(-result, {"getpeername", {}, {}, 0});
  return Address(reinterpret_cast<sockaddr*>(&storage), size);
}

int Socket::family() const { return getsockopt(SOL_SOCKET, SO_DOMAIN); }
int Socket::type() const { return getsockopt(SOL_SOCKET, SO_TYPE); }
int Socket::proto() const { return getsockopt(SOL_SOCKET, SO_PROTOCOL); }

std::string Socket::getsockopt(int level, int option, std::size_t size) const {
  Descriptor& d = open_descriptor("getsockopt");
  std::string value(size, '\0');
  auto length = static_cast<socklen_t>(size);
  int result = d.world().getsockopt(d.number("getsockopt"), level, option, value.data(), &length);
  if (result < 0) d.fail(result, "getsockopt");
  value.resize(length);
  return value;
}

void Socket::setsockopt(int level, int option, std::string_view value) {
  Descriptor& d = open_descriptor("setsockopt");
  int result =
      d.world().setsockopt(d.number("setsockopt"), level, option, value.data(), static_cast<socklen_t>(value.size()));
  if (result < 0) d.fail(result, "setsockopt");
}

bool Socket::get_inheritable() const {
  int flags = ::fcntl(fileno(), F_GETFD);
  if (flags < 0) throw_oserror(errno, {"get_inheritable", {}, {}, 0});
  return (flags & FD_CLOEXEC) == 0;
}

void Socket::set_inheritable(bool inheritable) {
  if (::fcntl(fileno(), F_SETFD, inheritable ? 0 : FD_CLOEXEC) < 0)
    throw_oserror(errno, {"set_inheritable", {}, {}, 0});
}

int Socket::getsockopt(int level, int option) const {
  Descriptor& d = open_descriptor("getsockopt");
  int value = 0;
  socklen_t size = sizeof(value);
  int result = d.world().getsockopt(d.number("getsockopt"), level, option, &value, &size);
  if (result < 0) d.fail(result, "getsockopt");
  return value;
}

void Socket::setsockopt(int level, int option, int value) {
  Descriptor& d = open_descriptor("setsockopt");
  int result = d.world().setsockopt(d.number("setsockopt"), level, option, &value, sizeof(value));
  if (result < 0) d.fail(result, "setsockopt");
}

void Socket::settimeout(std::optional<AnyDuration> timeout) { open_descriptor("settimeout").set_timeout(timeout); }

std::optional<Duration> Socket::gettimeout() const noexcept {
  return descriptor_ ? descriptor_->timeout() : std::optional<Duration>();
}

void Socket::setblocking(bool blocking) {
  settimeout(blocking ? std::optional<Duration>() : std::optional<Duration>(Duration::zero()));
}

bool Socket::getblocking() const noexcept { return gettimeout() != Duration::zero(); }

}  // namespace loquat
