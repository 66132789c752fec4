// accepting.h - how a front takes connections: past whatever accept(2) can fail with.
//
// Layer: doors.  Source: accept(2), tcp(7).
#pragma once

#include <optional>

#include "loquat/log.h"
#include "loquat/socket.h"

namespace loquat::doors {

// Gives a listener the options that its connections inherit (front.h, "Kernel"), or a connection that has not inherited
// them: it came before. Nothing for Unix sockets.
void set_options(Socket& socket);

class Acceptor {
 public:
  // Both outlive it. `sink` may be nullptr.
  Acceptor(Socket& listener, LogSink* sink) : listener_(listener), sink_(sink) {}

  // The next connection; nothing once the listener is closed. Waits while the process has no descriptor or memory left,
  // and says so once until it could accept again. Throws OSError if the listener is none.
  std::optional<Socket> next();

 private:
  Socket& listener_;
  LogSink* sink_;
  bool said_ = false;
};

}  // namespace loquat::doors
