// absence.h - a port of this machine that nobody listens on: what `why ADDR:PORT` says of it.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wire/why/socket_survey.h"
#include "wire/why/target.h"
#include "wire/why/why.h"

namespace loquat::wire {

struct Absence {
  std::string where;       // the address to name
  bool may_be_nat = true;  // as in Observation
  int in_time_wait = 0;    // connections that still have that port
  struct Listener {
    kernel::SocketFacts socket;
    std::vector<kernel::Owner> owners;
  };
  std::vector<Listener> elsewhere{};  // with that port and another address
};

// nullopt if `target` is no address of this machine, or a process' number, or somebody has that port.
std::optional<Absence> find_absence(const Target& target, const SocketSurvey& survey);

Verdict judge_absent(const Absence& absence);

}  // namespace loquat::wire
