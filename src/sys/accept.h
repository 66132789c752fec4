// accept.h - accept4(2) that does not wait, on a listener that is blocking and may be shared.
//
//   1. poll(2) wakes every waiter for a new connection, but only one gets it. accept4(2) has no MSG_DONTWAIT, so the
//      others would block inside it, and with them their workers and every caller of close().
//   2. So the listener is O_NONBLOCK during the call. All copies of a listener share that flag (other workers', those
//      that dup(2) made, those of other processes), so callers take turns: threads by a mutex, processes by an fcntl(2)
//      record lock on the socket.
//   3. A process that shares the listener and calls accept(2) by itself may see EAGAIN during that time.
//
// Layer: sys.  Source: accept(2), fcntl(2) "Advisory record locking".
#pragma once

#include "sys/world.h"

namespace loquat::sys {

// Returns a descriptor, or -EAGAIN if there is no connection (any more).
std::int64_t accept_now(int listener, PeerName* peer);
// For the child of a fork(2): a thread of the parent may have held the mutex.
void reset_accept_turns() noexcept;

}  // namespace loquat::sys
