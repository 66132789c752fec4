// extension.h - the negotiation of permessage-deflate, the server's side.
//
// Layer: codec (docs/layers.txt).  Source: RFC 7692 s.5, s.7.1; RFC 6455 s.9.1.
#pragma once

#include <optional>
#include <string>

#include "codec/http1/request.h"

namespace loquat::codec {

// What both sides have agreed on, besides that no compressor outlives its message.
struct WebSocketDeflate {
  int window_bits = 15;  // of the server's compressor at most, 9 to 15
  std::string answer;    // the value of Sec-WebSocket-Extensions
};

// The first of the client's offers, over all its Sec-WebSocket-Extensions fields, that the server can accept; nothing
// if there is none. An offer is declined if it is malformed, has an unknown parameter, one twice or a wrong value, or
// demands a window of 8 bits, with which zlib cannot compress. The answer asks the client not to keep its compressor
// between messages, which every client must obey (s.7.1.1.2).
std::optional<WebSocketDeflate> choose_deflate(const HttpRequest& request);

}  // namespace loquat::codec
