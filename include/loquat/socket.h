// socket.h - sockets that block the fiber, never the thread (or the thread, outside of fibers).
//
// Python's `socket` in C++: connect, recv, send, close read top to bottom, no callbacks.
//
// True of every call in this file, so not repeated below:
//   Units     Sizes are bytes, ports host byte order, times std::chrono.
//   Errors    Failures throw OSError (error.h): operation, both addresses if the kernel still knows them, errno,
//             bytes moved. A closed socket: EBADF.
//   Timeout   settimeout() bounds each call as a whole; past it TimeoutError is thrown and the socket stays usable.
//             A timeout of 0 makes calls that would wait throw BlockingIOError.
//   Threads   Any thread or fiber may call; callers in one direction queue, in order. close() wakes them all.
//   Buffers   To receive into: any contiguous bytes (bytes.h). To send: those, or a std::string_view.
//   Lifetime  Buffers need live only until the call returns, on every poller. A call returns or throws only when the
//             kernel has let go of its buffer; what has finished beats timeout, cancel and close.
//   Cancel    A fiber that is cancelled throws Cancelled at its next wait (fiber.h); no received byte is lost.
//   Fork      In the child of a fork(2) a Socket has no callers but the child's. See run.h.
//   Strings   A host or path with a NUL in it: std::invalid_argument.
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
  // No socket: every call throws EBADF.
  Socket() noexcept;
  // A new socket of the World that runs the caller: the simulated one in a simulation, else the kernel's.
  // Close-on-exec. Throws OSError(EAFNOSUPPORT, EMFILE, ...). Source: socket(2).
  explicit Socket(int family, int type = SOCK_STREAM, int proto = 0);
  // Takes over an open descriptor of the kernel. Throws OSError(EBADF, ENOTSOCK); the descriptor is then still yours.
  // Its timeout is the default one, or 0 if the descriptor is non-blocking. Source: Python socket.socket(fileno=fd).
  static Socket from_fd(int fd);
  // Another Socket for the same connection, with a descriptor of its own; both share the kernel's state, O_NONBLOCK
  // too. Close-on-exec; the timeout is this one's. Source: Python socket.dup, F_DUPFD_CLOEXEC of fcntl(2).
  Socket dup() const;

  // Moving hands the socket over. The destructor closes.
  Socket(Socket&&) noexcept;
  Socket& operator=(Socket&&) noexcept;
  ~Socket();

  // --- Servers -----------------------------------------------------------------------------------------------------
  // Gives the socket its own address. With port 0 the kernel picks a free one, and getsockname() says which.
  // Throws OSError(EADDRINUSE), PermissionError, ... Source: bind(2).
  void bind(const Address& address);
  // Lets clients connect. About `backlog` connections wait for accept(), further ones outside; a negative one is 0.
  // Source: listen(2).
  void listen(int backlog = 128);
  // Waits for a connection and returns it: blocking, close-on-exec. Any number of callers may wait.
  // Source: accept4(2), Python socket.accept.
  Socket accept();
  // Also stores the peer's address. getpeername() fails once the peer has disconnected.
  Socket accept(Address& peer);

  // --- Clients -----------------------------------------------------------------------------------------------------
  // Connects, waiting until the peer has answered. After a failure close the socket and use a new one.
  // Throws ConnectionRefusedError, TimeoutError, OSError(EHOSTUNREACH, ...). Source: connect(2).
  void connect(const Address& address);
  // The same, but returns the errno instead of throwing it; 0 is success, EAGAIN a timeout (as Python's does).
  int connect_ex(const Address& address);

  // --- Bytes -------------------------------------------------------------------------------------------------------
  // Waits for at least one byte, stores up to buffer.size() of them at its front and returns how many.
  // Returns 0 at end of stream, and for an empty buffer.
  //
  // Flags are recv(2)'s, with the same outcome in fibers and threads:
  //   MSG_DONTWAIT  As with a timeout of 0.
  //   MSG_WAITALL   Of a stream, waits for a full buffer, with MSG_PEEK on TCP only. Less comes if the stream ends, time
  //                 is over or the fiber is cancelled. recvfrom() and recvmsg() know it too; descriptors that come with
  //                 the bytes end it (unix(7)).
  //   MSG_TRUNC     Returns the datagram's own length, which may be more than was stored; TCP discards the bytes.
  //   MSG_OOB, MSG_ERRQUEUE  Never wait: BlockingIOError.
  //
  // Throws ConnectionResetError if the peer aborted; OSError(EBADF) if close() ran meanwhile.
  // Source: RFC 9293 s.3.10.3, recv(2), Python socket.recv_into.
  std::size_t recv_into(std::span<std::byte> buffer, int flags = 0);
  template <MutableBytes Buffer>
  std::size_t recv_into(Buffer&& buffer, int flags = 0) {
    return recv_into(detail::span_of(buffer), flags);
  }
  // The same into a new string of at most `size` bytes, with any flags. Empty at end of stream.
  // Throws std::invalid_argument if size exceeds PTRDIFF_MAX (a negative value converted to size_t).
  std::string recv(std::size_t size, int flags = 0);

  // Sends what the kernel takes now, waiting until that is at least one byte. Returns how many. Never raises SIGPIPE.
  // Source: send(2) MSG_NOSIGNAL, Python socket.send.
  std::size_t send(std::string_view data, int flags = 0);
  std::size_t send(const Bytes auto& data, int flags = 0) { return send(detail::view_of(data), flags); }

  // Sends all of `data`, waiting while the kernel's send buffer is full. On return the kernel has the bytes; the peer
  // may not. Two callers never interleave. Never raises SIGPIPE. Of no data it sends an empty datagram, and on a stream
  // nothing.
  //
  // Throws ConnectionResetError, BrokenPipeError or TimeoutError; error.done() bytes are on their way and cannot be
  // recalled: close the socket unless your protocol can resume.
  // Source: RFC 9293 s.3.10.2, send(2) MSG_NOSIGNAL, Python socket.sendall.
  void sendall(std::string_view data, int flags = 0);
  void sendall(const Bytes auto& data, int flags = 0) { sendall(detail::view_of(data), flags); }
  // Sends the pieces one after the other, as one sendall() without copying them together.
  void sendall(std::span<const std::string_view> pieces, int flags = 0);

  // One message: for datagrams all of it, or its first bytes. data and address, or size and address, are what counts.
  // Source: recvfrom(2), Python socket.recvfrom.
  Message recvfrom(std::size_t size, int flags = 0);
  Message recvfrom_into(std::span<std::byte> buffer, int flags = 0);
  template <MutableBytes Buffer>
  Message recvfrom_into(Buffer&& buffer, int flags = 0) {
    return recvfrom_into(detail::span_of(buffer), flags);
  }
  // The same with up to `ancillary` bytes of control messages (cmsg_space()); the second fills the buffers in turn.
  // Descriptors that come are close-on-exec. Source: recvmsg(2), RFC 3542, Python socket.recvmsg.
  Message recvmsg(std::size_t size, std::size_t ancillary = 0, int flags = 0);
  Message recvmsg_into(std::span<const std::span<std::byte>> buffers, std::size_t ancillary = 0, int flags = 0);

  // Sends one message to `address`, or to the connected peer if that is AF_UNSPEC. Returns the number of bytes the
  // kernel accepted; a datagram is always accepted whole. While the queue of a Unix datagram socket is full, these
  // calls try again after 1 to 50 ms, because the kernel does not report when there is room. Source: sendto(2),
  // sendmsg(2), Python socket.sendmsg.
  std::size_t sendto(std::string_view data, const Address& address, int flags = 0);
  std::size_t sendto(const Bytes auto& data, const Address& address, int flags = 0) {
    return sendto(detail::view_of(data), address, flags);
  }
  std::size_t sendmsg(std::span<const std::string_view> pieces, std::span<const Ancillary> ancillary = {},
                      int flags = 0, const Address& address = {});

  // Sends `count` bytes of the file `fd` from `offset` on (to its end without a count), and returns how many those
  // were. The timeout bounds all of it. The file's position is then behind the last byte sent, also after a failure.
  // A pipe or a terminal is read from where it is, and what was read and not sent is lost.
  // Throws std::invalid_argument for a socket that is no stream or has a timeout of 0, for a count of 0, and for an
  // offset into what is no regular file.
  // Source: Python socket.sendfile.
  std::size_t sendfile(int fd, std::size_t offset = 0, std::optional<std::size_t> count = {});

  // A std::iostream over this socket, for std::getline, >> and <<. It keeps the socket open; see stream.h.
  SocketStream makefile(std::size_t buffer = SocketStream::default_buffer);

  // Waits until recv() has something to give: bytes, end of stream or an error. A connection that idles here, with no
  // buffer of its own, costs least. False when `timeout` is over first. The socket's own timeout does not apply.
  bool wait_readable(AnyDuration timeout = Duration::max());
  // The same for send(). A pending error counts, too.
  bool wait_writable(AnyDuration timeout = Duration::max());

  // --- The end -----------------------------------------------------------------------------------------------------
  // SHUT_RD, SHUT_WR (the peer reads end of stream; receiving goes on) or SHUT_RDWR. Source: shutdown(2).
  void shutdown(int how);
  // Closes the socket: calls in flight on any worker or thread end with EBADF, and when the last of them has gone the
  // descriptor is closed, and close() returns. It may wait for them, and with SO_LINGER for the peer; only the fiber
  // waits. It never throws. A second close() does nothing.
  // While a makefile() stream is open all this waits for its end, as in Python; shutdown(SHUT_RDWR) does not wait.
  void close() noexcept;
  // Gives the descriptor up without closing it; as with close(), calls in flight end with EBADF. -1 if closed.
  int detach();
  bool closed() const noexcept;
  // The kernel's descriptor, or -1 if closed. In a simulation throws std::logic_error: there is none.
  int fileno() const;

  // --- Options -----------------------------------------------------------------------------------------------------
  // This end's address and the other's. getpeername() throws OSError(ENOTCONN) if there is no connection, or none any
  // more. Source: getsockname(2), getpeername(2).
  Address getsockname() const;
  Address getpeername() const;
  // As socket(2) was told; type without SOCK_NONBLOCK and SOCK_CLOEXEC.
  int family() const;
  int type() const;
  int proto() const;
  // Source: getsockopt(2), setsockopt(2).
  int getsockopt(int level, int option) const;
  std::string getsockopt(int level, int option, std::size_t size) const;  // structures, such as linger
  void setsockopt(int level, int option, int value);
  void setsockopt(int level, int option, std::string_view value);
  // Whether programs that this process executes get the descriptor. False at first (PEP 446).
  bool get_inheritable() const;
  void set_inheritable(bool inheritable);
  // None (empty): calls wait without bound and the descriptor is blocking. 0: calls never wait. Else each call waits at
  // most this long. With a timeout the descriptor is non-blocking (F_GETFL), as in Python. Throws std::invalid_argument
  // if negative.
  void settimeout(std::optional<AnyDuration> timeout);
  std::optional<Duration> gettimeout() const noexcept;
  // settimeout(None) or settimeout(0).
  void setblocking(bool blocking);
  bool getblocking() const noexcept;

 private:
  explicit Socket(std::shared_ptr<net::Descriptor> descriptor) noexcept;
  net::Descriptor& open_descriptor(const char* operation) const;
  friend class net::Descriptor;
  std::shared_ptr<net::Descriptor> descriptor_;
};

// Two sockets that are connected with each other. Source: socketpair(2); in a simulation AF_UNIX streams only.
std::pair<Socket, Socket> socketpair(int family = AF_UNIX, int type = SOCK_STREAM, int proto = 0);
// A Socket with a descriptor of its own for what `fd` is; `fd` stays yours. Source: Python socket.fromfd.
Socket fromfd(int fd);
// The timeout that new sockets get, in the whole process: none at first. Source: Python socket.setdefaulttimeout.
void setdefaulttimeout(std::optional<AnyDuration> timeout);
std::optional<Duration> getdefaulttimeout() noexcept;

// Sends descriptors with a message of at least one byte over a Unix socket, and receives up to `most` of them.
// Source: Python socket.send_fds, socket.recv_fds.
std::size_t send_fds(Socket& socket, std::string_view data, std::span<const int> fds);
Message recv_fds(Socket& socket, std::size_t size, std::size_t most);

// --- Servers and connections in one call ---------------------------------------------------------------------------

struct ServerOptions {
  int backlog = 128;        // of listen(2)
  bool reuse_port = false;  // SO_REUSEPORT: other sockets that set it, too, may listen at the same port
  // AF_INET or AF_INET6, for which the address "" (or "::") is then meant; AF_UNSPEC: the address's own.
  int family = AF_UNSPEC;
  // Whether an IPv6 server takes IPv4's clients, too. If nothing is said, "::" does unless a family is asked for.
  std::optional<bool> dualstack_ipv6 = {};
};

// A TCP (or Unix) server that listens at `address`, with SO_REUSEADDR.
// Throws OSError(EADDRINUSE) if the port is taken, gaierror(EAI_ADDRFAMILY) for an address of another family,
// std::invalid_argument if dualstack_ipv6 is asked of IPv4. Source: Python socket.create_server.
Socket create_server(const Address& address, int backlog = 128);
Socket create_server(const Address& address, const ServerOptions& options);
// Whether this machine has IPv6 sockets that take IPv4's clients, too.
bool has_dualstack_ipv6();

// The same once for each worker: `count` listeners that share one port, or for Unix sockets copies of one listener. The
// first is bound without SO_REUSEPORT, so that a port in use is an error. Port 0 picks one for all.
std::vector<Socket> create_servers(const Address& address, std::size_t count, int backlog = 128);
std::vector<Socket> create_servers(const Address& address, std::size_t count, ServerOptions options);

struct ConnectOptions {
  // Bounds all of the call, the lookup too, and becomes the socket's. 0: BlockingIOError(EINPROGRESS), as in Python.
  std::optional<AnyDuration> timeout = getdefaulttimeout();
  // Bound to before it connects: {"", port}, {"127.0.0.1", 0}. None at first. With a port, addresses take turns.
  Address source = {};
  // Throw an ExceptionGroup (error.h) of every attempt's failure instead of the last one alone.
  bool all_errors = false;
};

// Resolves `host` ("": localhost) and connects to the first address that answers. In a fiber they race as RFC 8305 says
// (a new attempt each 250 ms, IPv6 and IPv4 in turn). In a plain thread they take turns, and each that is left gets an
// equal share of the time that is left.
// Throws gaierror, or what the last address's attempt threw. Source: Python socket.create_connection.
Socket create_connection(const std::string& host, std::uint16_t port, const ConnectOptions& options = {});
Socket create_connection(const std::string& host, std::uint16_t port, std::optional<AnyDuration> timeout);

}  // namespace loquat
