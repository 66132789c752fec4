// door.h - people with an IRC client, over TCP or over WebSocket.
//
//   Waiting   A call serves one connection and returns when it has ended. It throws nothing but Cancelled.
//   Memory    An idle connection holds no buffer, and one page of stack.
//   Order     A client's commands take effect in order; PING is answered after the results of all earlier commands are
//             in everybody's outboxes.
//   Limits    The outbox of a slow reader is bounded (chat/outbox.h); a client that floods is read more slowly.
//
// Layer: doors (docs/layers.txt).  Source: RFC 2812, modern.ircdocs.horse, ircv3.net; docs/irc.md says what is spoken.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doors/common/context.h"
#include "loquat/socket.h"
#include "loquat/websocket.h"

namespace loquat::doors {

// Serves a TCP (or Unix) connection and closes it. `address` is the client's, at which bans look (peers/peer.h).
// `first_bytes` were read from the socket before.
void irc_door(Context& context, Socket& socket, std::string address, std::string first_bytes = {});

// Serves an accepted WebSocket: one message is one line, without CR LF. With the subprotocol binary.ircv3.net lines are
// sent as binary messages, otherwise as text; both are accepted.
void irc_door(Context& context, http::WebSocket& socket, std::string address);

// What to offer as WebSocketOptions::subprotocols.
const std::vector<std::string>& irc_subprotocols();

}  // namespace loquat::doors
