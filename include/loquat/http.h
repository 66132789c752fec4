// http.h - an HTTP/1.1 server: a handler reads a Request and writes a Response, in a fiber of its own connection.
//
//   loquat::run([] {
//     loquat::http::serve(loquat::create_server({"", 8080}), [](auto& request, auto& response) {
//       response.send("hello, " + std::string(request.path()) + "\n");
//     });
//   });
//
// HTTPS is the same with a listener that was wrapped (tls.h):
//   serve(context.wrap_socket(create_server({"", 443}), {.server_side = true}), handler);
//
// True of every call in this file:
//   Handlers  run in the connection's fiber and may wait for anything. Requests of one connection are handled one after
//             the other, those of different connections at the same time: on several workers, truly so.
//   Errors    What a handler throws is answered with 500 and goes to the log; http::Error is answered with its status.
//             It hurts nobody else. Once the answer is on its way the connection is closed instead, so that the client
//             sees that it was cut. Reading or writing throws OSError when the client has gone and TimeoutError when it
//             is too slow; let those pass too: the connection is closed.
//   Lifetime  Request, Response and every string_view that they return live until the handler returns.
//   Threads   A Request and its Response belong to the handler's fiber. A Server may be used from any fiber and worker.
//   Limits    Everything that a client sends is bounded in size and in time (ServerOptions).
//   TLS       On a wrapped socket each connection makes its handshake in its own fiber, within header_timeout. A client
//             that stalls there, speaks clear text or is refused is disconnected and holds up nobody.
//             tls_info(request.socket()) (tls.h) has the client's certificate and the rest.
//
// Layer: http (docs/layers.txt).  Start at examples/06_web_server.cc.  Source: RFC 9110, RFC 9112.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "loquat/log.h"
#include "loquat/socket.h"
#include "loquat/time.h"

namespace loquat::http {

class Connection;

// Thrown by a handler to answer with an error page: throw http::Error(404). Also thrown by Request::body() and
// read_chunk() when the body breaks the rules: 400 (malformed), 408 (too slow), 413 (too large).
class Error : public std::runtime_error {
 public:
  // `text` is sent to the client; the reason phrase if it is empty.
  explicit Error(int status, const std::string& text = {});
  int status() const noexcept { return status_; }

 private:
  int status_;
};

struct HeaderField {
  std::string_view name;  // as the client wrote it
  std::string_view value;
};

class Request {
 public:
  // "GET"; case matters.
  std::string_view method() const noexcept;
  // "/rooms?from=3", as sent.
  std::string_view target() const noexcept;
  // "/rooms": the target up to '?', not percent-decoded. For "http://host/rooms" the same.
  std::string_view path() const noexcept;
  // "from=3"; empty if there is none.
  std::string_view query() const noexcept;
  // "example.org:8080": host and port that the client wants, from Host or the target. Empty on HTTP/1.0 without Host.
  std::string_view host() const noexcept;
  // 11 for HTTP/1.1, 10 for HTTP/1.0.
  int version() const noexcept;

  // The value of the first field of that name, in any case; empty if there is none.
  std::string_view header(std::string_view name) const noexcept;
  bool has_header(std::string_view name) const noexcept;
  // True if a field of that name lists `token` ("Connection: keep-alive, Upgrade"), in any case.
  bool header_has(std::string_view name, std::string_view token) const noexcept;
  std::span<const HeaderField> headers() const;
  // The value of a query argument, decoded: arg("from") is "3". Nothing if there is none or it is malformed.
  // Source: Flask's request.args.get.
  std::optional<std::string> arg(std::string_view name) const;

  // The whole body; empty if there is none. Waits until it is there, and asks a client that sent Expect: 100-continue
  // for it. Throws Error(413) if it is longer than max_body, before it is read where the client said how long it is.
  // After read_chunk(): what is left of it.
  std::string_view body();
  // The next piece of the body as it comes, valid until the next call; empty at the end. Not bounded by max_body.
  std::string_view read_chunk();

  // The connection. Its timeout is the server's; do not receive from it or send to it.
  Socket& socket() const noexcept;

 private:
  friend class Connection;
  friend class Response;
  explicit Request(Connection& connection) noexcept : connection_(connection) {}
  Connection& connection_;
};

// The answer. One that was neither sent nor started when the handler returns is sent without a body, one that was
// started is finished. To HEAD the same calls send the head alone.
// Once the head is on its way (started()), what would change it throws std::logic_error, and so does a second send().
class Response {
 public:
  // 200 unless told. Throws std::invalid_argument outside of 200 to 599.
  Response& status(int code);
  int status() const noexcept;
  // Adds a field. Throws std::invalid_argument for a name or a value that could break out of its line, and for the
  // fields that are the server's: Content-Length, Transfer-Encoding, Connection, Date.
  Response& header(std::string_view name, std::string_view value);
  // "text/plain; charset=utf-8" unless told; "" sends none.
  Response& content_type(std::string_view type);
  // Closes the connection after this response.
  Response& close_connection();

  // Sends the whole response. Answers to pipelined requests leave together, so the bytes may wait for the next one's.
  void send(std::string_view body = {});

  // For a body that is not at hand as a whole: start(), write() any number of times, finish(). Each write() has reached
  // the kernel when it returns. Without a length the body is chunked, or to HTTP/1.0 ends with the connection.
  // Throws std::logic_error for a second start(), and for more or less than `length` bytes in all.
  void start(std::optional<std::uint64_t> length = {});
  void write(std::string_view data);
  void finish();

  // Sends the answers to earlier pipelined requests now. For a handler that is going to take long.
  void flush();
  // True once the head is on its way and cannot be changed.
  bool started() const noexcept;

 private:
  friend class Connection;
  explicit Response(Connection& connection) noexcept : connection_(connection) {}
  Connection& connection_;
};

using Handler = std::function<void(Request&, Response&)>;

// Times of zero or less are over at once: what is there already is still read. Duration::max() is without bound.
struct ServerOptions {
  // From a request's first byte to the end of its head; then 408 and close. Also for a TLS handshake; then close.
  AnyDuration header_timeout = std::chrono::seconds(10);
  // How long a connection may stay open between requests.
  AnyDuration idle_timeout = std::chrono::seconds(60);
  // How long body() and read_chunk() wait in all: this, and one second more for each `min_rate` bytes that came. Then
  // Error(408).
  AnyDuration body_timeout = std::chrono::seconds(20);
  // How long the client may take for each 128 KiB of an answer. Then it is disconnected.
  AnyDuration write_timeout = std::chrono::seconds(30);
  std::size_t min_rate = 1024;
  // Of request line and header fields together, in bytes (431), and the number of fields (431).
  std::size_t max_head = 16 * 1024;
  std::size_t max_headers = 100;
  // What Request::body() reads at most (413).
  std::size_t max_body = 1024 * 1024;
  // A body that the handler has not read is skipped up to here; beyond it the connection is closed.
  std::size_t max_unread_body = 64 * 1024;
  // Connections that serve() holds at a time. The rest waits in the listener's queue.
  std::size_t max_connections = 100'000;
  // The Server header; empty for none.
  std::string server_name = "loquat";
  // Takes a line about each exception that a handler let out, or a callback of TLS. nullptr: nowhere.
  LogSink* log = nullptr;
  // Told of each of a handler's too, before the 500 is sent. What it throws itself goes to the log.
  std::function<void(const Request&, std::exception_ptr)> on_error = {};
};

// A handler and its options, shared by any number of connections.
class Server {
 public:
  // Throws std::invalid_argument for a server_name with control characters.
  explicit Server(Handler handler, ServerOptions options = {});
  // Connections that are open go on, with the handler: what it refers to must outlive them (wait_stopped()).
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Accepts from `listener` and serves each connection in a new fiber of this worker. Returns when the listener is
  // closed (by stop(), or by its owner). A descriptor limit (EMFILE) makes it wait, not end. Call it once per worker,
  // each with a listener of create_servers(), to use all of them.
  void serve(Socket& listener);

  // Serves one connection that is open already, until either side ends it, and closes it. `already_read` is what was
  // received from it before. Throws nothing but Cancelled. While the connection is idle it holds no buffer.
  void serve_connection(Socket& socket, std::string already_read = {});

  // Ends gracefully: closes the listeners and the idle connections; requests in progress are answered with
  // "Connection: close". Does not wait, and WebSockets stay open until their handler closes them.
  void stop() noexcept;
  // After stop(): waits until every connection has ended. False when `timeout` is over first.
  bool wait_stopped(AnyDuration timeout);

  // Connections that are open now.
  std::size_t connections() const noexcept;
  const ServerOptions& options() const noexcept;

  // The connections' own part; not for use by itself.
  struct State;

 private:
  std::shared_ptr<State> state_;
};

// Server(handler, options).serve(listener): until the listener is closed or the fiber cancelled.
void serve(Socket listener, Handler handler, ServerOptions options = {});
// The same with one listener per worker (create_servers(address, workers())).
void serve(std::vector<Socket> listeners, Handler handler, ServerOptions options = {});

// "Not Found"; empty for a status that has no name.
std::string_view reason_phrase(int status) noexcept;
// "a%20b" to "a b". Nothing if a '%' is not followed by two hexadecimal digits, or for a NUL. Source: Python
// urllib.parse.unquote, but strict.
std::optional<std::string> unquote(std::string_view text);

}  // namespace loquat::http
