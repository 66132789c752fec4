// kernel.h - the World that is the Linux kernel.
//
// There is one kernel, so there is one of these for the process; it holds no state but two pools of threads, one for
// offload() and one for names, so that no slow job keeps a name from being looked up. Their threads are started when a
// job finds none idle, and end after ten idle seconds.
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

// How many fork(2)s led to this process, from the first use of kernel() on.
extern std::atomic<unsigned> fork_count;
inline unsigned forks() noexcept { return fork_count.load(std::memory_order_relaxed); }

// World::offload() to the threads for names.
bool look_up(Job* job);

// True for the results of attempt() that mean "not yet".
constexpr bool must_wait(std::int64_t result) { return result == -EAGAIN || result == -EINPROGRESS; }

// attempt() at a receive with MSG_WAITALL: with MSG_PEEK it is -EAGAIN until the whole buffer can be had, or no more
// comes; without, it goes on behind bytes that came before, and is 0 at the mark of urgent data.
inline bool peeks_for_all(const Operation& operation) noexcept {
  const bool receives = operation.kind == OpKind::recv || operation.kind == OpKind::recvmsg;
  return receives && (operation.flags & (MSG_WAITALL | MSG_PEEK)) == (MSG_WAITALL | MSG_PEEK);
}

// The poll(2) bit that an operation waits for: POLLIN or POLLOUT. And all that end it: for a wait_in with MSG_OOB
// urgent data, too.
short poll_events(OpKind kind) noexcept;
inline short poll_events(const Operation& operation) noexcept {
  const bool urgent = operation.kind == OpKind::wait_in && (operation.flags & MSG_OOB) != 0;
  return static_cast<short>(poll_events(operation.kind) | (urgent ? POLLPRI : 0));
}

}  // namespace loquat::sys
