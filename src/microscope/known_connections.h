// known_connections.h - the connections that have asked for something at /wire, as they were when they first did.
//
// The kernel gives a saved SYN once, and a browser asks again and again on one connection: so it is kept here. They are
// told apart by the kernel's cookie of the socket, which is never used twice; the oldest are forgotten.
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

  // Looks at the connection if it is a new one. Nothing happens for what is not the kernel's TCP.
  void observe(const Socket& socket);
  // What is known of it (own_connection.h), one JSON object; nothing if it has not been met. What a later look cannot
  // tell any more is left out: the handshake's times, if we had sent something before the first.
  std::optional<std::string> describe(const Socket& socket) const;

 private:
  struct Known {
    OwnConnection connection;
    bool early;  // we had sent nothing yet
  };
  std::shared_ptr<const Known> find(std::uint64_t cookie) const;

  const std::size_t max_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<const Known>> known_;
  std::deque<std::uint64_t> order_;  // the oldest first
};

}  // namespace loquat::microscope
