// peer.h - by which name a peer's address is known: to bans, to the count of wrong keys, in the log.
//
// Layer: doors.  Source: RFC 4291 s.2.5.5.2.
#pragma once

#include <string>

#include "loquat/socket.h"

namespace loquat::doors {

// The IP literal; "unix" for a Unix socket. A peer over IPv4 has one name, whether its listener is IPv4's or takes both
// families and knows it as ::ffff:192.0.2.7. Throws OSError if the peer has gone.
std::string peer_name(const Socket& socket);

}  // namespace loquat::doors
