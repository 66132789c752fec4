// door.h - people with netcat, telnet, or ten lines of Python. The protocol, byte by byte: docs/text-door.md.
//
//   Waiting   A call serves one connection and returns when it has ended. It throws nothing but Cancelled.
//   Modes     A client that has sent a line end is in line mode for good: welcome, history, lines. One that has not is
//             in piece mode: what came before a pause is a message, and it gets live lines alone, each by itself.
//   Memory    A connection that idles holds no buffer. What waits for a slow reader is bounded (chat/outbox.h).
//   Order     A line that the client sends is committed before anybody sees it. A client that floods is read more
//             slowly; nothing of it is dropped.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <string>

#include "doors/common/context.h"
#include "loquat/socket.h"

namespace loquat::doors {

// Serves a connection and closes it. `first_bytes`: all that has come from it, at least one character; if it has no
// line end it is a whole piece, after which nothing came for a while.
void text_door(Context& context, Socket& socket, std::string first_bytes);

}  // namespace loquat::doors
