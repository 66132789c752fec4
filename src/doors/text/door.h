// door.h - people with netcat, telnet, or ten lines of Python. The protocol, byte by byte: docs/text-door.md.
//
//   Waiting   A call serves one connection and returns when it has ended. It throws nothing but Cancelled.
//   Modes     A client that has sent a line end is in line mode for good: welcome, history, lines. Before that it is in
//             piece mode: what comes before a pause is a message, and it is sent live lines only, each by itself.
//   Memory    An idle connection holds no buffer. The outbox of a slow reader is bounded (chat/outbox.h).
//   Order     A client's line is committed before anybody sees it. A client that floods is read more slowly; none of
//             its lines are dropped.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <string>

#include "doors/common/context.h"
#include "loquat/socket.h"

namespace loquat::doors {

// Serves a connection and closes it. `address` is the client's, at which bans look (peers/peer.h). `first_bytes` is
// all that it has sent, at least one character; without a line end it is a whole piece, which a pause followed.
void text_door(Context& context, Socket& socket, std::string address, std::string first_bytes);

}  // namespace loquat::doors
