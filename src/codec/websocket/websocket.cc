#include "codec/websocket/websocket.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

namespace loquat::codec {
namespace {

using Opcode = WebSocketOpcode;
using Kind = WebSocketEvent::Kind;

constexpr bool is_control(Opcode opcode) noexcept { return static_cast<unsigned>(opcode) >= 8; }

void append_head(std::string& out, Opcode opcode, std::size_t size, bool masked) {
  if (is_control(opcode) && size > 125)
    throw std::invalid_argument("a WebSocket control frame holds at most 125 bytes");
  const unsigned mask_bit = masked ? 0x80 : 0;
  out += static_cast<char>(0x80u | static_cast<unsigned>(opcode));
  const int extra = size < 126 ? 0 : size < 65536 ? 2 : 8;
  out += static_cast<char>(mask_bit | (extra == 0 ? size : extra == 2 ? 126u : 127u));
  for (int i = extra - 1; i >= 0; --i) out += static_cast<char>(static_cast<std::uint64_t>(size) >> (8 * i) & 0xFF);
}

}  // namespace

// wslay asks for bytes by a callback; it reads ahead, so a frame's end is known only by counting.
struct WebSocket::Frames {
  wslay_frame_context_ptr context = nullptr;
  std::string_view input;
  std::uint64_t pulled = 0;    // bytes that wslay took
  std::uint64_t finished = 0;  // bytes of whole frames among them
  bool inside = false;         // a frame has begun
  std::uint64_t left = 0;      // of its payload
  wslay_frame_iocb frame{};

  Frames() {
    const wslay_frame_callbacks callbacks{nullptr, &Frames::pull, nullptr};
    if (wslay_frame_context_init(&context, &callbacks, this) != 0) throw std::bad_alloc();
  }
  ~Frames() { wslay_frame_context_free(context); }
  Frames(const Frames&) = delete;
  Frames& operator=(const Frames&) = delete;

  static ssize_t pull(std::uint8_t* buffer, std::size_t size, int, void* self) {
    auto& f = *static_cast<Frames*>(self);
    const std::size_t n = std::min(size, f.input.size());
    std::memcpy(buffer, f.input.data(), n);
    f.input.remove_prefix(n);
    f.pulled += n;
    return static_cast<ssize_t>(n);
  }

  Opcode opcode() const { return static_cast<Opcode>(frame.opcode); }
  bool between_frames() const { return !inside && pulled == finished; }
  void finish() {
    const std::uint64_t size = frame.payload_length;
    finished += 2 + (size < 126 ? 0u : size < 65536 ? 2u : 8u) + (frame.mask != 0 ? 4u : 0u) + size;
    inside = false;
  }
};

std::string websocket_frame(Opcode opcode, std::string_view payload) {
  std::string out;
  out.reserve(10 + payload.size());
  append_head(out, opcode, payload.size(), false);
  return out += payload;
}

std::string websocket_frame(Opcode opcode, std::string_view payload, std::uint32_t mask) {
  std::string out;
  out.reserve(14 + payload.size());
  append_head(out, opcode, payload.size(), true);
  char key[4];
  std::memcpy(key, &mask, 4);
  out.append(key, 4);
  const std::size_t start = out.size();
  out += payload;
  for (std::size_t i = 0; i < payload.size(); ++i) out[start + i] = static_cast<char>(out[start + i] ^ key[i % 4]);
  return out;
}

bool websocket_code_ok(int code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

std::string websocket_close_payload(int code, std::string_view reason) {
  std::string out;
  if (!websocket_code_ok(code)) return out;
  out += static_cast<char>(code >> 8);
  out += static_cast<char>(code & 0xFF);
  return out += reason.substr(0, utf8_cut(reason, 123));
}

WebSocket::WebSocket(Side side, const WebSocketLimits& limits, std::function<std::uint32_t()> random_mask)
    : limits_(limits), random_mask_(std::move(random_mask)), side_(side) {
  if (side == Side::client && !random_mask_) throw std::invalid_argument("WebSocket: a client must mask its frames");
}

WebSocket::~WebSocket() = default;
WebSocket::WebSocket(WebSocket&&) noexcept = default;
WebSocket& WebSocket::operator=(WebSocket&&) noexcept = default;

std::vector<WebSocketEvent> WebSocket::feed(std::string_view bytes) {
  Events out;
  if (done() || bytes.empty()) return out;
  if (!frames_) frames_ = std::make_unique<Frames>();
  frames_->input = bytes;
  read_frames(out);
  if (done() || frames_->between_frames()) frames_.reset();
  return out;
}

void WebSocket::read_frames(Events& out) {
  while (!done()) {
    const ssize_t n = wslay_frame_recv(frames_->context, &frames_->frame);
    if (n == WSLAY_ERR_WANT_READ) return;
    if (n < 0) return fail(1002, "malformed frame", out);
    if (!frames_->inside && !begin_frame(out)) return;
    add_data({reinterpret_cast<const char*>(frames_->frame.data), static_cast<std::size_t>(n)}, out);
    frames_->left -= static_cast<std::uint64_t>(n);
    if (!done() && frames_->left == 0) end_frame(out);
  }
}

bool WebSocket::begin_frame(Events& out) {
  const wslay_frame_iocb& f = frames_->frame;
  const Opcode opcode = frames_->opcode();
  const auto refuse = [&](std::string_view why) {
    fail(1002, why, out);
    return false;
  };
  frames_->inside = true;
  frames_->left = f.payload_length;
  // RSV1 stands only in the first frame of a message. RFC 7692 s.6.
  const bool compressed = deflate_ && f.rsv == WSLAY_RSV1_BIT && (opcode == Opcode::text || opcode == Opcode::binary);
  if (f.rsv != 0 && !compressed) return refuse("a reserved bit is set");
  if ((f.opcode > 2 && f.opcode < 8) || f.opcode > 10) return refuse("unknown opcode");
  if ((f.mask != 0) != (side_ == Side::server))
    return refuse(f.mask != 0 ? "a server masks" : "a client does not mask");
  if (is_control(opcode)) {
    control_.clear();
    return true;
  }
  const bool first = message_opcode_ == Opcode::continuation;
  if (first == (opcode == Opcode::continuation)) return refuse("fragments out of order");
  if (first) {
    message_opcode_ = opcode;
    compressed_ = compressed;
    fragments_ = 0;  // utf8_ stands at a start: a text message ends only there
  }
  return check_size(out);
}

bool WebSocket::check_size(Events& out) {
  // What cannot be compressed becomes an eighth longer at most: 9 bits a byte (RFC 1951 s.3.2.6).
  const std::size_t more = compressed_ ? limits_.message / 8 + 64 : 0;
  const std::size_t limit = more > SIZE_MAX - limits_.message ? SIZE_MAX : limits_.message + more;
  const bool fits = frames_->frame.payload_length <= limit - message_.size();
  if (++fragments_ <= limits_.fragments && fits) return true;
  fail(1009, fits ? "too many fragments" : "message too big", out);
  return false;
}

void WebSocket::add_data(std::string_view data, Events& out) {
  if (is_control(frames_->opcode())) {
    control_ += data;
    return;
  }
  message_ += data;
  if (checks_text() && !utf8_.feed(data)) fail(1007, "text is not UTF-8", out);
}

void WebSocket::end_frame(Events& out) {
  frames_->finish();
  if (is_control(frames_->opcode())) return end_control(frames_->opcode(), out);
  if (frames_->frame.fin == 0) return;
  if (checks_text() && !utf8_.complete()) return fail(1007, "text is not UTF-8", out);
  const Kind kind = message_opcode_ == Opcode::text ? Kind::text : Kind::binary;
  out.push_back({kind, std::move(message_), 0, compressed_});
  message_ = std::string();
  message_opcode_ = Opcode::continuation;
}

void WebSocket::end_control(Opcode opcode, Events& out) {
  if (opcode == Opcode::close) return on_close(out);
  if (opcode == Opcode::ping) queue_pong(control_);
  out.push_back({opcode == Opcode::ping ? Kind::ping : Kind::pong, std::move(control_), 0});
  control_ = std::string();
}

void WebSocket::on_close(Events& out) {
  int code = 1005;  // "no status": it may not be sent, so the echo is empty too
  std::string reason;
  if (!control_.empty()) {
    if (control_.size() == 1) return fail(1002, "half a close code", out);
    code = static_cast<unsigned char>(control_[0]) << 8 | static_cast<unsigned char>(control_[1]);
    reason = control_.substr(2);
    if (!websocket_code_ok(code)) return fail(1002, "bad close code", out);
    if (!is_utf8(reason)) return fail(1007, "a close reason is not UTF-8", out);
  }
  close(code);
  close_received_ = true;
  out.push_back({Kind::close, std::move(reason), code});
}

void WebSocket::fail(int code, std::string_view reason, Events& out) {
  close(code, reason);
  failed_ = true;
  message_ = control_ = std::string();
  out.push_back({Kind::protocol_error, std::string(reason), code});
}

std::string WebSocket::frame(Opcode opcode, std::string_view payload) {
  return side_ == Side::server ? websocket_frame(opcode, payload) : websocket_frame(opcode, payload, random_mask_());
}

void WebSocket::queue_pong(std::string_view payload) {
  if (close_sent_) return;
  if (pongs_ == limits_.pongs) {
    last_pong_ = payload;
    return;
  }
  ++pongs_;
  output_ += frame(Opcode::pong, payload);
}

void WebSocket::send(Opcode opcode, std::string_view payload) {
  if (!close_sent_) output_ += frame(opcode, payload);
}

void WebSocket::close(int code, std::string_view reason) {
  if (close_sent_) return;
  close_sent_ = true;
  last_pong_.reset();
  output_ += frame(Opcode::close, websocket_close_payload(code, reason));
}

std::string WebSocket::take_output() {
  if (last_pong_) output_ += frame(Opcode::pong, *last_pong_);
  last_pong_.reset();
  pongs_ = 0;
  return std::exchange(output_, std::string());
}

}  // namespace loquat::codec
