// collect.h - looks at the fibers of one worker, and of all.
//
// Layer: inspect.
#pragma once

#include <cstddef>
#include <vector>

#include "loquat/inspect.h"
#include "sched/workers.h"

namespace loquat::inspect {

struct Collected {
  std::vector<FiberInfo> fibers;
  std::vector<std::size_t> silent;  // workers that have not answered
};

// Appends the worker's fibers, with the addresses of sockets. Call it on that worker.
void collect(sched::Worker& worker, std::vector<FiberInfo>& into);
Collected collect_all(Duration patience);

}  // namespace loquat::inspect
