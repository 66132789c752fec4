// accept.h - accept4(2) that does not wait, on a listener that is blocking and may be shared.
//
//   1. poll(2) tells everybody who waits that a connection is there, and one of them gets it. accept4(2) knows no
//      MSG_DONTWAIT: whoever comes too late would wait inside it, and with it the worker and everybody who closes.
//   2. So the listener is O_NONBLOCK for the length of the call. O_NONBLOCK belongs to all copies of a listener (other
//      workers', dup(2)'s, those of other processes), so whoever accepts takes turns: threads under a mutex, processes
//      under a record lock of fcntl(2) on the socket.
//   3. A process that shares the listener and accepts by other means may see EAGAIN in that moment.
//
// Layer: sys.  Source: accept(2), fcntl(2) "Advisory record locking".
#pragma once

#include "sys/world.h"

namespace loquat::sys {

// A descriptor, or -EAGAIN if no connection is there (any more).
std::int64_t accept_now(int listener, PeerName* peer);
// In the child of a fork(2): a thread of the parent may have had the turn.
void reset_accept_turns() noexcept;

}  // namespace loquat::sys
