// websocket_state.h - a connection that has become a WebSocket.
//
//   1. One caller at a time receives and feeds the codec. A sender holds `sending` from its check of `closing` to its
//      last byte, so nothing follows a Close.
//   2. If a send fails half way, the frames are broken, and the socket is closed at once.
//   3. The answer to the peer's Close, or to its fault, waits in `farewell` until close() or the handler's end, so that
//      messages that came before it are answered first.
//   4. A compressed message is inflated when recv() takes it, so that those that wait stay small.
//   5. Between two frames this is all that the connection holds.
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
  State(Connection& connection_, const codec::WebSocketOffer& offer, const WebSocketOptions& options);

  std::optional<Message> recv();
  bool has_message() const noexcept;
  void answer_pings(Duration time);
  // Sends the pieces. Throws BrokenPipeError if the connection is closing.
  void send(std::span<const std::string_view> pieces);
  void send_message(codec::WebSocketOpcode opcode, std::string_view payload);
  void close(int code, std::string_view reason);
  void abort() noexcept;
  // After the handler: completes the closing handshake within close_timeout.
  void finish(int code);
  // Processes received bytes, and sends the replies that they require.
  void take(std::string_view bytes);

  Connection& connection;
  codec::WebSocket codec;
  std::vector<codec::WebSocketEvent> events;  // not yet given to recv()
  std::size_t next_event = 0;
  std::size_t max_size;
  int window_bits;  // of messages that are sent compressed; 0: none are
  std::string subprotocol;
  std::string close_reason;
  std::string farewell;  // guarded by `sending`
  std::atomic<int> close_code{0};
  std::atomic<bool> closing{false};  // a Close was sent, or cannot be sent
  bool pinged = false;               // and no byte has arrived since
  Duration ping_interval, ping_timeout, close_timeout;
  std::atomic<TimePoint> close_deadline{never};
  TimePoint quiet_since;
  Mutex sending;

 private:
  std::optional<Message> next_message();
  std::optional<Message> message_of(codec::WebSocketEvent& event);
  bool wait_for_bytes();
  bool receive();
  void end(int code, std::string_view reason);
  void record_end(int code, std::string_view reason);
  void send_frames(std::span<const std::string_view> pieces);
  void reply(std::string_view output, bool closes);
  TimePoint next_deadline() const noexcept;
};

}  // namespace loquat::http
