// kernel.h - the World that is the Linux kernel.
//
// A process has one. Its only state is two thread pools, one for offload() and one for name lookups, so that slow jobs
// do not delay lookups. A pool starts a thread when a job finds none idle; a thread ends after ten idle seconds.
//
// Layer: sys.
#pragma once

#include <poll.h>

#include <atomic>
#include <cerrno>

#include "sys/world.h"

namespace loquat::sys {

inline constexpr int work_threads = 16;
inline constexpr int lookup_threads = 64;  // each waits for a name server, 5 to 30 s if that is silent

World& kernel() noexcept;

// The number of fork(2) calls between the first use of kernel() and this process.
extern std::atomic<unsigned> fork_count;
inline unsigned forks() noexcept { return fork_count.load(std::memory_order_relaxed); }

// World::offload(), but on the threads for name lookups.
bool look_up(Job* job);

// True for the results of attempt() that mean "not yet".
constexpr bool must_wait(std::int64_t result) { return result == -EAGAIN || result == -EINPROGRESS; }

// attempt() for a receive with MSG_WAITALL. With MSG_PEEK it returns -EAGAIN until the buffer can be filled or nothing
// more can come. Without, it appends to the bytes received so far, and returns 0 at the urgent mark.
inline bool peeks_for_all(const Operation& operation) noexcept {
  const bool receives = operation.kind == OpKind::recv || operation.kind == OpKind::recvmsg;
  return receives && (operation.flags & (MSG_WAITALL | MSG_PEEK)) == (MSG_WAITALL | MSG_PEEK);
}

// The poll(2) bit that an operation waits for: POLLIN or POLLOUT. The second function returns all bits that end its
// wait: a wait_in with MSG_OOB also ends at urgent data.
short poll_events(OpKind kind) noexcept;
inline short poll_events(const Operation& operation) noexcept {
  const bool urgent = operation.kind == OpKind::wait_in && (operation.flags & MSG_OOB) != 0;
  return static_cast<short>(poll_events(operation.kind) | (urgent ? POLLPRI : 0));
}

}  // namespace loquat::sys
