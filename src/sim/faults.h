// faults.h - the network faults that a test or the seed asks for.
//
// Layer: sim.
#pragma once

#include <vector>

#include "sim/core.h"
#include "sim/name.h"

namespace loquat::sim {

class Faults {
 public:
  explicit Faults(Core& core);

  void set_latency(Duration min, Duration max);
  // Draws the latency of the next segment that the end `from` sends.
  template <class Socket>
  Duration latency(const Socket& from) {
    if (from.latency) return core_.network.between(from.latency->first, from.latency->second);
    return from.is_unix() ? Duration::zero() : core_.network.between(min_latency_, max_latency_);
  }

  // An AF_UNSPEC name stands for every address.
  void partition(const Name& a, const Name& b, Duration time);
  // When the two may exchange segments again; a time in the past if they may now.
  TimePoint blocked_until(const Name& a, const Name& b) const;

  void refuse(const Name& to, Duration time);
  // Call it once for each connection.
  bool refused(const Name& to);
  // Draws after which time a new connection is reset; `never` for most.
  Duration reset_after();

 private:
  struct Partition {
    Name a, b;
    TimePoint until;
  };
  struct Refusal {
    Name to;
    TimePoint until;
  };
  Core& core_;
  Duration min_latency_, max_latency_;
  std::vector<Partition> partitions_;
  std::vector<Refusal> refusals_;
};

}  // namespace loquat::sim
