// ports.h - the ports and paths in use: bind(2)'s rules, ephemeral ports, and the listener that a connection reaches.
//
//   Errors    A negative result is -errno, as Linux gives it.
//   Lifetime  A socket must not move between bind() and release().
//
// Layer: sim.  Source: Linux net/ipv4/inet_connection_sock.c, inet_hashtables.c; socket(7), unix(7).
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sim/core.h"
#include "sim/sim_socket.h"

namespace loquat::sim {

class Ports {
 public:
  explicit Ports(Core& core) : core_(core) {}

  // Gives `socket` the name `wanted`; port 0, or no path, picks one. -EADDRINUSE, -EINVAL if it has a name.
  int bind(SimSocket& socket, Name wanted);
  // Gives `socket` the address of `wanted` and a port of its own to connect from.
  int bind_to_connect(SimSocket& socket, Name wanted);
  // Gives an accepted end the name of its listener.
  void share(SimSocket& socket);
  // Returns 0, or -EADDRINUSE if another socket listens there.
  int may_listen(const SimSocket& socket) const;
  // Frees the name; with `time_wait` only after 60 s, unless SO_REUSEADDR is set.
  void release(SimSocket& socket, bool time_wait);

  // Returns the listener at `to`, nullptr if none. The most exact address wins; the seed picks from a SO_REUSEPORT
  // group.
  SimSocket* listener(const Name& to);
  // Returns the socket that has the path, listening or not; nullptr if none.
  SimSocket* at_path(const std::string& path) const;

 private:
  // A name that may conflict with others: of a live socket, or in TIME_WAIT.
  struct Holder {
    Name name;
    bool v6only;
    bool reuse_address;
    bool reuse_port;
    bool listening;
  };
  struct TimeWait {
    Holder holder;
    TimePoint until;
  };
  struct Port {
    std::vector<SimSocket*> bound;                // by bind(), listen() or connect()
    std::map<SocketNumber, SimSocket*> accepted;  // many share one name
    std::deque<TimeWait> waiting;                 // oldest first
    bool in_use() const noexcept { return !bound.empty() || !accepted.empty(); }
  };
  static Holder holder(const SimSocket& socket);
  bool is_free(const SimSocket& socket, const Name& name) const;
  void add(SimSocket& socket, const Name& name);
  std::uint16_t ephemeral();
  int bind_path(SimSocket& socket, Name wanted);
  int bind_any_port(SimSocket& socket, Name wanted);

  Core& core_;
  std::map<std::uint16_t, Port> ports_;
  std::map<std::string, SimSocket*> paths_;
};

}  // namespace loquat::sim
