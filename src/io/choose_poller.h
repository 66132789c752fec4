// choose_poller.h - the kernel's pollers by name.
//
// Layer: io.
#pragma once

#include <memory>
#include <vector>

#include "loquat/log.h"
#include "loquat/poller.h"
#include "sched/poller.h"

namespace loquat::io {

// Throws OSError if the kernel refuses.
std::unique_ptr<sched::Poller> make_epoll_poller();
// A poller for another poller to wait for: when `descriptor` is readable, its wait() has something to do.
std::unique_ptr<sched::Poller> make_epoll_poller(int& descriptor);
std::unique_ptr<sched::Poller> make_uring_poller();
// Creates a small ring, enables it and enters it. Throws OSError, with the name of the system call, if the kernel or a
// sandbox refuses one.
void probe_uring();

// Creates one poller for each worker, all of the requested kind. `automatic` means the kind in $LOQUAT_POLLER. If that
// is empty, it means io_uring, or epoll and a line in the log if the kernel or a sandbox refuses a part of io_uring or
// runs out of descriptors or lockable memory.
// Throws std::invalid_argument if $LOQUAT_POLLER is neither empty, "epoll" nor "uring", and OSError if the kernel
// refuses the requested kind.
std::vector<std::unique_ptr<sched::Poller>> make_pollers(PollerKind kind, std::size_t count, LogSink* log);

}  // namespace loquat::io
