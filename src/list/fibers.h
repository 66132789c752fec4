// fibers.h - the fibers of a worker, and lists of fibers as text.
//
// Layer: list.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "loquat/inspect.h"
#include "sched/workers.h"

namespace loquat::list {

// Appends the worker's fibers, without addresses of sockets. Call it on that worker.
void collect(sched::Worker& worker, std::vector<FiberInfo>& into);

// "9 client 7, src/server.cc:44, on worker 0, recv on 8 (127.0.0.1:7777 - 127.0.0.1:40112) since 40 ms, stack 2 of 59
// KiB"
std::string line_of(const FiberInfo& fiber);
// Lines of fibers, each below its parent.
std::string tree_of(const std::vector<FiberInfo>& fibers, std::size_t lines);

}  // namespace loquat::list
