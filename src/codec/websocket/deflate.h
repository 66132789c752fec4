// deflate.h - the data of permessage-deflate: one WebSocket message, compressed by itself.
//
// True of every call in this file: nothing is kept from one message for the next, so an idle connection holds no
// memory.
//
// Layer: codec (docs/layers.txt).  Source: RFC 7692 s.7.2, RFC 1951, zlib.h.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "codec/websocket/websocket.h"

namespace loquat::codec {

// Compresses a message with a window of at most `window_bits` (9 to 15). Returns nothing if that would not make it
// shorter, or if zlib gets no memory: send it as it is.
std::optional<std::string> deflate_message(std::string_view message, int window_bits = 15);

// Inflates the message of a compressed event and clears its mark. Returns 0, or the code to close with: 1009 if the
// message is longer than `limit` bytes, 1007 if the data is damaged or a text is not UTF-8. Holds at most twice `limit`
// bytes, however much the data would inflate to. Throws std::bad_alloc.
int inflate_message(WebSocketEvent& event, std::size_t limit);

// One final frame as a server sends it, compressed if that makes it shorter: websocket_frame() with RSV1.
// Messages under `websocket_deflate_from` bytes are not worth the time and stay as they are.
std::string websocket_deflated_frame(WebSocketOpcode opcode, std::string_view payload, int window_bits);
constexpr std::size_t websocket_deflate_from = 1024;

}  // namespace loquat::codec
