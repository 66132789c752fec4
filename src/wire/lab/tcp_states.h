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
#include "wire/kernel/network/private_network.h"
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

  // A side is in LISTEN only until it has had a socket of the connection; afterwards it is CLOSED.
  States of(const AddressPair& pair);
  // Waits until the receiver's kernel has processed a frame, which it may leave to a kernel thread, and returns the
  // states then. Blocks the calling thread, usually for 100 us.
  States settled(const AddressPair& pair);
  // Of one side's end; nothing unless it has a connection.
  std::optional<Congestion> congestion(Side side, const AddressPair& pair);
  // Whether a retransmission timer runs at some end: something sent is not acknowledged yet.
  bool unconfirmed();
  // There is no TCP: states are unknown from now on, not CLOSED.
  void without_tcp() { without_tcp_ = true; }

 private:
  struct Asked {
    AddressPair pair;
    std::array<bool, 2> open{};  // this side has had a socket of the connection, beyond LISTEN
  };
  State of(Side side, const AddressPair& pair);
  std::optional<kernel::SocketFacts> facts(Side side, const AddressPair& pair,
                                           kernel::Detail detail = kernel::Detail::state);

  std::array<std::unique_ptr<kernel::SockDiag>, 2> diag_;
  std::map<std::string, Asked> asked_;
  bool without_tcp_ = false;
};

}  // namespace loquat::wire
