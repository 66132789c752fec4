// socket.h - Python's `socket` in C++: connect(), recv(), send() and close() read top to bottom, without callbacks.
//
// True of every call in this file:
//   Waiting   In a fiber a call blocks that fiber alone, and its worker runs others. Anywhere else it blocks the
//             thread.
//   Units     Sizes are bytes, ports are in host byte order, times are std::chrono durations.
//   Errors    A failure throws OSError (error.h) with the operation, both addresses if the kernel still knows them, the
//             errno, and the number of bytes already moved. A call on a closed socket throws OSError(EBADF).
//   Timeout   settimeout() limits each call as a whole. Past it the call throws TimeoutError and the socket stays
//             usable. With a timeout of 0 a call that would have to wait throws BlockingIOError.
//   Threads   Any thread or fiber may call. Calls that receive (and accept) take turns in order of arrival, and so do
//             calls that send (and connect); the two directions run at the same time. close() ends waiting calls. The
//             object itself must not be moved or destroyed while another thread may begin a call on it.
//   Buffers   Calls that receive take any contiguous bytes (bytes.h); calls that send take those or a std::string_view.
//   Lifetime  A buffer must live until the call returns and no longer, on every poller. A call returns or throws only
//             after the kernel has let go of the buffer. An operation that has finished returns its result, even if a
//             timeout, a cancel or a close() came at the same time.
//   Cancel    A cancelled fiber throws Cancelled at its next wait (fiber.h). No received byte is lost.
//   Fork      The child of a fork(2) may use the parent's sockets. Calls that were in progress in the parent do not
//             exist in the child (run.h).
//   Strings   A host or path that contains a NUL throws std::invalid_argument.
//
// Layer: net (docs/layers.txt).  Start at examples/03_one_message_server.cc, or at docs/book.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loquat/address.h"
#include "loquat/bytes.h"
#include "loquat/error.h"
#include "loquat/message.h"
#include "loquat/stream.h"
#include "loquat/time.h"

namespace loquat {

namespace net {
class Descriptor;
}

class Socket {
 public:
  // An empty object: closed() is true, and calls that need a socket throw OSError(EBADF).
  Socket() noexcept;
  // Creates a socket: in a simulation (testing.h) a simulated one, else one of the kernel, close-on-exec. Its timeout
  // is the default one (setdefaulttimeout()), or 0 if `type` contains SOCK_NONBLOCK.
  // Throws OSError(EAFNOSUPPORT, EMFILE, ...). Source: socket(2).
  explicit Socket(int family, int type = SOCK_STREAM, int proto = 0);
  // Takes ownership of an open kernel descriptor, and changes none of its flags but those of a default timeout. The
  // timeout is the default one, or 0 if the descriptor is non-blocking.
  // Throws OSError(EBADF, ENOTSOCK); the descriptor then stays the caller's. Source: Python socket.socket(fileno=fd).
  static Socket from_fd(int fd);
  // Returns another Socket for the same connection. It has its own descriptor, close-on-exec, and the same timeout.
  // Both share the state in the kernel, including O_NONBLOCK. Source: Python socket.dup, F_DUPFD_CLOEXEC of fcntl(2).
  Socket dup() const;

  // Moving leaves the source empty. Assignment closes the socket that the target had. The destructor calls close().
  Socket(Socket&&) noexcept;
  Socket& operator=(Socket&&) noexcept;
  ~Socket();

  // --- Servers -----------------------------------------------------------------------------------------------------
  // Sets the local address. With port 0 the kernel picks a free port, which getsockname() returns.
  // Throws OSError(EADDRINUSE), PermissionError, ... Source: bind(2).
  void bind(const Address& address);
  // Makes this a listening socket. About `backlog` connections wait for accept(), and further clients wait to connect.
  // A negative backlog counts as 0. Source: listen(2).
  void listen(int backlog = 128);
  // Waits for a connection and returns it, close-on-exec. The new socket has the default timeout (none, unless
  // setdefaulttimeout() was called), not the timeout of this one. Any number of callers may wait.
  // Source: accept4(2), Python socket.accept.
  Socket accept();
  // Also stores the peer's address. getpeername() fails once the peer has disconnected.
  Socket accept(Address& peer);

  // --- Clients -----------------------------------------------------------------------------------------------------
  // Connects and waits for the peer's answer. After a failure close the socket and create a new one.
  // Throws ConnectionRefusedError, TimeoutError, OSError(EHOSTUNREACH, ...). With a timeout of 0 it throws
  // BlockingIOError(EINPROGRESS) and the attempt goes on: wait_writable(), then getsockopt(SOL_SOCKET, SO_ERROR)
  // returns its errno. If the queue of a Unix server stays full until the timeout, it throws BlockingIOError(EAGAIN)
  // instead of TimeoutError, as in Python. Source: connect(2).
  void connect(const Address& address);
  // As connect(), but returns the errno of a failure: 0 is success, EAGAIN a timeout, as in Python. Only a closed
  // socket still throws (OSError(EBADF)). Source: Python socket.connect_ex.
  int connect_ex(const Address& address);

  // --- Bytes -------------------------------------------------------------------------------------------------------
  // Waits for at least one byte, stores up to buffer.size() of them at its front and returns how many.
  // Returns 0 at end of stream, and for an empty buffer.
  //
  // `flags` are those of recv(2), with the same effect in fibers and threads:
  //   MSG_DONTWAIT  As with a timeout of 0.
  //   MSG_WAITALL   On a stream, waits until the buffer is full. Returns fewer bytes if the stream ends, the timeout
  //                 passes, the fiber is cancelled, or descriptors arrive with the bytes (unix(7)). Together with
  //                 MSG_PEEK it waits on TCP only. recvfrom() and recvmsg() accept it too.
  //   MSG_TRUNC     Returns the whole length of a datagram, which may exceed what was stored. TCP discards the bytes
  //                 instead of storing them.
  //   MSG_OOB, MSG_ERRQUEUE  The call never waits. If there is nothing, it throws BlockingIOError, or OSError(EINVAL)
  //                 without urgent data.
  //
  // Throws ConnectionResetError if the peer aborted; OSError(EBADF) if close() ran meanwhile.
  // Source: RFC 9293 s.3.10.3, recv(2), Python socket.recv_into.
  std::size_t recv_into(std::span<std::byte> buffer, int flags = 0);
  template <MutableBytes Buffer>
  std::size_t recv_into(Buffer&& buffer, int flags = 0) {
    return recv_into(detail::span_of(buffer), flags);
  }
  // As recv_into(), but returns the bytes in a new string of at most `size` bytes. Empty at end of stream.
  // Throws std::invalid_argument if size exceeds PTRDIFF_MAX (a negative value converted to size_t).
  std::string recv(std::size_t size, int flags = 0);

  // Sends as many bytes as the kernel accepts at once, and returns how many; waits until that is at least one. Most
  // callers want sendall(). Never raises SIGPIPE. Source: send(2) MSG_NOSIGNAL, Python socket.send.
  std::size_t send(std::string_view data, int flags = 0);
  std::size_t send(const Bytes auto& data, int flags = 0) { return send(detail::view_of(data), flags); }

  // Sends all of `data`, waiting while the kernel's send buffer is full. On return the kernel has the bytes; the peer
  // may not. The bytes of two callers never interleave. Never raises SIGPIPE. Empty `data` sends an empty datagram, or
  // nothing on a stream.
  //
  // Throws ConnectionResetError, BrokenPipeError or TimeoutError. The first error.done() bytes are already on their way
  // and cannot be recalled: close the socket unless your protocol can resume. A cancelled fiber does not learn how
  // many.
  // Source: RFC 9293 s.3.10.2, send(2) MSG_NOSIGNAL, Python socket.sendall.
  void sendall(std::string_view data, int flags = 0);
  void sendall(const Bytes auto& data, int flags = 0) { sendall(detail::view_of(data), flags); }
  // Sends the pieces one after the other, as one sendall() of their concatenation, without copying them.
  void sendall(std::span<const std::string_view> pieces, int flags = 0);

  // Waits for a datagram and returns it with its sender in Message::address. Bytes beyond `size` (or the buffer) are
  // discarded, and Message::flags has MSG_TRUNC. recvfrom_into() fills `buffer` and leaves Message::data empty;
  // Message::size is the number of bytes. On a stream these calls receive like recv(). An empty datagram and end of
  // stream both have size 0.
  // Source: recvfrom(2), Python socket.recvfrom, socket.recvfrom_into.
  Message recvfrom(std::size_t size, int flags = 0);
  Message recvfrom_into(std::span<std::byte> buffer, int flags = 0);
  template <MutableBytes Buffer>
  Message recvfrom_into(Buffer&& buffer, int flags = 0) {
    return recvfrom_into(detail::span_of(buffer), flags);
  }
  // As recvfrom(), with room for `ancillary` bytes of control messages (message.h: cmsg_space()). recvmsg_into() fills
  // the buffers one after the other. Received descriptors are close-on-exec and the caller's to close.
  // Source: recvmsg(2), RFC 3542, Python socket.recvmsg, socket.recvmsg_into.
  Message recvmsg(std::size_t size, std::size_t ancillary = 0, int flags = 0);
  Message recvmsg_into(std::span<const std::span<std::byte>> buffers, std::size_t ancillary = 0, int flags = 0);

  // Sends one message to `address`, or to the connected peer if `address` is empty (AF_UNSPEC). Returns the number of
  // bytes the kernel accepted; a datagram is always accepted whole. While the queue of a Unix datagram socket is full,
  // these calls try again every 1 to 50 ms, because the kernel does not report when there is room.
  // Source: sendto(2), sendmsg(2), Python socket.sendto, socket.sendmsg.
  std::size_t sendto(std::string_view data, const Address& address, int flags = 0);
  std::size_t sendto(const Bytes auto& data, const Address& address, int flags = 0) {
    return sendto(detail::view_of(data), address, flags);
  }
  std::size_t sendmsg(std::span<const std::string_view> pieces, std::span<const Ancillary> ancillary = {},
                      int flags = 0, const Address& address = {});

  // Sends `count` bytes of the file `fd`, beginning at `offset`; without a count, to the end of the file. Returns the
  // number of bytes sent, which is less than `count` if the file ends first. Afterwards the file's position is behind
  // the last byte sent, even if the call throws. `fd` stays the caller's.
  //
  // A pipe or a terminal is read where it stands, in pieces of up to 64 KiB. Each piece is a sendall() with a timeout
  // and an error.done() of its own; bytes that were read but not sent are lost.
  //
  // Throws std::invalid_argument if the socket is not a stream or has a timeout of 0, if `count` is 0, and if `offset`
  // is not 0 for anything but a regular file.
  // Source: Python socket.sendfile.
  std::size_t sendfile(int fd, std::size_t offset = 0, std::optional<std::size_t> count = {});

  // Returns a std::iostream over this socket, for std::getline, >> and <<. The stream keeps the socket open (stream.h).
  SocketStream makefile(std::size_t buffer = SocketStream::default_buffer);

  // Waits until recv() can return without waiting: bytes, end of stream or an error; on a listening socket, a
  // connection. Returns false if `timeout` passes first; the timeout of settimeout() does not apply. Does not take
  // turns with receiving calls. An idle connection that waits here, without a buffer, costs the least memory.
  bool wait_readable(AnyDuration timeout = Duration::max());
  // Waits until send() can return without waiting: space in the send buffer or a pending error. Otherwise as
  // wait_readable().
  bool wait_writable(AnyDuration timeout = Duration::max());

  // --- The end -----------------------------------------------------------------------------------------------------
  // Ends one direction or both. SHUT_WR: the peer reads end of stream, and receiving goes on. SHUT_RD: waiting
  // receivers read end of stream. SHUT_RDWR: both. Throws OSError(ENOTCONN) without a connection. Source: shutdown(2).
  void shutdown(int how);
  // Closes the socket. Calls in progress, in any fiber or thread, throw OSError(EBADF). When the last of them has
  // ended, the descriptor is closed and close() returns. It waits for those calls, and for the peer if SO_LINGER says
  // so; only the calling fiber waits. Never throws. A second close() does nothing.
  //
  // While a makefile() stream of this socket is open, close() only takes note, and the end of the last stream closes
  // the socket, as in Python. shutdown(SHUT_RDWR) takes effect at once.
  void close() noexcept;
  // Gives up the descriptor without closing it, and returns it to the caller, who then owns it. Calls in progress throw
  // OSError(EBADF), as with close(). Returns -1 if the socket is closed.
  int detach();
  bool closed() const noexcept;
  // The kernel's descriptor, which the socket still owns; -1 if closed. Throws std::logic_error in a simulation, where
  // there is none.
  int fileno() const;

  // --- Options -----------------------------------------------------------------------------------------------------
  // The address of this end and of the other. getpeername() throws OSError(ENOTCONN) if there is no connection, or no
  // longer one. Source: getsockname(2), getpeername(2).
  Address getsockname() const;
  Address getpeername() const;
  // The arguments of socket(2). type() is without SOCK_NONBLOCK and SOCK_CLOEXEC.
  int family() const;
  int type() const;
  int proto() const;
  // Options whose value is an int, and options whose value is a structure of at most `size` bytes, such as linger.
  // Source: getsockopt(2), setsockopt(2).
  int getsockopt(int level, int option) const;
  std::string getsockopt(int level, int option, std::size_t size) const;
  void setsockopt(int level, int option, int value);
  void setsockopt(int level, int option, std::string_view value);
  // Whether the descriptor survives exec (FD_CLOEXEC is clear). Initially false. Source: PEP 446.
  bool get_inheritable() const;
  void set_inheritable(bool inheritable);
  // The timeout of calls that begin from now on. std::nullopt (or {}), Python's None: no limit, and the descriptor is
  // blocking. 0: calls never wait. Any other: each call lasts at most this long. With a timeout the descriptor is
  // non-blocking (O_NONBLOCK), as in Python. Throws std::invalid_argument if negative.
  void settimeout(std::optional<AnyDuration> timeout);
  std::optional<Duration> gettimeout() const noexcept;
  // setblocking(true) is settimeout(std::nullopt), setblocking(false) is settimeout(0s). getblocking() is false only
  // with a timeout of 0.
  void setblocking(bool blocking);
  bool getblocking() const noexcept;

 private:
  explicit Socket(std::shared_ptr<net::Descriptor> descriptor) noexcept;
  net::Descriptor& open_descriptor(const char* operation) const;
  friend class net::Descriptor;
  std::shared_ptr<net::Descriptor> descriptor_;
};

// Returns two sockets that are connected with each other. A simulation has AF_UNIX streams only. Source: socketpair(2).
std::pair<Socket, Socket> socketpair(int family = AF_UNIX, int type = SOCK_STREAM, int proto = 0);
// Returns a Socket with a duplicate of `fd`, close-on-exec. `fd` stays the caller's. Source: Python socket.fromfd.
Socket fromfd(int fd);
// The timeout of new and accepted sockets, for the whole process. Initially none.
// Source: Python socket.setdefaulttimeout.
void setdefaulttimeout(std::optional<AnyDuration> timeout);
std::optional<Duration> getdefaulttimeout() noexcept;

// Sends `data` with copies of the descriptors over a Unix socket. Returns the number of bytes sent. Throws
// std::invalid_argument if `data` is empty. Source: Python socket.send_fds.
std::size_t send_fds(Socket& socket, std::string_view data, std::span<const int> fds);
// Receives up to `size` bytes and up to `max_fds` descriptors, which Message::fds() returns; they are close-on-exec and
// the caller's to close. If more were sent, the kernel drops the rest and Message::flags has MSG_CTRUNC.
// Source: Python socket.recv_fds.
Message recv_fds(Socket& socket, std::size_t size, std::size_t max_fds);

// --- Servers and connections in one call ---------------------------------------------------------------------------

struct ServerOptions {
  int backlog = 128;        // see listen()
  bool reuse_port = false;  // SO_REUSEPORT: several sockets may listen on one port if all of them set it
  // AF_INET or AF_INET6: the wildcard address ("" or "::") is taken as that of this family. AF_UNSPEC: the family of
  // the address.
  int family = AF_UNSPEC;
  // Whether an IPv6 server accepts IPv4 clients too. By default only "::" does, and only if `family` is AF_UNSPEC.
  std::optional<bool> dualstack_ipv6 = {};
};

// Returns a socket that listens at `address`: TCP, or Unix for an Address::unix_path(). TCP has SO_REUSEADDR set. "" is
// all of IPv4; "::" is all of IPv6 and IPv4. A Unix path must not exist yet, and it outlives the socket: unlink(2) it.
// Throws OSError(EADDRINUSE) if the port or path is taken, gaierror(EAI_ADDRFAMILY) if the address is not of
// options.family, std::invalid_argument if dualstack_ipv6 is set for an IPv4 address.
// Source: Python socket.create_server.
Socket create_server(const Address& address, int backlog = 128);
Socket create_server(const Address& address, const ServerOptions& options);
// Whether this machine has IPv6 sockets that accept IPv4 clients too. Source: Python socket.has_dualstack_ipv6.
bool has_dualstack_ipv6();

// As create_server(), but returns `count` listeners, one for each worker. TCP listeners share the port (SO_REUSEPORT),
// and the kernel spreads the clients over them; Unix listeners are duplicates of one. The first is bound without
// SO_REUSEPORT, so a port that somebody else uses is an error. With port 0 all get the same free port.
std::vector<Socket> create_servers(const Address& address, std::size_t count, int backlog = 128);
std::vector<Socket> create_servers(const Address& address, std::size_t count, ServerOptions options);

struct ConnectOptions {
  // Limits the whole call, including the lookup, and becomes the timeout of the returned socket. With 0 the call throws
  // BlockingIOError(EINPROGRESS), as in Python.
  std::optional<AnyDuration> timeout = getdefaulttimeout();
  // The local address to bind to, such as {"127.0.0.1", 0} or {"", port}; by default the kernel chooses. With a fixed
  // port the attempts are made one after the other.
  Address source = {};
  // Throws an ExceptionGroup (error.h) with the failures of all attempts, instead of the last failure.
  bool all_errors = false;
};

// Resolves `host` ("" means localhost), connects to the first address that answers, and returns that socket. In a fiber
// the attempts race as in RFC 8305: a new one starts every 250 ms, or as soon as one fails, and IPv6 and IPv4
// alternate. In a plain thread they are made one after the other, each with an equal share of the remaining time.
// Throws gaierror, or the failure of the last address. Source: Python socket.create_connection.
Socket create_connection(const std::string& host, std::uint16_t port, const ConnectOptions& options = {});
Socket create_connection(const std::string& host, std::uint16_t port, std::optional<AnyDuration> timeout);

}  // namespace loquat
