// tcp_states.h - the states of both ends of the lab's connections, as their kernels have them.
//
//   Threads   One caller at a time.   Errors OSError of sock_diag.
//   Lifetime  The network need live only until the constructor returns.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293 s.3.3.2; sock_diag(7).
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "loquat/address.h"
#include "wire/kernel/private_network.h"
#include "wire/kernel/sock_diag.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

// The two ends of one connection.
struct AddressPair {
  Address client, server;
  std::string str() const { return client.str() + " " + server.str(); }
};

class TcpStates {
 public:
  explicit TcpStates(const kernel::PrivateNetwork& network);

  // LISTEN is told only of a side that has had no socket of the connection yet.
  States of(const AddressPair& pair);
  // The states when the receiver's kernel has done with a frame: mostly at once, but it may leave that to a kernel
  // thread. Blocks the thread for as long.
  States settled(const AddressPair& pair);
  // Whether some end waits with a clock for what it has sent to be confirmed.
  bool unconfirmed();
  // There is no TCP: states are unknown from now on, not CLOSED.
  void without_tcp() { without_tcp_ = true; }

 private:
  struct Asked {
    AddressPair pair;
    std::array<bool, 2> open{};  // this side has had a socket of the connection, beyond LISTEN
  };
  State of(Side side, const AddressPair& pair);
  std::optional<kernel::SocketFacts> facts(Side side, const AddressPair& pair);

  std::array<std::unique_ptr<kernel::SockDiag>, 2> diag_;
  std::map<std::string, Asked> asked_;
  bool without_tcp_ = false;
};

}  // namespace loquat::wire
