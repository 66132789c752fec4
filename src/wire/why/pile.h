// pile.h - connections in TIME-WAIT that are so many that they explain a failure: no port left for connect(), a client
// that may not use its ports again.
//
//   Pile pile;
//   for (each socket) pile.add(facts);
//   for (const auto& [ends, verdict] : pile.verdicts(ports)) ...
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293 s.3.6.1, ip(7) ip_local_port_range.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "wire/why/why.h"

namespace loquat::wire {

class Pile {
 public:
  void add(const kernel::SocketFacts& socket);

  struct Found {
    std::string ends;  // the pile's name, the same at each look: "10.0.0.1 -> 10.0.0.2:80"
    Verdict verdict;
  };

  // One for each pile, the largest first. `ports`: how many a client may choose from.
  std::vector<Found> verdicts(int ports) const;

 private:
  struct Count {
    int waiting = 0, all = 0;
  };

  std::map<std::pair<std::string, Address>, Count> to_;    // our host, the peer's address and port
  std::map<std::pair<Address, std::string>, Count> from_;  // our address and port, the peer's host
};

}  // namespace loquat::wire
