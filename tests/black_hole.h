// black_hole.h - an address that does not answer, in every World.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "loquat/socket.h"
#include "loquat/testing.h"

namespace loquat {

// On the kernel, a listener whose queue is full: it drops every SYN. In the simulation, a host that is cut off.
class BlackHole {
 public:
  explicit BlackHole(bool simulated)
      : listener_(create_server({simulated ? "192.0.2.1" : "127.0.0.1", 0}, simulated ? 128 : 0)) {
    using namespace std::chrono_literals;
    if (simulated) testing::partition("", address().host(), std::chrono::hours(1000));
    for (bool full = simulated; !full;) {
      waiting_.emplace_back(AF_INET).settimeout(0s);
      waiting_.back().connect_ex(address());
      full = !waiting_.back().wait_writable(50ms);
    }
  }
  Address address() const { return listener_.getsockname(); }

 private:
  Socket listener_;
  std::vector<Socket> waiting_;
};

}  // namespace loquat
