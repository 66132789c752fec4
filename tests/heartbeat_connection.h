// heartbeat_connection.h - a call on one end of a connection, and what ends its wait: for the tables of receiving and
// sending.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "loquat/socket.h"
#include "tests/heartbeat.h"
#include "tests/hostile.h"

namespace loquat::heartbeat {

struct Connection {
  explicit Connection(hostile::Wire wire)
      : ours(Socket::from_fd(wire.ours.release())), theirs(std::move(wire.theirs)) {}
  Socket ours;
  hostile::Fd theirs;
};

// An event that ends the wait, and the call's result then (Scene::ends).
struct Ending {
  std::string name;
  std::string ends;
  std::function<void(Socket& ours, hostile::Fd& theirs, Hold& hold)> let_go;
};

// Makes the situation before the call.
using Prepare = std::function<void(Socket& ours, hostile::Fd& theirs)>;

inline Case connection_case(const std::string& situation, const std::string& name,
                            const std::function<std::string(Socket&)>& call, const Ending& ending,
                            const std::function<hostile::Wire()>& wire, const Prepare& prepare = {}) {
  Case one{situation + "_" + ending.name, name, [=] {
             auto made = std::make_shared<Connection>(wire());
             if (prepare) prepare(made->ours, made->theirs);
             return Scene{[made, call] { return call(made->ours); },
                          [made, let_go = ending.let_go](Hold& hold) { let_go(made->ours, made->theirs, hold); },
                          ending.ends};
           }};
  one.in_threads = ending.name != "cancelled";
  return one;
}

// The endings of a TCP connection, for a call that uses the direction `how` (of shutdown(2)). The other arguments are
// the call's results after the peer's close, the peer's reset and our own shutdown().
inline std::vector<Ending> tcp_endings(const std::string& close, const std::string& reset, const std::string& shutdown,
                                       int how) {
  using hostile::Fd;
  return {
      {"peer_closes", close, [](Socket&, Fd& theirs, Hold&) { theirs.close(); }},
      {"peer_resets", reset, [](Socket&, Fd& theirs, Hold&) { hostile::reset(theirs); }},
      {"closed", "EBADF", [](Socket& ours, Fd&, Hold&) { ours.close(); }},
      {"detached", "EBADF", [](Socket& ours, Fd&, Hold&) { ::close(ours.detach()); }},
      {"shut_down", shutdown, [how](Socket& ours, Fd&, Hold&) { ours.shutdown(how); }},
      {"cancelled", "Cancelled", [](Socket&, Fd&, Hold& hold) { hold.cancel(); }},
  };
}

// Leaves a zero-copy notice in the error queue: poll(2) returns POLLERR until a process reads it.
inline void zero_copy_notice(Socket& ours, hostile::Fd& theirs) {
  ours.setsockopt(SOL_SOCKET, SO_ZEROCOPY, 1);
  ours.send(std::string(1000, 'x'), MSG_ZEROCOPY);
  char sink[1000];
  ::recv(theirs, sink, sizeof(sink), MSG_WAITALL);
}

}  // namespace loquat::heartbeat
