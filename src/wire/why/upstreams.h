// upstreams.h - of a proxy: the connection that it opened itself and that keeps it from serving its client.
//
//   Upstreams upstreams(listeners);
//   for (each socket) upstreams.add(seen, judge(seen));
//   upstreams.explain(seen, verdict);  // one more line of evidence for the client's connection
//
// A connection to the port of a listener is a client's; any other one was opened by its process.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <sys/types.h>

#include <map>
#include <vector>

#include "wire/why/why.h"

namespace loquat::wire {

class SocketSurvey;

class Upstreams {
 public:
  explicit Upstreams(std::vector<kernel::SocketFacts> listeners) : listeners_(std::move(listeners)) {}

  // Keeps it if its process opened it and it is stuck, or its peer owes an answer.
  void add(const Observation& seen, const Verdict& verdict);
  // If `of` is a client's connection that its process does not answer or read: names the one that the process may wait
  // for.
  void explain(const Observation& of, Verdict& verdict) const;

 private:
  struct Upstream {
    kernel::SocketFacts socket;
    Cause cause;
    Certainty certainty;
    Urgency urgency;
  };

  bool is_accepted(const kernel::SocketFacts& socket) const;

  std::vector<kernel::SocketFacts> listeners_;
  std::map<pid_t, std::vector<Upstream>> of_;
};

// Those of the latest look.
Upstreams find_upstreams(const SocketSurvey& survey);

}  // namespace loquat::wire
