// websocket_state.h - a connection that has become a WebSocket.
//
//   1. One caller at a time receives and feeds the codec; whoever sends holds `sending` from the check of `closing` to
//      the last byte, so nothing follows a Close.
//   2. A send that failed half way has broken the frames: the socket is closed then and there.
//   3. Between two frames nothing is held but this.
//
// Layer: http.  Source: RFC 6455.
#pragma once

#include <atomic>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/websocket/handshake.h"
#include "codec/websocket/websocket.h"
#include "loquat/sync.h"
#include "loquat/time.h"
#include "loquat/websocket.h"

namespace loquat::http {

struct WebSocket::State {
  State(Connection& connection_, std::string_view subprotocol_, const WebSocketOptions& options);

  std::optional<Message> recv();
  // Sends the pieces unless the connection is closing: then throws BrokenPipeError.
  void send(std::span<const std::string_view> pieces);
  void close(int code, std::string_view reason);
  void abort() noexcept;
  // After the handler: sees the closing handshake through, for at most close_timeout.
  void finish(int code);
  // Takes bytes that came with the handshake or after it, and answers what needs an answer.
  void take(std::string_view bytes);

  Connection& connection;
  codec::WebSocket codec;
  std::vector<codec::WebSocketEvent> events;  // not yet given to recv()
  std::size_t next_event = 0;
  std::string subprotocol;
  std::string close_reason;
  std::atomic<int> close_code{0};
  std::atomic<bool> closing{false};  // a Close was sent, or nothing can be
  bool pinged = false;               // and no byte came since
  Duration ping_interval, ping_timeout, close_timeout;
  std::atomic<TimePoint> close_deadline{never};
  TimePoint quiet_since;
  Mutex sending;

 private:
  std::optional<Message> next_message();
  bool wait_for_bytes();
  bool receive();
  void end(int code, std::string_view reason);
  void send_frames(std::span<const std::string_view> pieces);
  void reply(std::string_view output, bool closes);
  TimePoint next_deadline() const noexcept;
};

}  // namespace loquat::http
