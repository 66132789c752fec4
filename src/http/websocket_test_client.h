// websocket_test_client.h - a WebSocket client, and a handler that echoes, for the tests of WebSockets.
//
// Layer: http, tests only.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/websocket/deflate.h"
#include "codec/websocket/websocket.h"
#include "http/http_test_client.h"
#include "loquat/websocket.h"

namespace loquat::http {

using Kind = codec::WebSocketEvent::Kind;
using codec::WebSocketOpcode;

inline const std::string upgrade =
    "GET /chat HTTP/1.1\r\nHost: here:7777\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";

// A client after the opening handshake.
class Peer {
 public:
  explicit Peer(const Site& site, const std::string& lines = {}, const std::string& early = {})
      : client_(site.connect()), codec_(codec::WebSocket::Side::client, {}, [] { return 0x12345678u; }) {
    answer_ = client_.ask(upgrade + lines + "\r\n" + early);
    if (!answer_["Sec-WebSocket-Extensions"].empty()) codec_.accept_deflate();
    take(std::exchange(client_.pending(), {}));
  }
  const Answer& answer() const { return answer_; }
  Peer& text(std::string_view data) { return raw(codec::websocket_frame(WebSocketOpcode::text, data, 0x01020304)); }
  Peer& compressed(std::string_view data) {
    std::string frame = codec::websocket_frame(WebSocketOpcode::text, data, 0x01020304);
    frame[0] = '\xc1';
    return raw(frame);
  }
  Peer& raw(std::string_view bytes) {
    client_.send(bytes);
    return *this;
  }
  Peer& close(int code, std::string_view reason = {}) {
    codec_.close(code, reason);
    return raw(codec_.take_output());
  }
  // The next event. Kind::protocol_error with code 0: the connection ended.
  codec::WebSocketEvent event(bool answering = true) {
    while (events_.empty()) {
      if (!client_.more()) return {Kind::protocol_error, {}, 0};
      take(std::exchange(client_.pending(), {}));
    }
    const std::string output = codec_.take_output();
    if (answering && !output.empty()) raw(output);
    codec::WebSocketEvent out = std::move(events_.front());
    events_.erase(events_.begin());
    return out;
  }
  std::string payload() { return event().payload; }
  Client& client() { return client_; }

 private:
  void take(const std::string& bytes) {
    for (auto& event : codec_.feed(bytes)) events_.push_back(std::move(event));
  }
  Client client_;
  codec::WebSocket codec_;
  Answer answer_;
  std::vector<codec::WebSocketEvent> events_;
};

// Keeps how the connection ended for the server.
struct End {
  int code = -1;
  std::string reason;
  Event known;
};

inline Handler echo_handler(End& end, const WebSocketOptions& options = {}) {
  return [&end, options](Request& request, Response& response) {
    WebSocket ws = accept_websocket(request, response, options);
    while (auto message = ws.recv()) message->binary ? ws.send_binary(message->data) : ws.send_text(message->data);
    end.code = ws.close_code();
    end.reason = ws.close_reason();
    end.known.set();
  };
}

}  // namespace loquat::http
