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
// One to be waited for by another poller: when `descriptor` is readable, wait() has something to do.
std::unique_ptr<sched::Poller> make_epoll_poller(int& descriptor);
std::unique_ptr<sched::Poller> make_uring_poller();
// Makes a small ring, enables it and enters it. Throws OSError named after the system call that the kernel or a sandbox
// refuses.
void probe_uring();

// One for each worker, all of the kind that is asked for. Automatic is settled here: what $LOQUAT_POLLER says, else
// io_uring unless the kernel or a sandbox refuses a part of it or it runs out of something (descriptors, memory that an
// ordinary user may lock); then epoll, and the log says why.
// Throws std::invalid_argument if $LOQUAT_POLLER is neither empty, "epoll" nor "uring", and OSError for what is
// refused.
std::vector<std::unique_ptr<sched::Poller>> make_pollers(PollerKind kind, std::size_t count, LogSink* log);

}  // namespace loquat::io
