// linger.h - closes a connection so that the peer reads all that was sent.
//
// close() with bytes unread makes the kernel send a reset, which throws away what the peer has not read yet. So: end of
// stream, then read what still comes, for a while, then close.
//
// Layer: doors.  Source: RFC 9112 s.9.6, tcp(7).
#pragma once

#include <cstddef>

#include "loquat/socket.h"
#include "loquat/time.h"

namespace loquat::doors {

struct LingerBounds {
  Duration time = std::chrono::seconds(2);
  std::size_t bytes = 256 * 1024;
};

// Sends end of stream, reads and forgets what comes until the peer ends too or a bound is reached, and closes. Throws
// nothing but Cancelled.
void close_gently(Socket& socket, LingerBounds bounds = {});

}  // namespace loquat::doors
