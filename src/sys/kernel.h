// kernel.h - the World that is the Linux kernel.
//
// There is one kernel, so there is one of these for the process; it holds no state but its pool of threads, which are
// started when a job finds none idle, sixteen at most, and end after ten idle seconds.
//
// Layer: sys.
#pragma once

#include <cerrno>

#include "sys/world.h"

namespace loquat::sys {

World& kernel() noexcept;

// True for the results of attempt() that mean "not yet".
constexpr bool must_wait(std::int64_t result) { return result == -EAGAIN || result == -EINPROGRESS; }

// The poll(2) bit that an operation waits for: POLLIN or POLLOUT.
short poll_events(OpKind kind) noexcept;

}  // namespace loquat::sys
