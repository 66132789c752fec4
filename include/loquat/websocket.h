// websocket.h - WebSockets inside an HTTP handler: accept_websocket(), then receive and send in a loop.
//
//   void echo(loquat::http::Request& request, loquat::http::Response& response) {
//     auto ws = loquat::http::accept_websocket(request, response);
//     while (auto message = ws.recv()) ws.send_text(message->data);
//   }
//
// True of every call in this file:
//   Closing   recv() returns nothing once the peer has closed the connection, has violated the protocol or has
//             vanished; close_code() tells which. The handler may then still answer the messages that came before.
//             After it has returned, the server performs the closing handshake: with the code of close(), else with
//             that of the peer's Close or fault, else with 1000, or with 1011 if the handler threw. Sending after
//             close(), or to a peer that has vanished, throws BrokenPipeError.
//   Threads   One caller at a time may be in recv(). Any fiber or thread may send and close at the same time.
//   Lifetime  A WebSocket is a handle. It must not be used after the handler has returned.
//   Memory    While recv() waits for the next frame, the connection holds no buffer.
//   Control   recv() answers pings and sends its own pings to a silent peer, so a handler must keep calling it. Time
//             between two calls does not count as the peer's silence.
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
  std::string data;  // if not binary, valid UTF-8: a message with other text never arrives
};

// A time of zero or less ends at once; Duration::max() means no limit.
struct WebSocketOptions {
  // The subprotocols that the server speaks. The first one of the client's list that is in here is chosen; none if
  // there is no match.
  std::vector<std::string> subprotocols = {};
  // Returns whether a page of this Origin may connect; if not, the answer is 403. Not called for a request without
  // Origin, which does not come from a browser. By default the Origin must have the host and port of the Host field.
  std::function<bool(std::string_view origin, const Request& request)> check_origin = {};
  // The size of the longest message in bytes, all fragments together. A longer one ends the connection with code 1009.
  std::size_t max_size = 1024 * 1024;
  // Whether messages may be compressed (permessage-deflate, RFC 7692) if the client offers it, as browsers do. Then
  // send_text() and send_binary() compress messages of 1 KiB or more if that makes them shorter, and recv() inflates
  // the client's up to max_size bytes. Damaged data ends the connection with code 1007. No compressor is kept between
  // two messages, so an idle connection holds no more memory than without.
  //
  // It pays for long texts over slow links. 4 KiB of JSON became a twelfth for 17 us of CPU, 4 KiB of prose a half for
  // 68 us; inflating takes a third of that. It does not pay for images, for short messages or within a LAN. What goes
  // to many clients is compressed for each of them anew: send_encoded() does not compress. Do not enable it where one
  // message holds both a secret and text of someone else: its length can betray the secret (CRIME).
  bool compression = false;
  // A peer that sends nothing for ping_interval gets a ping. If it then sends nothing for ping_timeout, the connection
  // ends with code 1011. Duration::max(): no pings.
  AnyDuration ping_interval = std::chrono::seconds(20);
  AnyDuration ping_timeout = std::chrono::seconds(20);
  // The longest time for the closing handshake.
  AnyDuration close_timeout = std::chrono::seconds(10);
};

class WebSocket {
 public:
  // Waits for the next message and returns it. Returns nothing once the connection has ended, in whatever way.
  std::optional<Message> recv();
  // Whether a whole message has been received already, which recv() returns without waiting. A handler can so gather
  // what a busy peer has sent, and act on it once.
  bool has_message() const noexcept;

  // Waits for `time` without taking a message, for a handler that lets its peer wait: pings are answered meanwhile, as
  // long as less than 64 KiB of messages wait for recv(). The end of the connection does not end the wait.
  void answer_pings(AnyDuration time);

  // Sends one message as one frame. On return the kernel has it. Throws BrokenPipeError if the WebSocket is closing,
  // OSError if the connection is lost, TimeoutError past ServerOptions::write_timeout; after the last two the
  // connection is dropped. Throws std::invalid_argument if `text` is not UTF-8.
  void send_text(std::string_view text);
  void send_binary(std::string_view data);
  // Sends frames that encode_text() or encode_binary() made, without copying or compressing them. One encoded message
  // can be sent to many WebSockets, and many frames in one call. Throws as send_binary().
  void send_encoded(std::string_view frames);
  void send_encoded(std::span<const std::string_view> frames);
  // Sends a ping with at most 125 bytes of data, else throws std::invalid_argument. recv() discards the pong.
  void ping(std::string_view data = {});

  // Begins the closing handshake: sends a Close frame and returns. recv() then returns the messages that were already
  // on their way, which can no longer be answered, and after them nothing. `reason` is cut to 123 bytes between two
  // characters. Does nothing if the connection is closing or lost. Throws std::invalid_argument for a code that must
  // not be sent (RFC 6455 s.7.4).
  void close(int code = 1000, std::string_view reason = {});
  // Drops the connection without a handshake. For a peer that does not read, where Close would wait behind other data.
  void abort() noexcept;

  // The code with which the connection ended: that of the peer's Close, 1005 if its Close had no code, 1006 if there
  // was no Close. If the server ended it for a fault, the server's own: 1002, 1007, 1009 or 1011. 0 while it is open.
  int close_code() const noexcept;
  std::string_view close_reason() const noexcept;
  // The chosen subprotocol; empty if there is none.
  std::string_view subprotocol() const noexcept;
  // The connection, for its addresses. Do not receive from it or send to it.
  Socket& socket() const noexcept;

  // Internal.
  struct State;

 private:
  friend WebSocket accept_websocket(Request&, Response&, const WebSocketOptions&);
  explicit WebSocket(State& state) noexcept : state_(&state) {}
  State* state_;
};

// Whether a page of `origin` ("https://example.org:8443") has the host and port of the Host field ("example.org:8443"):
// what WebSocketOptions::check_origin stands for by default. Source: RFC 6454.
bool is_same_host(std::string_view origin, std::string_view host) noexcept;

// Whether the client asks to change the connection to a WebSocket.
bool is_websocket_request(const Request& request) noexcept;

// Answers the request with 101 and changes the connection to a WebSocket. Afterwards the request is empty and the
// response is sent, so copy what you need from the request first. Throws http::Error: 426 if the client did not ask for
// a WebSocket or speaks another version, 400 or 405 for a malformed handshake, 403 for an Origin that is not allowed.
// Throws std::logic_error if the response has already started.
WebSocket accept_websocket(Request& request, Response& response, const WebSocketOptions& options = {});

// Returns a message as one unmasked frame, for send_encoded(). Throws std::invalid_argument if `text` is not UTF-8.
std::string encode_text(std::string_view text);
std::string encode_binary(std::string_view data);

}  // namespace loquat::http
