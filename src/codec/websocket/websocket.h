// websocket.h - WebSocket, both ends: frames in and out, without a socket.
//
//   WebSocket ws(WebSocket::Side::server);
//   for (WebSocketEvent& event : ws.feed(bytes)) ...   // what came
//   socket.sendall(ws.take_output());                   // what must go back: pongs, the closing frame
//
// True of every call in this file:
//   Rules     RFC 6455, and RFC 7692 if accept_deflate() was called. What breaks them is answered with a closing frame
//             (1002, 1007 or 1009) and reported as a protocol_error event; after it, and after a close event, all
//             bytes are ignored.
//   Memory    At most `limits.message` bytes of an unfinished message (an eighth more if it is compressed), and 4 KiB
//             while a frame is unfinished (wslay's); between two frames nothing but this object.
//   Output    At most `limits.pongs` pongs wait in take_output(), and one more: of further pings only the last is
//             answered (s.5.5.3).
//   Threads   One caller at a time.
//
// Layer: codec (docs/layers.txt).  Source: RFC 6455.  The opening handshake is in handshake.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/text/utf8.h"

namespace loquat::codec {

enum class WebSocketOpcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

struct WebSocketLimits {
  std::size_t message = 1024 * 1024;   // bytes; beyond it 1009
  std::size_t fragments = 128 * 1024;  // frames of one message; beyond it 1009
  std::size_t pongs = 16;              // answers that wait in take_output()
};

struct WebSocketEvent {
  enum class Kind : std::uint8_t { text, binary, ping, pong, close, protocol_error };
  Kind kind = Kind::text;
  // The message; a ping's or pong's data; a close's or error's reason. Text is valid UTF-8.
  std::string payload;
  // close: the peer's code, 1005 if it gave none. protocol_error: the code that was sent to it.
  int code = 0;
  // A message that is still compressed: inflate_message() of deflate.h makes it one to read. So that many small ones,
  // which are read at once, do not become large all at once.
  bool compressed = false;
};

// One frame as a server sends it (unmasked, final): build it once, send it to many.
// Text must be UTF-8; that is not checked. Throws std::invalid_argument if a control frame's payload exceeds 125 bytes.
std::string websocket_frame(WebSocketOpcode opcode, std::string_view payload);

// The same, as a client sends it: masked with `mask`, which must come from a strong source and be used once. s.5.3.
std::string websocket_frame(WebSocketOpcode opcode, std::string_view payload, std::uint32_t mask);

// A closing frame's payload: empty for a code that websocket_code_ok() refuses; the reason is cut at a character to 123
// bytes. s.5.5.1, s.7.4.
std::string websocket_close_payload(int code, std::string_view reason);

// True if `code` may stand in a closing frame. s.7.4 and IANA's registry: 1000-1003, 1007-1014, 3000-4999.
bool websocket_code_ok(int code) noexcept;

class WebSocket {
 public:
  enum class Side : std::uint8_t { server, client };

  // A client needs `random_mask`, a strong source (s.10.3). Throws std::invalid_argument if a client has none.
  explicit WebSocket(Side side, const WebSocketLimits& limits = {}, std::function<std::uint32_t()> random_mask = {});
  ~WebSocket();
  WebSocket(WebSocket&&) noexcept;
  WebSocket& operator=(WebSocket&&) noexcept;

  // Makes RSV1 mean a compressed message. For a connection that has agreed on permessage-deflate.
  void accept_deflate() noexcept { deflate_ = true; }

  // Takes all of `bytes` and returns what they completed, in order.
  // Pings are answered, a close is echoed: see take_output().
  std::vector<WebSocketEvent> feed(std::string_view bytes);

  // Appends a frame to the output, as websocket_frame() makes it. Does nothing once a closing frame was sent.
  void send(WebSocketOpcode opcode, std::string_view payload);
  // Appends a closing frame, once. The peer's answer comes as a close event.
  void close(int code, std::string_view reason = {});

  // What must be sent, in order; the object keeps none of it.
  std::string take_output();

  bool close_sent() const noexcept { return close_sent_; }
  bool close_received() const noexcept { return close_received_; }
  // True if nothing more will come out of feed(): the connection should be closed once the output is sent.
  bool done() const noexcept { return failed_ || close_received_; }

 private:
  struct Frames;  // wslay's frame reader: held only while a frame is unfinished
  using Events = std::vector<WebSocketEvent>;

  void read_frames(Events& out);
  bool begin_frame(Events& out);
  bool check_size(Events& out);
  // Of a compressed text it is not known yet what it says.
  bool checks_text() const noexcept { return message_opcode_ == WebSocketOpcode::text && !compressed_; }
  void add_data(std::string_view data, Events& out);
  void end_frame(Events& out);
  void end_control(WebSocketOpcode opcode, Events& out);
  void on_close(Events& out);
  void fail(int code, std::string_view reason, Events& out);
  void queue_pong(std::string_view payload);
  std::string frame(WebSocketOpcode opcode, std::string_view payload);

  WebSocketLimits limits_;
  std::function<std::uint32_t()> random_mask_;
  std::unique_ptr<Frames> frames_;
  std::string message_;  // of the message that is being received
  std::string control_;  // of the control frame that is being received
  std::string output_;
  std::optional<std::string> last_pong_;  // the data of the ping that is answered last
  std::size_t fragments_ = 0;
  std::size_t pongs_ = 0;
  Utf8Validator utf8_;
  WebSocketOpcode message_opcode_ = WebSocketOpcode::continuation;  // continuation: none is being received
  Side side_;
  bool deflate_ = false;     // permessage-deflate was agreed on
  bool compressed_ = false;  // the message that is being received is
  bool close_sent_ = false;
  bool close_received_ = false;
  bool failed_ = false;
};

}  // namespace loquat::codec
