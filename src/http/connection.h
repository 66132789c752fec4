// connection.h - one connection: reads requests, calls the handler, sends the responses, and ends.
//
//   1. An idle connection is this object, on its fiber's stack, and holds no buffer: the frames down to
//      Socket::wait_readable() fit in one page.
//   2. Responses gather in exchange_->output and go out in one send when the next request has not arrived yet. Before
//      any wait for the client they are sent.
//   3. Once lost_ is set, the socket has failed, and nothing more is sent.
//   4. A connection that is closed while the client may still be sending lingers (net/closing.h).
//
// Layer: http.  Source: RFC 9112 s.9.6 (4).
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/server_state.h"
#include "http/websocket_state.h"
#include "loquat/http.h"

namespace loquat::http {

class Connection {
 public:
  // `client`: as for Server::serve_connection().
  Connection(Server::State& server, Socket& socket, const Address* client = nullptr);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Serves requests until either side ends it. Throws nothing but Cancelled.
  void run(std::string already_read);

  static Connection& of(const Request& request) noexcept { return request.connection_; }
  static Connection& of(const Response& response) noexcept { return response.connection_; }

  // --- the request (request.cc) ------------------------------------------------------------------------------------
  // nullptr once the connection is a WebSocket.
  const codec::HttpRequest* request() const noexcept { return exchange_ ? &exchange_->parser.request() : nullptr; }
  std::span<const HeaderField> headers();
  std::string_view whole_body();
  // The next piece of the body, valid until the next call; empty at its end.
  std::string_view next_piece();

  // --- the response (response.cc) ----------------------------------------------------------------------------------
  bool started() const noexcept { return turn_.started; }
  void send(std::string_view body);
  void start(std::optional<std::uint64_t> length);
  void write(std::string_view data);
  void finish();
  void flush();
  // Adds valid field lines, each with its CR LF.
  void add_fields(std::string_view lines) { fields() += lines; }
  std::string& fields();
  std::string& content_type();
  int status() const noexcept { return turn_.status; }
  void set_status(int code);
  void close_after() noexcept { turn_.close_wanted = true; }
  void announce_upgrade() noexcept { turn_.upgrade = true; }

  // --- WebSocket (websocket_accept.cc) -----------------------------------------------------------------------------
  WebSocket::State& become_websocket(const codec::WebSocketOffer& offer, const WebSocketOptions& options);
  // Receives into a pooled buffer and returns it, empty at the end of the stream. Give it back with release().
  std::string_view receive();
  void release() noexcept;

  Socket& socket() const noexcept { return socket_; }
  // nullptr unless a proxy in front of the connection has told it.
  const Address* told_client() const noexcept { return told_client_; }
  const Server::State& server() const noexcept { return server_; }

 private:
  friend struct Server::State;
  friend class Server;

  // State of one request and its response.
  struct Turn {
    int status = 200;
    bool started = false;
    bool finished = false;
    bool chunked = false;
    bool measured = false;  // the length was announced
    bool bodiless = false;  // HEAD, 204, 304
    bool close_wanted = false;
    bool upgrade = false;       // there is an Upgrade field
    bool keep_alive = false;    // decided with the head
    bool body_done = false;     // of the request
    bool body_broken = false;   // nothing after it can be read
    bool body_whole = false;    // whole_body() has returned it
    bool continue_due = false;  // the client waits for 100 Continue
    std::uint64_t left = 0;     // bytes left of the announced length
    Duration budget{0};         // time left to wait for the body
    std::string_view body;      // whole_body()'s
  };
  enum class Got : unsigned char { bytes, end, timeout };

  // The connection waits for the client and may be closed at any time.
  class Idle {
   public:
    explicit Idle(Connection& connection) noexcept
        : connection_(connection), good_(connection.server_.set_idle(connection.slot_, connection)) {}
    ~Idle() { connection_.idle_ = false; }
    Idle(const Idle&) = delete;
    Idle& operator=(const Idle&) = delete;
    explicit operator bool() const noexcept { return good_; }

   private:
    Connection& connection_;
    bool good_;
  };

  bool shake_hands();
  bool is_filtered() const;
  bool next_request();
  bool wait_idle();
  Got receive_more(Duration timeout);
  bool read_head();
  bool refuse(int status, std::string_view reason);
  void begin_turn();
  void handle();
  void call_handler();
  void fail(std::exception_ptr failure);
  void report(std::exception_ptr failure);
  void send_error(const Error& error);
  bool skip_body();
  bool body_can_be_skipped() const noexcept;
  void fetch_body();
  std::string_view feed_body();
  void gather_body();
  void take_exchange();
  void end_gracefully();
  void write_head(std::optional<std::uint64_t> length);
  void write_connection(int minor);
  void send_now(std::span<const std::string_view> pieces);
  void send_large(std::string_view body);

  Server::State& server_;
  const Server::State::Presence presence_;
  Server::State::Slot& slot_;
  Socket& socket_;
  const Address* told_client_;
  Exchange* exchange_ = nullptr;
  std::unique_ptr<WebSocket::State> websocket_;
  Turn turn_;
  std::atomic<bool> idle_{false};  // set under slot_.lock
  bool listed_idle_ = false;       // in slot_.idle; guarded by slot_.lock
  bool lost_ = false;
  bool fresh_ = true;             // it was never idle, so stop() has not ended it: it may have one request
  unsigned char busy_turns_ = 0;  // requests since the last wait
  std::list<Connection*>::iterator where_;
};

}  // namespace loquat::http
