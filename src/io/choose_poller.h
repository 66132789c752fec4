// choose_poller.h - the kernel's pollers by name.
//
// Layer: io.
#pragma once

#include <memory>

#include "loquat/log.h"
#include "loquat/poller.h"
#include "sched/poller.h"

namespace loquat::io {

// Throws OSError if the kernel refuses.
std::unique_ptr<sched::Poller> make_epoll_poller();
// One to be waited for by another poller: when `descriptor` is readable, wait() has something to do.
std::unique_ptr<sched::Poller> make_epoll_poller(int& descriptor);
std::unique_ptr<sched::Poller> make_uring_poller();

// What `kind` asks for; automatic is settled here, and a fall back to epoll is said in the log. Never returns
// automatic. Throws std::invalid_argument if $LOQUAT_POLLER is neither empty, "epoll" nor "uring".
PollerKind choose_poller(PollerKind kind, LogSink* log);

std::unique_ptr<sched::Poller> make_poller(PollerKind kind);

}  // namespace loquat::io
