// A WebSocket after its handshake: receiving, sending, and how it ends.
#include "loquat/websocket.h"

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "codec/text/utf8.h"
#include "codec/websocket/deflate.h"
#include "http/connection.h"
#include "http/websocket_state.h"
#include "loquat/fiber.h"
#include "net/idle.h"

namespace loquat::http {
namespace {

using Kind = codec::WebSocketEvent::Kind;
using codec::WebSocketOpcode;

// A waiting recv() notices a close() by another fiber within this time.
constexpr Duration max_wait = std::chrono::seconds(20);
constexpr std::size_t max_waiting = 64 * 1024;  // bytes that answer_pings() receives

codec::WebSocketLimits limits_of(const WebSocketOptions& options) {
  codec::WebSocketLimits limits;
  limits.message = options.max_size;
  return limits;
}

void check_text(std::string_view text) {
  if (!codec::is_utf8(text)) throw std::invalid_argument("a WebSocket text message must be UTF-8");
}

}  // namespace

WebSocket::State::State(Connection& connection_, const codec::WebSocketOffer& offer, const WebSocketOptions& options)
    : connection(connection_),
      codec(codec::WebSocket::Side::server, limits_of(options)),
      max_size(options.max_size),
      window_bits(offer.deflate ? offer.deflate->window_bits : 0),
      subprotocol(offer.subprotocol),
      ping_interval(std::max<Duration>(options.ping_interval, Duration::zero())),
      ping_timeout(std::max<Duration>(options.ping_timeout, Duration::zero())),
      close_timeout(std::max<Duration>(options.close_timeout, Duration::zero())),
      quiet_since(now()) {
  if (offer.deflate) codec.accept_deflate();
}

// --- receiving -----------------------------------------------------------------------------------------------------

std::optional<Message> WebSocket::State::recv() {
  for (bool listening = false;;) {
    if (std::optional<Message> message = next_message()) return message;
    // While the handler was busy the peer was not silent: nobody listened.
    if (!std::exchange(listening, true)) quiet_since = now();
    if (close_code != 0 || !wait_for_bytes()) return {};
    if (!receive()) return {};
  }
}

bool WebSocket::State::has_message() const noexcept {
  return std::any_of(events.begin() + static_cast<std::ptrdiff_t>(next_event), events.end(),
                     [](const auto& event) { return event.kind == Kind::text || event.kind == Kind::binary; });
}

void WebSocket::State::answer_pings(Duration time) {
  const TimePoint end_of_wait = deadline_after(now(), time);
  const auto waiting = [this] {
    std::size_t bytes = 0;
    for (std::size_t i = next_event; i < events.size(); ++i) bytes += sizeof events[i] + events[i].payload.size();
    return bytes;
  };
  try {
    while (close_code == 0 && !codec.done() && waiting() < max_waiting &&
           connection.socket().wait_readable(std::max(end_of_wait - now(), Duration::zero()))) {
      if (!receive()) break;
    }
  } catch (const OSError&) {
    end(1006, {});
  }
  sleep(std::max(end_of_wait - now(), Duration::zero()));
}

// The next message among the received events.
std::optional<Message> WebSocket::State::next_message() {
  while (next_event < events.size()) {
    codec::WebSocketEvent& event = events[next_event++];
    if (event.kind == Kind::text || event.kind == Kind::binary) {
      if (std::optional<Message> message = message_of(event)) return message;
      break;
    }
    if (event.kind == Kind::close || event.kind == Kind::protocol_error) record_end(event.code, event.payload);
  }
  std::vector<codec::WebSocketEvent>().swap(events);
  next_event = 0;
  return {};
}

// Nothing: the message cannot be inflated, which ends the connection.
std::optional<Message> WebSocket::State::message_of(codec::WebSocketEvent& event) {
  const int code = event.compressed ? codec::inflate_message(event, max_size) : 0;
  if (code == 0) return Message{event.kind == Kind::binary, std::move(event.payload)};
  const std::string_view reason = code == 1009 ? "message too big" : "damaged message";
  record_end(code, reason);
  const std::lock_guard lock(sending);
  farewell = codec::websocket_frame(WebSocketOpcode::close, codec::websocket_close_payload(code, reason));
  return {};
}

TimePoint WebSocket::State::next_deadline() const noexcept {
  if (closing) return close_deadline;
  const TimePoint ping = deadline_after(quiet_since, ping_interval);
  return pinged ? deadline_after(ping, ping_timeout) : ping;
}

// Waits until bytes arrive, and pings a silent peer. False: the connection has ended.
bool WebSocket::State::wait_for_bytes() {
  for (;;) {
    const TimePoint deadline = next_deadline();
    const Duration left = deadline - now();
    if (left > Duration::zero()) {
      try {
        if (net::wait_readable_idle(connection.socket(), std::min(left, max_wait))) return true;
      } catch (const OSError&) {
        end(1006, {});
        return false;
      }
    } else if (closing) {
      end(1006, {});
      return false;
    } else if (pinged) {
      close(1011, "keepalive ping timeout");
      end(1011, "keepalive ping timeout");
      return false;
    } else {
      pinged = true;
      reply(codec::websocket_frame(WebSocketOpcode::ping, {}), false);
    }
  }
}

// Receives once. False: the connection has ended.
bool WebSocket::State::receive() {
  try {
    const std::string_view bytes = connection.receive();
    if (!bytes.empty()) take(bytes);
    connection.release();
    if (!bytes.empty()) return true;
  } catch (const OSError&) {
    connection.release();
  }
  end(1006, {});
  return false;
}

void WebSocket::State::take(std::string_view bytes) {
  quiet_since = now();
  pinged = false;
  std::vector<codec::WebSocketEvent> came = codec.feed(bytes);
  events.erase(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(std::exchange(next_event, 0)));
  if (events.empty()) {
    events = std::move(came);
  } else {
    std::move(came.begin(), came.end(), std::back_inserter(events));
  }
  std::string output = codec.take_output();
  if (output.empty()) return;
  if (!codec.close_sent()) return reply(output, false);
  const std::lock_guard lock(sending);
  farewell = std::move(output);
}

void WebSocket::State::end(int code, std::string_view reason) {
  closing = true;
  record_end(code, reason);
}

void WebSocket::State::record_end(int code, std::string_view reason) {
  if (close_code != 0) return;
  close_reason = reason;
  close_code = code;
}

// --- sending -------------------------------------------------------------------------------------------------------

// Call with `sending` held.
void WebSocket::State::send_frames(std::span<const std::string_view> pieces) {
  try {
    connection.socket().sendall(pieces);
  } catch (...) {
    closing = true;
    connection.socket().close();
    throw;
  }
}

void WebSocket::State::send(std::span<const std::string_view> pieces) {
  const std::lock_guard lock(sending);
  if (closing) throw BrokenPipeError(EPIPE, {"send", {}, "a WebSocket that is closing", 0});
  send_frames(pieces);
}

void WebSocket::State::send_message(WebSocketOpcode opcode, std::string_view payload) {
  const std::string frame = window_bits != 0 ? codec::websocket_deflated_frame(opcode, payload, window_bits)
                                             : codec::websocket_frame(opcode, payload);
  const std::string_view pieces[] = {frame};
  send(pieces);
}

// Sends what the protocol requires, a pong or a Close, unless we have sent Close already.
void WebSocket::State::reply(std::string_view output, bool closes) {
  const std::lock_guard lock(sending);
  if (closing) return;
  if (closes) {
    if (!farewell.empty()) output = farewell;
    close_deadline = deadline_after(now(), close_timeout);
    closing = true;
  }
  try {
    const std::string_view pieces[] = {output};
    send_frames(pieces);
  } catch (const OSError&) {
    // recv() finds out.
  }
}

void WebSocket::State::close(int code, std::string_view reason) {
  reply(codec::websocket_frame(WebSocketOpcode::close, codec::websocket_close_payload(code, reason)), true);
}

void WebSocket::State::abort() noexcept {
  closing = true;
  connection.socket().close();
}

void WebSocket::State::finish(int code) {
  close(code, {});
  while (recv()) {
    if (now() >= close_deadline.load()) return;
  }
}

// --- WebSocket -----------------------------------------------------------------------------------------------------

std::optional<Message> WebSocket::recv() { return state_->recv(); }
bool WebSocket::has_message() const noexcept { return state_->has_message(); }
void WebSocket::answer_pings(AnyDuration time) { state_->answer_pings(time); }

void WebSocket::send_text(std::string_view text) {
  check_text(text);
  state_->send_message(WebSocketOpcode::text, text);
}

void WebSocket::send_binary(std::string_view data) { state_->send_message(WebSocketOpcode::binary, data); }

void WebSocket::send_encoded(std::string_view frames) {
  const std::string_view pieces[] = {frames};
  state_->send(pieces);
}

void WebSocket::send_encoded(std::span<const std::string_view> frames) { state_->send(frames); }

void WebSocket::ping(std::string_view data) {
  if (data.size() > 125) throw std::invalid_argument("a ping carries at most 125 bytes");
  send_encoded(codec::websocket_frame(WebSocketOpcode::ping, data));
}

void WebSocket::close(int code, std::string_view reason) {
  if (!codec::websocket_code_ok(code)) throw std::invalid_argument("this WebSocket close code may not be sent");
  state_->close(code, reason);
}

void WebSocket::abort() noexcept { state_->abort(); }
int WebSocket::close_code() const noexcept { return state_->close_code; }

std::string_view WebSocket::close_reason() const noexcept {
  return state_->close_code != 0 ? std::string_view(state_->close_reason) : std::string_view();
}

std::string_view WebSocket::subprotocol() const noexcept { return state_->subprotocol; }
Socket& WebSocket::socket() const noexcept { return state_->connection.socket(); }

std::string encode_text(std::string_view text) {
  check_text(text);
  return codec::websocket_frame(WebSocketOpcode::text, text);
}

std::string encode_binary(std::string_view data) { return codec::websocket_frame(WebSocketOpcode::binary, data); }

}  // namespace loquat::http
