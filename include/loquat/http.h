// http.h - an HTTP/1.1 server. A handler reads a Request and writes a Response, in the fiber of its connection.
//
//   loquat::run([] {
//     loquat::http::serve(loquat::create_server({"", 8080}), [](auto& request, auto& response) {
//       response.send("hello, " + std::string(request.path()) + "\n");
//     });
//   });
//
// For HTTPS wrap the listener (tls.h):
//   serve(context.wrap_socket(create_server({"", 443}), {.server_side = true}), handler);
//
// True of every call in this file:
//   Where     serve() and serve_connection() run inside run() (run.h) or simulate() (testing.h).
//   Handlers  A handler runs in the fiber of its connection and may wait for anything. Requests of one connection are
//             handled one after the other. Requests of different connections are handled at the same time, and with
//             several workers on several threads: a handler must protect what it shares.
//   Errors    http::Error thrown by a handler is answered with its status, any other exception with 500 (without its
//             text) and a line in the log. Other connections go on. If the response has already started, the connection
//             is closed instead, so that the client notices the missing rest. Reading and writing throw OSError if the
//             client is gone and TimeoutError if it is too slow. Let these pass: the connection is then closed.
//   Lifetime  A Request, its Response and every string_view that they return are valid until the handler returns.
//   Threads   A Request and its Response belong to the handler's fiber. A Server may be used from any fiber and worker.
//   Limits    Everything that a client sends is limited in size and in time (ServerOptions).
//   TLS       On a wrapped socket each connection makes its handshake in its own fiber, within header_timeout. A client
//             that stalls, sends clear text or fails the handshake is disconnected; it delays no other.
//             tls_info(request.socket()) (tls.h) returns the client's certificate and the rest.
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

// A handler throws it to answer with an error, for example http::Error(404). Request::body() and read_chunk()
// throw it if the body is malformed (400), too slow (408) or too large (413).
class Error : public std::runtime_error {
 public:
  // The page shows `status`, its reason phrase and `text`, as text. A status outside of 200 to 599 is answered with
  // 500.
  explicit Error(int status, std::string text = {});
  // Makes `text` the whole body, and gives it this Content-Type (none if it is ""):
  //   throw Error(422, R"({"error": "no name"})").content_type("application/json");
  // Throws as Response::content_type() does.
  Error& content_type(std::string_view type);
  // Adds a header field to the answer: throw Error(405).header("Allow", "GET"). Content-Type is content_type(). Throws
  // as Response::header() does.
  Error& header(std::string_view name, std::string_view value);
  int status() const noexcept { return status_; }

 private:
  friend class Connection;
  int status_;
  std::string text_;
  std::optional<std::string> content_type_;  // of text_; nothing: a page is made of it
  std::string fields_;                       // lines, each with its CR LF
  bool upgrade_ = false;                     // one of them is Upgrade
};

struct HeaderField {
  std::string_view name;  // in the client's spelling
  std::string_view value;
};

class Request {
 public:
  // The method, for example "GET". It is case-sensitive.
  std::string_view method() const noexcept;
  // The request target as it was sent: "/rooms?from=3" or "http://example.org/rooms?from=3".
  std::string_view target() const noexcept;
  // The path of the target, "/rooms" in both cases. It is not percent-decoded; see unquote().
  std::string_view path() const noexcept;
  // The part of the target behind '?', "from=3"; empty if there is none. It is not percent-decoded; see arg().
  std::string_view query() const noexcept;
  // The host and port that the client asks for, "example.org:8080": of an absolute target, else of the Host field.
  // Empty on HTTP/1.0 without either.
  std::string_view host() const noexcept;
  // 11 for HTTP/1.1 and later, 10 for HTTP/1.0.
  int version() const noexcept;

  // The value of the first header field with this name; empty if there is none. Names of fields are not case-sensitive.
  std::string_view header(std::string_view name) const noexcept;
  bool has_header(std::string_view name) const noexcept;
  // Whether a field with this name lists `token`, as "Connection: keep-alive, Upgrade" does. Not case-sensitive.
  bool header_has(std::string_view name, std::string_view token) const noexcept;
  // All header fields in the order in which they were sent.
  std::span<const HeaderField> headers() const;
  // The decoded value of a query argument: for the query "from=3", arg("from") is "3". Nothing if there is no such
  // argument or it is malformed. Source: Flask's request.args.get.
  std::optional<std::string> arg(std::string_view name) const;

  // Waits for the whole body and returns it; empty if there is none. A further call returns the same. A client that
  // sent Expect: 100-continue is asked for the body first. Throws Error(413) if the body is longer than max_body:
  // before reading it, if the client announced its length. After read_chunk() it returns only the rest.
  std::string_view body();
  // Waits for the next piece of the body and returns it; empty at the end of the body. The piece is valid until the
  // next call. max_body does not apply.
  std::string_view read_chunk();

  // The address of the client: what serve_connection() was told, else the socket's peer. Throws OSError if it has gone.
  Address client() const;

  // The connection, for its addresses and tls_info(). Its timeout belongs to the server; do not receive from it or send
  // to it.
  Socket& socket() const noexcept;

 private:
  friend class Connection;
  friend class Response;
  explicit Request(Connection& connection) noexcept : connection_(connection) {}
  Connection& connection_;
};

// The response to a request: either one send(), or start(), write() and finish(). If the handler returns without
// either, the server sends the response without a body; if finish() is missing, the server calls it. For a HEAD request
// the same calls send the head only. Once the response has started, calls that would change its head, and a second
// send() or start(), throw std::logic_error.
class Response {
 public:
  // Sets the status; the default is 200. Throws std::invalid_argument outside of 200 to 599.
  Response& status(int code);
  int status() const noexcept;
  // Adds a header field; Content-Type replaces that of content_type(). Throws std::invalid_argument if `name` is not a
  // token or `value` contains control characters, and for the fields that the server writes: Content-Length,
  // Transfer-Encoding, Connection, Date. With Upgrade, Connection lists "upgrade".
  Response& header(std::string_view name, std::string_view value);
  // Sets the Content-Type; the default is "text/plain; charset=utf-8". With "" none is sent.
  Response& content_type(std::string_view type);
  // Closes the connection after this response.
  Response& close_connection();

  // Sends the whole response; `body` need live only until send() returns. The server may hold the bytes back until the
  // handler returns, and until it has answered further requests that the client has already sent (pipelining).
  void send(std::string_view body = {});

  // These three send a body piece by piece. start() begins it: with `length`, exactly so many bytes must follow;
  // without, the body is chunked, or for HTTP/1.0 ends with the connection. write() sends a piece and returns when the
  // kernel has it. finish() ends the body. write() throws std::logic_error beyond `length` bytes, finish() if there
  // were fewer, except for HEAD, whose body need not be written.
  void start(std::optional<std::uint64_t> length = {});
  void write(std::string_view data);
  void finish();

  // Sends all responses that are held back, this one and earlier ones. Call it before a long wait in a handler.
  void flush();
  // Whether the head of the response is complete and can no longer be changed.
  bool started() const noexcept;

 private:
  friend class Connection;
  explicit Response(Connection& connection) noexcept : connection_(connection) {}
  Connection& connection_;
};

using Handler = std::function<void(Request&, Response&)>;

// Limits of a server. Sizes are bytes. A time of zero or less ends at once, but bytes that have already arrived are
// still read. Duration::max() means no limit.
struct ServerOptions {
  // The time from the first byte of a request to the end of its head; then the server answers 408 and closes. Also the
  // time for a TLS handshake; then it closes.
  AnyDuration header_timeout = std::chrono::seconds(10);
  // How long a connection may stay open between two requests.
  AnyDuration idle_timeout = std::chrono::seconds(60);
  // How long body() and read_chunk() wait for one body in all; then they throw Error(408). Each `min_rate` bytes that
  // arrive add one second.
  AnyDuration body_timeout = std::chrono::seconds(20);
  // How long the client may take to receive each 128 KiB of a response; then it is disconnected.
  AnyDuration write_timeout = std::chrono::seconds(30);
  // The bytes of a body that prolong body_timeout by one second.
  std::size_t min_rate = 1024;
  // The size of the request line and header fields together, and the number of fields; beyond them the server answers
  // 431 (414 for a long request line).
  std::size_t max_head = 16 * 1024;
  std::size_t max_headers = 100;
  // The longest body that Request::body() reads; beyond it Error(413).
  std::size_t max_body = 1024 * 1024;
  // Up to this size the server skips a body that the handler has not read; beyond it it closes the connection.
  std::size_t max_unread_body = 64 * 1024;
  // The connections that serve() handles at a time. One more per listener is accepted and waits; further ones wait in
  // the listener's queue.
  std::size_t max_connections = 100'000;
  // The Server field of responses; empty for none.
  std::string server_name = "loquat";
  // Takes one line for each exception of a handler (except http::Error) or of a TLS callback. nullptr: no lines.
  LogSink* log = nullptr;
  // Called with each exception of a handler (except http::Error), before the 500 is sent. What it throws is logged.
  std::function<void(const Request&, std::exception_ptr)> on_error = {};
};

// A handler and its options, for any number of listeners and connections. Use it instead of the function serve() to
// stop gracefully.
class Server {
 public:
  // Throws std::invalid_argument if server_name contains control characters.
  explicit Server(Handler handler, ServerOptions options = {});
  // Does not end open connections: they keep a copy of the handler alive. What the handler refers to must outlive them;
  // to make sure of that, call stop() and wait_stopped() first.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Accepts connections from `listener` and serves each in a new fiber of the caller's worker. Returns after stop(), or
  // when its owner closes the listener. If descriptors run out (EMFILE) it waits instead of ending. To use
  // all workers call it once on each of them, with a listener of its own from create_servers().
  void serve(Socket& listener);

  // Serves one open connection in the caller's fiber until either side ends it, and closes it. `already_read` are bytes
  // that the caller has received from it. `client` is its client's address if the peer is a proxy that has told it; it
  // must live until the call returns. Throws only Cancelled. An idle connection holds no buffer.
  void serve_connection(Socket& socket, std::string already_read = {}, const Address* client = nullptr);

  // Begins a graceful end and returns at once. Each serve() accepts the clients that the kernel has queued, as far as
  // max_connections allows, and closes its listener. Idle connections are closed. Requests in progress, and the first
  // one of a client from the queue if it has arrived (with TLS: if it comes within header_timeout), are answered with
  // "Connection: close". WebSockets stay open until their handlers return.
  void stop() noexcept;
  // Waits after stop() until every serve() has returned and every connection has ended. Returns false if `timeout`
  // passes first.
  bool wait_stopped(AnyDuration timeout);

  // Closes the connection that has been idle for longest among those of the caller's worker, else of another worker, to
  // make room for a new one. Returns false if none is idle.
  bool close_idle() noexcept;

  // The number of open connections.
  std::size_t connections() const noexcept;
  const ServerOptions& options() const noexcept;

  // Internal.
  struct State;

 private:
  std::shared_ptr<State> state_;
};

// Server(handler, options).serve(listener). Only cancelling the calling fiber, or the end of the run, ends it.
void serve(Socket listener, Handler handler, ServerOptions options = {});
// As above, but serves one listener on each worker: serve(create_servers(address, workers()), handler).
void serve(std::vector<Socket> listeners, Handler handler, ServerOptions options = {});

// The reason phrase of a status, "Not Found" for 404; empty for a status without one.
std::string_view reason_phrase(int status) noexcept;
// Decodes percent-encoding: "a%20b" becomes "a b". Nothing if a '%' is not followed by two hexadecimal digits, or if a
// NUL results. '+' stays '+'. Source: Python urllib.parse.unquote, but strict.
std::optional<std::string> unquote(std::string_view text);

}  // namespace loquat::http
