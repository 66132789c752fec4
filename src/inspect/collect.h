// collect.h - looks at the fibers of one worker, and of all.
//
// Layer: inspect.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "loquat/inspect.h"
#include "sched/workers.h"

namespace loquat::inspect {

struct Collected {
  std::vector<FiberInfo> fibers;
  std::vector<std::size_t> silent;  // workers that have not answered
};

// Appends the worker's fibers. Call it on that worker.
void collect(sched::Worker& worker, std::vector<FiberInfo>& into);
Collected collect_all(Duration patience);

// "9 client 7, src/server.cc:44, on worker 0, recv on 8 (127.0.0.1:7777 - 127.0.0.1:40112) since 40 ms, stack 2 of 59
// KiB"
std::string line_of(const FiberInfo& fiber);
// Lines of fibers, each below its parent.
std::string tree_of(const std::vector<FiberInfo>& fibers, std::size_t lines);

}  // namespace loquat::inspect
