// closing.h - how a connection ends without destroying what was sent.
//
// Layer: net.  Source: RFC 9112 s.9.6, tcp(7).
#pragma once

#include "loquat/socket.h"

namespace loquat::net {

// Closes the socket at the end of a scope.
class CloseOnExit {
 public:
  explicit CloseOnExit(Socket& socket) noexcept : socket_(socket) {}
  ~CloseOnExit() { socket_.close(); }
  CloseOnExit(const CloseOnExit&) = delete;
  CloseOnExit& operator=(const CloseOnExit&) = delete;

 private:
  Socket& socket_;
};

// Socket::shutdown(how), for a connection that may have ended already.
void shutdown_quietly(Socket& socket, int how) noexcept;

// Sends end of stream, then reads and drops what arrives until the peer ends too: for 2 s and 256 KiB at most. Closing
// with unread bytes instead makes the kernel send RST, and the peer may lose what was sent to it. Throws nothing but
// Cancelled.
void linger(Socket& socket);
// Lingers and closes.
void close_gently(Socket& socket);

}  // namespace loquat::net
