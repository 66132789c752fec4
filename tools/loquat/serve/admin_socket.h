// admin_socket.h - the Unix socket DIR/admin.sock in the data directory, where `loquat admin` talks to the server.
//
//   Access    The socket has mode 0600 from its first moment. It is made only in a directory that belongs to the
//             server's user and that nobody else can write.
//   Stale     The server holds the lock of its data directory, so a socket that is there was left by one that crashed,
//             and is replaced.
//   Threads   Used on the worker that made it.
#pragma once

#include <optional>
#include <string>

#include "chat/log.h"
#include "loquat/log.h"
#include "loquat/server.h"

namespace loquat::tool {

std::string admin_socket_path(const std::string& directory);

class AdminSocket {
 public:
  // Serves until it is destroyed. If the socket cannot be made, that is logged, and the server does without. Log and
  // sink outlive it.
  AdminSocket(chat::Log& log, const std::string& directory, LogSink& sink);
  ~AdminSocket();
  AdminSocket(const AdminSocket&) = delete;
  AdminSocket& operator=(const AdminSocket&) = delete;

 private:
  const std::string path_;
  std::optional<StreamServer> server_;  // nothing: there is no socket
};

}  // namespace loquat::tool
