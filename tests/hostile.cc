#include "tests/hostile.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace loquat::hostile {
namespace {

int checked(int result, const char* what) {
  if (result >= 0) return result;
  std::perror(what);
  std::abort();
}

struct Name {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Name loopback() {
  Name name;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::memcpy(&name.storage, &address, sizeof(address));
  name.size = sizeof(address);
  return name;
}

Name name_of(int fd) {
  Name name;
  checked(::getsockname(fd, name.get(), &name.size), "getsockname");
  return name;
}

void small_buffers(int fd) {
  const int size = 32 * 1024;
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
  ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

}  // namespace

Fd listener(int family, int backlog) {
  Fd fd(checked(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  small_buffers(fd);
  Name name = loopback();
  if (family == AF_UNIX) {
    name.storage.ss_family = AF_UNIX;
    name.size = sizeof(sa_family_t);  // a name of the kernel's choice: unix(7), autobind
  }
  checked(::bind(fd, name.get(), name.size), "bind");
  checked(::listen(fd, backlog), "listen");
  return fd;
}

Fd client_of(int listener, int flags) {
  Name name = name_of(listener);
  Fd fd(checked(::socket(name.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), "socket"));
  small_buffers(fd);
  if (::connect(fd, name.get(), name.size) < 0 && (flags & SOCK_NONBLOCK) == 0) checked(-1, "connect");
  return fd;
}

Wire tcp() {
  const Fd server = listener(AF_INET, 1);
  Fd ours = client_of(server);
  return {std::move(ours), Fd(checked(::accept4(server, nullptr, nullptr, SOCK_CLOEXEC), "accept4"))};
}

Wire udp() {
  Fd ends[2];
  for (Fd& end : ends) {
    end = Fd(checked(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    Name name = loopback();
    checked(::bind(end, name.get(), name.size), "bind");
  }
  for (int i = 0; i < 2; ++i) {
    Name other = name_of(ends[1 - i]);
    checked(::connect(ends[i], other.get(), other.size), "connect");
  }
  return {std::move(ends[0]), std::move(ends[1])};
}

Wire unix_pair(int type) {
  int ends[2];
  checked(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), "socketpair");
  for (int end : ends) small_buffers(end);
  return {Fd(ends[0]), Fd(ends[1])};
}

Wire pipe_to_read() {
  int ends[2];
  checked(::pipe2(ends, O_CLOEXEC), "pipe2");
  return {Fd(ends[0]), Fd(ends[1])};
}

Wire pipe_to_write() {
  Wire wire = pipe_to_read();
  return {std::move(wire.theirs), std::move(wire.ours)};
}

Wire terminal() {
  int screen = -1, line = -1;
  checked(::openpty(&screen, &line, nullptr, nullptr, nullptr), "openpty");
  termios raw{};
  ::tcgetattr(line, &raw);
  ::cfmakeraw(&raw);
  ::tcsetattr(line, TCSANOW, &raw);
  return {Fd(line), Fd(screen)};
}

bool readable(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  return ::syscall(SYS_poll, &waiting, 1, 1) > 0;
}

namespace {

// The number of bytes that fitted.
std::size_t write_all_that_fits(int fd) {
  const std::string data(1000, 'x');
  std::size_t done = 0;
  for (const std::size_t size : {data.size(), std::size_t{1}}) {
    for (ssize_t put; (put = ::write(fd, data.data(), size)) > 0;) done += static_cast<std::size_t>(put);
  }
  return done;
}

std::uint32_t window_of_peer(int fd) {
  tcp_info info{};
  socklen_t size = sizeof(info);
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? info.tcpi_snd_wnd : 0;
}

bool is_settled(int fd) {
  int unacknowledged = 0, unsent = 0;
  if (::isatty(fd) != 0) return ::usleep(20'000) == 0;
  if (::ioctl(fd, SIOCOUTQNSD, &unsent) != 0) return true;
  if (::ioctl(fd, SIOCOUTQ, &unacknowledged) != 0) return true;
  return unacknowledged == unsent && (unsent == 0 || window_of_peer(fd) == 0);
}

}  // namespace

void settle(int fd) {
  for (int i = 0; i < 25'000 && !is_settled(fd); ++i) ::usleep(200);  // longer than a window probe takes
}

void fix_send_buffer(int fd) {
  int protocol = 0;
  socklen_t length = sizeof(protocol);
  if (::getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) != 0 || protocol != IPPROTO_TCP) return;
  const int size = 1 << 20;  // so large that the room for which a probe makes is less than a third: nobody is woken
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

void fill(int fd) {
  fix_send_buffer(fd);
  const int flags = ::fcntl(fd, F_GETFL);
  ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  // Segments as large as the window close it sooner than window probes do.
  for (std::uint32_t window; (window = window_of_peer(fd)) != 0;) {
    if (::write(fd, std::string(window, 'x').data(), window) <= 0) break;
    settle(fd);
  }
  for (bool full = false; !full;) {
    settle(fd);
    full = write_all_that_fits(fd) == 0;
  }
  ::fcntl(fd, F_SETFL, flags);
}

void reset(Fd& fd) {
  const linger none{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
  fd.close();
}

void put(int fd, const std::string& data, int flags) {
  if (::send(fd, data.data(), data.size(), flags | MSG_NOSIGNAL) < 0 && errno == ENOTSOCK)
    checked(static_cast<int>(::write(fd, data.data(), data.size())), "write");
}

void Gate::shut() {
  std::unique_lock lock(mutex_);
  shut_ = true;
}
void Gate::open() {
  std::unique_lock lock(mutex_);
  shut_ = false;
  opened_.notify_all();
}
void Gate::pass() {
  std::unique_lock lock(mutex_);
  opened_.wait(lock, [this] { return !shut_; });
}

Gate& name_service() {
  static Gate& gate = *new Gate;  // its waiters may outlive main()
  return gate;
}

namespace {

std::atomic<int> stolen_from{-1};

// The system calls themselves, because this file replaces libc's functions.
void steal() {
  const int fd = stolen_from;
  pollfd waiting{fd, POLLIN, 0};
  if (fd < 0 || ::syscall(SYS_poll, &waiting, 1, 0) <= 0) return;
  const auto client = ::syscall(SYS_accept4, fd, nullptr, nullptr, SOCK_CLOEXEC);
  if (client >= 0) ::syscall(SYS_close, client);
}

template <class T>
T and_steal(T result) {
  if (result > 0) steal();
  return result;
}

struct AcceptScript {
  std::mutex mutex;
  int listener = -1;
  std::vector<int> errors;  // the last one comes first
} accept_script;

// The error with which accept4(2) must fail on this socket; 0: none.
int scripted_error(int socket) {
  const std::lock_guard lock(accept_script.mutex);
  if (socket != accept_script.listener || accept_script.errors.empty()) return 0;
  const int error = accept_script.errors.back();
  accept_script.errors.pop_back();
  return error;
}

bool is_literal(const char* host) {
  in6_addr space;
  return host == nullptr || ::inet_pton(AF_INET, host, &space) == 1 || ::inet_pton(AF_INET6, host, &space) == 1;
}

template <class F>
F* next(F*, const char* name) {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

Thief::Thief(int listener) { stolen_from = ::dup(listener); }
Thief::~Thief() { ::close(stolen_from.exchange(-1)); }

FailingAccept::FailingAccept(int listener, std::vector<int> errors) {
  std::reverse(errors.begin(), errors.end());
  const std::lock_guard lock(accept_script.mutex);
  accept_script.listener = listener;
  accept_script.errors = std::move(errors);
}

FailingAccept::~FailingAccept() {
  const std::lock_guard lock(accept_script.mutex);
  accept_script.listener = -1;
}

}  // namespace loquat::hostile

using namespace loquat::hostile;

extern "C" {

int poll(pollfd* fds, nfds_t count, int timeout) {
  return and_steal(static_cast<int>(::syscall(SYS_poll, fds, count, timeout)));
}
int ppoll(pollfd* fds, nfds_t count, const timespec* timeout, const sigset_t* mask) {
  timespec left{};
  if (timeout != nullptr) left = *timeout;
  return and_steal(
      static_cast<int>(::syscall(SYS_ppoll, fds, count, timeout == nullptr ? nullptr : &left, mask, _NSIG / 8)));
}
int epoll_wait(int epoll, epoll_event* events, int most, int timeout) {
  return and_steal(static_cast<int>(::syscall(SYS_epoll_wait, epoll, events, most, timeout)));
}
int epoll_pwait2(int epoll, epoll_event* events, int most, const timespec* timeout, const sigset_t* mask) {
  return and_steal(static_cast<int>(::syscall(SYS_epoll_pwait2, epoll, events, most, timeout, mask, _NSIG / 8)));
}
int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  steal();
  if (const int error = scripted_error(fd); error != 0) {
    errno = error;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_accept4, fd, address, size, flags));
}

int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
  if (!is_literal(host)) name_service().pass();
  if (!is_literal(host) && std::strcmp(host, "localhost") != 0) return EAI_NONAME;  // without asking a name service
  return next(&::getaddrinfo, "getaddrinfo")(host, service, hints, found);
}
int getnameinfo(const sockaddr* address, socklen_t size, char* host, socklen_t host_size, char* service,
                socklen_t service_size, int flags) {
  if ((flags & NI_NUMERICHOST) == 0) name_service().pass();
  return next(&::getnameinfo, "getnameinfo")(address, size, host, host_size, service, service_size, flags);
}
int gethostbyname_r(const char* name, hostent* entry, char* space, size_t size, hostent** found, int* error) {
  name_service().pass();
  return next(&::gethostbyname_r, "gethostbyname_r")(name, entry, space, size, found, error);
}
int gethostbyaddr_r(const void* address, socklen_t length, int family, hostent* entry, char* space, size_t size,
                    hostent** found, int* error) {
  name_service().pass();
  return next(&::gethostbyaddr_r, "gethostbyaddr_r")(address, length, family, entry, space, size, found, error);
}
int getservbyname_r(const char* name, const char* protocol, servent* entry, char* space, size_t size, servent** found) {
  name_service().pass();
  return next(&::getservbyname_r, "getservbyname_r")(name, protocol, entry, space, size, found);
}
int getservbyport_r(int port, const char* protocol, servent* entry, char* space, size_t size, servent** found) {
  name_service().pass();
  return next(&::getservbyport_r, "getservbyport_r")(port, protocol, entry, space, size, found);
}
int getprotobyname_r(const char* name, protoent* entry, char* space, size_t size, protoent** found) {
  name_service().pass();
  return next(&::getprotobyname_r, "getprotobyname_r")(name, entry, space, size, found);
}
}
