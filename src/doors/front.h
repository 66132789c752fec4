// front.h - the one port: accepts connections, recognises the protocol by the first bytes, and opens the right door.
//
//   Context context{log};
//   http::Server server(web_door.handler());
//   Front front(context, server);
//   front.serve(create_servers({"", 7777}, workers()));
//   ...
//   front.stop("back in a minute");
//   front.wait_stopped(5s);
//
// True of every call in this file:
//   Silence   The server speaks first to nobody, and nobody is a member before their first line: a silent connection is
//             sent nothing and announced to nobody.
//   Once      The protocol is decided once (codec/sniff.h). The body of an HTTP request is never read as chat.
//   Proxies   A connection from a trusted proxy (Options) may begin with a PROXY header, which tells limits, doors and
//             log who the client is. A malformed one, and one from anybody else, is refused and logged.
//   TLS       With a certificate (Context::tls) a connection may begin with TLS; the protocol inside is recognised in
//             the same way. A handshake without a certificate, or inside TLS, is refused.
//   Memory    An idle connection waits in wait_readable() and holds no buffer.
//   Bounds    Options limits the connections in all, those per address (IPv6: per /64; loopback and Unix sockets are
//             exempt), and undecided ones. A connection over a limit is counted and closed without a word, since its
//             protocol is not known yet. But a new one takes the place of the HTTP connection that has waited longest
//             for its next request, and among the undecided the oldest one is closed.
//   Kernel    Listeners are given TCP_NODELAY, TCP_NOTSENT_LOWAT, TCP_USER_TIMEOUT and keep-alive, which their
//             connections inherit: a peer that reads nothing holds 128 KiB of the kernel's buffers, and is
//             disconnected 2 minutes after it last read or answered, whether or not data was on its way to it.
//   Threads   One Front for all workers. connection() on any of them, stop() anywhere in the run.
//
// Layer: doors (docs/layers.txt).  Start at tools/loquat/serve/serve.cc.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sniff.h"
#include "doors/common/context.h"
#include "loquat/http.h"
#include "loquat/server.h"
#include "loquat/socket.h"

namespace loquat::doors {

class Visit;
class Visits;

class Front {
 public:
  // Both outlive the front.
  Front(Context& context, http::Server& web);
  // Closes the open connections and waits until they have ended.
  ~Front();
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  // Accepts from these listeners too and serves each connection in a fiber; number i on worker i % workers(). Returns
  // the address of the first. Call it on one worker, before stop().
  Address serve(std::vector<Socket> listeners);

  // Serves one connection and closes it. Throws nothing but Cancelled.
  void connection(Socket socket);

  // Closes the listeners and the connections that have not spoken, tells every client `reason` in its own protocol
  // (StopList), and ends idle HTTP connections. Later connections are closed. A second call does nothing.
  void stop(std::string_view reason);
  // After stop(): waits until every connection has ended. After `timeout` it closes those that are left and returns
  // false.
  bool wait_stopped(Duration timeout);

  std::size_t connections() const noexcept;

 private:
  void decide(Visit& visit);
  enum class Proxied : std::uint8_t { no, unfinished, refused };
  Proxied hear_proxy(Visit& visit, std::string& bytes);
  void refuse_proxy(Visit& visit, std::string_view reason);
  bool secure(Visit& visit, std::string first_bytes);
  void open_door(Visit& visit, codec::Sniffed who, std::string first_bytes);
  void send_refusal(Visit& visit, codec::Sniffed who);
  void log_refusal(const Visit& visit, std::string_view reason, LogLevel level = LogLevel::debug) const;
  void close_all();

  Context& context_;
  http::Server& web_;
  std::unique_ptr<Visits> visits_;
  std::list<StreamServer> servers_;
  std::atomic<bool> proxy_refused_{false};
};

}  // namespace loquat::doors
