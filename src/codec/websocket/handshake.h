// handshake.h - the HTTP exchange that opens a WebSocket, from either end.
//
// Not here: Origin and Host. Who may connect is a decision of the server above.
//
// Layer: codec (docs/layers.txt).  Source: RFC 6455 s.1.3, s.4.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "codec/http1/request.h"
#include "codec/http1/response.h"
#include "codec/websocket/extension.h"

namespace loquat::codec {

struct WebSocketOffer {
  int status = 101;         // 101; or 400, 405, 426 (answer it with "Upgrade: websocket", "Sec-WebSocket-Version: 13")
  std::string_view reason;  // why not, a constant
  std::string accept;       // the value of Sec-WebSocket-Accept
  std::string_view
      subprotocol;  // the first of the client's that the server has; empty if none. A view into the request.
  std::optional<WebSocketDeflate> deflate;  // for the caller to choose, see extension.h
};

// Judges a request to open a WebSocket: GET, HTTP/1.1, Upgrade: websocket, Connection: upgrade, version 13, one key of
// 16 bytes in base64. `subprotocols` are those that the server has; the client's order decides (s.1.9).
WebSocketOffer check_websocket(const HttpRequest& request, std::span<const std::string_view> subprotocols = {});

// Appends the 101 response for `offer`.
void append_websocket_accept(std::string& out, const WebSocketOffer& offer);

// Appends a client's opening request. `key` are 16 random bytes; `subprotocols` is a list such as "text.ircv3.net".
// Throws std::invalid_argument as HttpWriter does.
void append_websocket_request(std::string& out, std::string_view authority, std::string_view target,
                              std::span<const std::byte, 16> key, std::string_view subprotocols = {});

// True if `response` accepts the request that was made with `key`. s.4.1.
bool websocket_accepted(const HttpResponse& response, std::span<const std::byte, 16> key);

// SHA-1 of `key` and RFC 6455's GUID, in base64. SHA-1 guards nothing here: it only shows that the peer speaks
// WebSocket.
std::string websocket_accept_key(std::string_view key);

}  // namespace loquat::codec
