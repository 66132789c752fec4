// known_connections.h - the connections that have asked for something at /wire, as they were at their first request.
//
// The kernel hands out a saved SYN only once, and a browser sends many requests on one connection: so the SYN is kept
// here. Connections are identified by the kernel's cookie of the socket, which is never reused; the oldest are
// forgotten.
//
//   Threads   Any number of workers.
//
// Layer: microscope (docs/layers.txt).  Source: socket(7) SO_COOKIE.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "loquat/socket.h"
#include "microscope/own_connection.h"

namespace loquat::microscope {

class KnownConnections {
 public:
  explicit KnownConnections(std::size_t max = 512) : max_(max) {}

  // Looks at the connection if it is a new one. Does nothing if the socket is not the kernel's TCP.
  void observe(const Socket& socket);
  // What is known of it (own_connection.h), as one JSON object; nothing if it has not been observed. The handshake's
  // times are left out if we had already sent something when it was.
  std::optional<std::string> describe(const Socket& socket) const;

 private:
  struct Known {
    OwnConnection connection;
    bool early;  // we had sent nothing when it was observed
  };
  std::shared_ptr<const Known> find(std::uint64_t cookie) const;

  const std::size_t max_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<const Known>> known_;
  std::deque<std::uint64_t> order_;  // the oldest first
};

}  // namespace loquat::microscope
