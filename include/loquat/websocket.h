// websocket.h - WebSockets inside an HTTP handler: accept_websocket(), then recv() and send in a loop.
//
//   void echo(loquat::http::Request& request, loquat::http::Response& response) {
//     auto ws = loquat::http::accept_websocket(request, response);
//     while (auto message = ws.recv()) ws.send_text(message->data);
//   }
//
// True of every call in this file:
//   Closing   A peer that closes, breaks the rules or vanishes ends recv() with nothing; close_code() says which.
//             Sending to a WebSocket that is closing throws BrokenPipeError. When the handler returns, the closing
//             handshake is carried out, with 1000 unless close() said otherwise, with 1011 if the handler threw.
//   Threads   One caller at a time in recv(); any fiber or thread may send and close at the same time.
//   Lifetime  A WebSocket is a handle; it may be used until the handler has returned.
//   Memory    While recv() waits for the next frame, the connection holds no buffer.
//   Control   Pings are answered inside recv(), which also sends pings of its own to a peer that is silent.
//
// Layer: http (docs/layers.txt).  Source: RFC 6455; names from Python's websockets.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loquat/http.h"

namespace loquat::http {

struct Message {
  bool binary = false;
  std::string data;  // UTF-8 if not binary: this has been checked
};

// Times of zero or less are over at once, Duration::max() never.
struct WebSocketOptions {
  // What we speak. The first of the client's list that is here is chosen; none if there is no match.
  std::vector<std::string> subprotocols = {};
  // Says whether a page of that Origin may connect; else 403. Not asked if there is no Origin (it is no browser then).
  // By default the Origin's host and port must be those of the Host field.
  std::function<bool(std::string_view origin, const Request& request)> check_origin = {};
  // The longest message in bytes, its fragments together. A longer one ends with close code 1009.
  std::size_t max_size = 1024 * 1024;
  // A peer that has been silent for ping_interval is pinged; if it stays silent for ping_timeout more, the connection
  // ends, code 1011. Duration::max() for never.
  AnyDuration ping_interval = std::chrono::seconds(20);
  AnyDuration ping_timeout = std::chrono::seconds(20);
  // How long the closing handshake may take.
  AnyDuration close_timeout = std::chrono::seconds(10);
};

class WebSocket {
 public:
  // Waits for the next message and returns it. Nothing when the connection has ended, in whatever way.
  std::optional<Message> recv();

  // Sends one message as one frame. On return the kernel has it. Throws BrokenPipeError after a close, OSError if the
  // connection is lost, TimeoutError past ServerOptions::write_timeout (either way the connection is then dropped), and
  // std::invalid_argument for text that is not UTF-8.
  void send_text(std::string_view text);
  void send_binary(std::string_view data);
  // Sends frames made by encode_text() or encode_binary(), any number of them, as they are: one buffer for many
  // members, one call for many frames. Nothing is copied.
  void send_encoded(std::string_view frames);
  void send_encoded(std::span<const std::string_view> frames);
  // Sends a ping of at most 125 bytes. Its pong is taken by recv().
  void ping(std::string_view data = {});

  // Begins the closing handshake: sends Close and returns. recv() still gives what was on its way and then nothing.
  // `reason` is cut to 123 bytes at a character. Does nothing on a connection that is closing or lost.
  // Throws std::invalid_argument for a code that may not be sent (RFC 6455 s.7.4).
  void close(int code = 1000, std::string_view reason = {});
  // Drops the connection without a handshake. For a peer that does not read: a close() would wait behind its data.
  void abort() noexcept;

  // How it ended: the peer's code, 1005 if its Close had none, 1006 if there was no Close, ours if we closed it for a
  // fault (1002, 1007, 1009, 1011). 0 while it is open.
  int close_code() const noexcept;
  std::string_view close_reason() const noexcept;
  // The one that was agreed on; empty for none.
  std::string_view subprotocol() const noexcept;
  Socket& socket() const noexcept;

  // The connection's own part; not for use by itself.
  struct State;

 private:
  friend WebSocket accept_websocket(Request&, Response&, const WebSocketOptions&);
  explicit WebSocket(State& state) noexcept : state_(&state) {}
  State* state_;
};

// True if the request asks to become a WebSocket.
bool is_websocket_request(const Request& request) noexcept;

// Answers the request with 101 and makes the connection a WebSocket. Throws Error: 426 if the client did not ask for
// one or speaks another version, 400 or 405 for a broken handshake, 403 for an Origin that may not.
// After it the request's strings are empty and the response is sent: copy what you need before.
WebSocket accept_websocket(Request& request, Response& response, const WebSocketOptions& options = {});

// One unmasked frame: for send_encoded(). Throws std::invalid_argument for text that is not UTF-8.
std::string encode_text(std::string_view text);
std::string encode_binary(std::string_view data);

}  // namespace loquat::http
