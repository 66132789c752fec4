// server.h - StreamServer: a handler for each connection; DatagramServer: a handler for each datagram.
//
//   loquat::StreamServer server({"", 9000}, [](loquat::Socket& client, const loquat::Address&) {
//     for (std::string data; !(data = client.recv(4096)).empty();) client.sendall(data);
//   });
//   server.serve_forever();
//
// True of every call in this file:
//   Where     Inside run() (run.h) or simulate() (testing.h); a simulation has no datagrams. Constructors, destructors
//             and listen_fds() also work outside.
//   Handlers  A handler runs in a fiber of its own and may wait for anything. Several run at the same time, and with
//             several workers on several threads: a handler must protect what it shares. What it refers to must outlive
//             the server.
//   Failures  What a handler throws is logged and hurts nobody else. A ConnectionError, a TimeoutError and a failed TLS
//             handshake are the client's business: they are logged at LogLevel::info, anything else as an error.
//   Log       Lines go to `log` of the options, or if that is nullptr to the run's log (RunOptions). If there is
//             neither, errors of handlers go to standard error, as those of all fibers do (fiber.h).
//   Threads   Any fiber, worker or thread may call. start() must not run at the same time as another call.
//   Restart   After stop(), start() begins anew if the server was made with an Address. It then listens at address(),
//             so with port 0 the port stays the same. Sockets given to the constructor are closed for good.
//
// Layer: server (docs/layers.txt).  Start at examples/06_echo_server.cc.  Source: gevent.server.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loquat/address.h"
#include "loquat/log.h"
#include "loquat/message.h"
#include "loquat/socket.h"
#include "loquat/time.h"

namespace loquat {

struct StreamServerOptions {
  // The handlers that run at a time. While so many run, one more connection per listener is accepted and waits; further
  // ones wait in the listener's queue.
  std::size_t max_connections = 100'000;
  // The length of that queue, for a server that is made with an Address; see Socket::listen().
  int backlog = 128;
  // How long a TLS handshake may take. A client that is silent for so long is disconnected.
  AnyDuration handshake_timeout = std::chrono::seconds(10);
  std::string name = "server";  // begins each line in the log
  LogSink* log = nullptr;
};

// Accepts connections. If descriptors or memory run out (EMFILE, ENFILE, ENOBUFS, ENOMEM), it logs that once and tries
// again every 100 ms; the clients wait.
//
// TLS: give it wrapped listeners (tls.h), StreamServer(context.wrap_servers(create_servers(...)), handler). The
// handshake is made in the handler's fiber before the handler is called, so a client that is silent delays no other.
// tls_info() returns the client's certificate and the rest.
class StreamServer {
 public:
  // `connection` is closed when the handler returns, and counts for max_connections until then. A handler that moves it
  // away takes it over. `peer` is the client's address, valid until the handler returns.
  using Handler = std::function<void(Socket& connection, const Address& peer)>;

  // Will listen at `address`, once on each worker, as create_servers() does.
  StreamServer(const Address& address, Handler handler, StreamServerOptions options = {});
  // Takes listening sockets: from create_server(), create_servers(), wrap_servers() or listen_fds(). Number i is served
  // on worker i % workers(). Throws std::invalid_argument if there are none.
  StreamServer(std::vector<Socket> listeners, Handler handler, StreamServerOptions options = {});
  StreamServer(Socket listener, Handler handler, StreamServerOptions options = {});
  // stop(0s). A handler must not destroy its server.
  ~StreamServer();
  StreamServer(const StreamServer&) = delete;
  StreamServer& operator=(const StreamServer&) = delete;

  // Listens and begins to accept, in fibers of its own; returns at once. Does nothing if it is already accepting.
  // Throws OSError(EADDRINUSE, ...) with the address in its text, and std::logic_error if its sockets are closed.
  void start();
  // Closes the listeners and returns at once: new clients are refused, handlers go on. A handler may call it.
  //
  // The kernel resets connections that it has queued and the server has not accepted. One that was accepted but waits
  // for max_connections is closed without a handler.
  void close() noexcept;
  // close(), then waits for the handlers. Those that still run after `timeout` are cancelled (fiber.h), and it waits
  // for their end however long that takes; Cancelled is thrown in them again every second. Returns whether none had to
  // be cancelled. A stop() meanwhile waits for this one; a later one, and one before start(), returns true at once.
  // Throws std::logic_error in a handler, which would wait for itself.
  bool stop(AnyDuration timeout = std::chrono::seconds(1));
  // start(), then waits until close() or stop() is called or its caller is cancelled, then stop(stop_timeout). (If a
  // stop() is in progress, its timeout holds.) If a listener fails, or is closed by somebody else, it throws that
  // OSError after the same end.
  void serve_forever(AnyDuration stop_timeout = std::chrono::seconds(1));

  // The address of the first listener, with its real port once start() has returned.
  Address address() const;
  // The handlers that run.
  std::size_t connections() const noexcept;

 private:
  class State;
  std::unique_ptr<State> state_;
};

// --- Datagrams -----------------------------------------------------------------------------------------------------

struct DatagramServerOptions {
  // The handlers that run at a time. While so many run, nothing is received: the kernel queues some datagrams
  // (SO_RCVBUF) and drops the rest.
  std::size_t max_handlers = 1000;
  std::string name = "server";  // begins each line in the log
  LogSink* log = nullptr;
};

// Receives datagrams (UDP or Unix) on the worker that calls start(). The handlers run on that worker too.
class DatagramServer {
 public:
  // `message.data` is one whole datagram, `message.address` its sender. Only if something else reads from the same
  // Unix socket, too, it may be cut; then `message.flags` has MSG_TRUNC. `socket` is the server's own, for the answer:
  //   socket.sendto("got " + message.data, message.address);
  using Handler = std::function<void(Socket& socket, const Message& message)>;

  // Will bind a socket to `address`. It does not share a port (no SO_REUSEADDR).
  DatagramServer(const Address& address, Handler handler, DatagramServerOptions options = {});
  // Takes a bound socket, such as one of listen_fds().
  DatagramServer(Socket socket, Handler handler, DatagramServerOptions options = {});
  // These are as StreamServer's. close() lets handlers send their answers: the socket is closed when stop() has waited
  // for the last one, but nothing more is received.
  ~DatagramServer();
  DatagramServer(const DatagramServer&) = delete;
  DatagramServer& operator=(const DatagramServer&) = delete;
  void start();
  void close() noexcept;
  bool stop(AnyDuration timeout = std::chrono::seconds(1));
  void serve_forever(AnyDuration stop_timeout = std::chrono::seconds(1));

  Address address() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

// --- Socket activation ---------------------------------------------------------------------------------------------

struct PassedSocket {
  std::string name;  // FileDescriptorName= of the socket unit; "unknown" if there is none
  Socket socket;     // close-on-exec
};
// The sockets that systemd has opened for this process, in the order of the unit; none if it was started in another
// way. With `ListenStream=` they are listeners, with `ListenDatagram=` bound sockets, with `Accept=yes` a connection.
//
// It removes LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES from the environment, so that no child process takes the sockets
// for its own, and a second call returns nothing. Call it in main() before other threads start: the environment has no
// lock. Throws std::invalid_argument if LISTEN_FDS is malformed, OSError(ENOTSOCK, EBADF) if a descriptor is no socket.
// Source: sd_listen_fds(3).
std::vector<PassedSocket> listen_fds();

}  // namespace loquat
