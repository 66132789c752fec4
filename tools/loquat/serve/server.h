// server.h - the chat server put together: archive, log, doors, the wire's pages, listeners. `serve` and `demo` run it.
//
//   Where     Inside run(). The destructor tears everything down, in order.
//   Errors    OSError with a sentence for the user if an address cannot be listened on.
#pragma once

#include <string>
#include <vector>

#include "chat/log.h"
#include "doors/common/context.h"
#include "doors/front.h"
#include "doors/web/door.h"
#include "loquat/http.h"
#include "microscope/routes.h"

namespace loquat::tool {

class Server {
 public:
  // `archive` and `sink` outlive the server.
  Server(chat::Archive& archive, doors::Options options, LogSink* sink);
  ~Server();

  // Listens on each worker and returns the bound address. `where` is as for parse_host_port(); names are looked up.
  Address listen(const std::string& where);
  // Listens on every address of this machine, IPv4 and IPv6 if there is IPv6. `port` is ":7777", say.
  Address listen_everywhere(const std::string& port);
  // Stops accepting, tells every client `reason`, waits at most `drain` until they have received it, and commits the
  // last lines. Returns whether all clients were gone in time.
  bool stop(const std::string& reason, Duration drain);

  chat::Log& log() noexcept { return log_; }
  doors::Context& context() noexcept { return context_; }

 private:
  chat::Log log_;
  doors::Context context_;
  doors::WebDoor web_door_;
  microscope::Routes wire_;
  http::Server web_;
  doors::Front front_;
  std::vector<std::string> unix_paths_;
};

}  // namespace loquat::tool
