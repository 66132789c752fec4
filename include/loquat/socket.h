// socket.h - sockets that block the fiber, never the thread (or the thread, outside of fibers).
//
// Python's `socket` in C++: connect, recv, send, close read top to bottom, no callbacks.
//
// True of every call in this file, so not repeated below:
//   Units     Sizes are bytes, ports host byte order, times std::chrono.
//   Errors    Failures throw OSError (error.h): operation, both addresses, errno, bytes moved. A closed socket: EBADF.
//   Timeout   settimeout() bounds each call as a whole; past it TimeoutError is thrown and the socket stays usable.
//             A timeout of 0 makes calls that would wait throw BlockingIOError.
//   Threads   Any thread or fiber may call; callers in one direction queue, in order. close() wakes them all.
//   Lifetime  Buffers need live only until the call returns, on every poller. A call returns or throws only when the
//             kernel has let go of its buffer; what has finished beats timeout, cancel and close.
//   Cancel    A fiber that is cancelled throws Cancelled at its next wait (fiber.h); no received byte is lost.
//
// Layer: net (docs/layers.txt).  Start at examples/03_one_message_server.cc.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loquat/address.h"
#include "loquat/error.h"
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
  static Socket from_fd(int fd);

  // Moving hands the socket over. The destructor closes.
  Socket(Socket&&) noexcept;
  Socket& operator=(Socket&&) noexcept;
  ~Socket();

  // --- Servers -----------------------------------------------------------------------------------------------------
  // Source: bind(2). Throws OSError(EADDRINUSE), PermissionError, ...
  void bind(const Address& address);
  // Source: listen(2). A negative backlog is 0.
  void listen(int backlog = 128);
  // Waits for a connection and returns it: blocking, close-on-exec. Any number of callers may wait.
  // Source: accept4(2), Python socket.accept.
  Socket accept();

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
  // Throws ConnectionResetError if the peer aborted; OSError(EBADF) if close() ran meanwhile.
  // Source: RFC 9293 s.3.10.3, recv(2), Python socket.recv_into.
  std::size_t recv_into(std::span<std::byte> buffer, int flags = 0);
  std::size_t recv_into(std::span<char> buffer, int flags = 0);
  // The same into a new string of at most `size` bytes. Empty at end of stream.
  std::string recv(std::size_t size, int flags = 0);

  // Sends what the kernel takes now, waiting until that is at least one byte. Returns how many. Never raises SIGPIPE.
  // Source: send(2) MSG_NOSIGNAL, Python socket.send.
  std::size_t send(std::string_view data, int flags = 0);

  // Sends all of `data`, waiting while the kernel's send buffer is full. On return the kernel has the bytes; the peer
  // may not. Two callers never interleave. Never raises SIGPIPE.
  //
  // Throws ConnectionResetError, BrokenPipeError or TimeoutError; error.done() bytes are on their way and cannot be
  // recalled: close the socket unless your protocol can resume.
  // Source: RFC 9293 s.3.10.2, send(2) MSG_NOSIGNAL, Python socket.sendall.
  void sendall(std::string_view data, int flags = 0);
  // Sends the pieces one after the other, as one sendall() without copying them together.
  void sendall(std::span<const std::string_view> pieces, int flags = 0);

  // Waits until recv() has something to give: bytes, end of stream or an error. A connection that idles here, with no
  // buffer of its own, costs least. False when `timeout` is over first. The socket's own timeout does not apply.
  bool wait_readable(Duration timeout = Duration::max());

  // --- The end -----------------------------------------------------------------------------------------------------
  // SHUT_RD, SHUT_WR (the peer reads end of stream; receiving goes on) or SHUT_RDWR. Source: shutdown(2).
  void shutdown(int how);
  // Closes the socket: calls in flight on any worker or thread end with EBADF, and when the last of them has gone the
  // descriptor is closed, and close() returns. It may wait for them; it never throws. A second close() does nothing.
  void close() noexcept;
  // Gives the descriptor up without closing it; as with close(), calls in flight end with EBADF. -1 if closed.
  int detach();
  bool closed() const noexcept;
  // The kernel's descriptor, or -1 if closed. In a simulation throws std::logic_error: there is none.
  int fileno() const;

  // --- Options -----------------------------------------------------------------------------------------------------
  Address getsockname() const;
  Address getpeername() const;
  // Source: getsockopt(2), setsockopt(2).
  int getsockopt(int level, int option) const;
  void setsockopt(int level, int option, int value);
  // None (empty): calls wait without bound and the descriptor is blocking. 0: calls never wait. Else each call waits at
  // most this long. With a timeout the descriptor is non-blocking (F_GETFL), as in Python. Throws std::invalid_argument
  // if negative.
  void settimeout(std::optional<Duration> timeout);
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

// A TCP (or Unix) server that listens at `address`, with SO_REUSEADDR, IPV6_V6ONLY for IPv6 literals other than "::".
// Throws OSError(EADDRINUSE) if the port is taken. Source: Python socket.create_server.
Socket create_server(const Address& address, int backlog = 128);

// The same once for each worker: `count` listeners that share one port, or for Unix sockets copies of one listener. The
// first is bound without SO_REUSEPORT, so that a port in use is an error. Port 0 picks one for all.
std::vector<Socket> create_servers(const Address& address, std::size_t count, int backlog = 128);

// Resolves `host` and connects to the first address that answers, racing them as RFC 8305 says (a new attempt each
// 250 ms, IPv6 and IPv4 in turn). "timeout" bounds all of it and becomes the socket's.
// Throws gaierror, or the last attempt's error. Source: Python socket.create_connection.
Socket create_connection(const std::string& host, std::uint16_t port, std::optional<Duration> timeout = {});

}  // namespace loquat
