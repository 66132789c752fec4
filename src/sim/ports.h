// ports.h - who has which port or path: bind(2)'s rules, ephemeral ports, and the listener that a connection finds.
//
//   Errors    A negative result is -errno, as Linux gives it.
//   Lifetime  A socket stays where it is from bind() to release().
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
  // An accepted end shares its listener's name.
  void share(SimSocket& socket);
  // 0, or -EADDRINUSE if another socket listens there.
  int may_listen(const SimSocket& socket) const;
  // The name is free again; with `time_wait` only after 60 s, but for SO_REUSEADDR.
  void release(SimSocket& socket, bool time_wait);

  // Who listens at `to`: the most exact address wins, and of a SO_REUSEPORT group the seed's choice. nullptr: nobody.
  SimSocket* listener(const Name& to);
  // Who has the path, listening or not. nullptr: nobody.
  SimSocket* at_path(const std::string& path) const;

 private:
  // A name that keeps others away: a live socket's, or one in TIME_WAIT.
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
