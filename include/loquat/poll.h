// poll.h - waits for descriptors that no Socket or File owns: those of a C library, of a device, of inotify(7).
//
//   pollfd both[] = {{PQsocket(connection), POLLIN, 0}, {cancelled, POLLIN, 0}};
//   if (loquat::poll(both, 5s) == 0) return "no answer";
//
// True of every call in this file:
//   Where      A fiber waits and its worker runs others; a plain thread waits as in ppoll(2). A simulation has no
//              descriptors of the kernel: there they throw std::logic_error.
//   Ownership  A descriptor is borrowed: it is not closed, and its flags do not change. It may belong to a Socket, too.
//   Sharing    Any number of fibers and threads may wait for one descriptor; all of them notice that it is ready. Who
//              reads then may find that another one was quicker: read without waiting (MSG_DONTWAIT).
//   Closing    Whoever closes a descriptor during a wait does not wake it, as with poll(2). If its number is given to
//              another file meanwhile, the wait may tell about that file, or end with POLLNVAL. Waits that begin after
//              that are about the new file only.
//   Errors     A lone descriptor with only POLLIN is not woken by a message in its error queue (MSG_ERRQUEUE): ask for
//              POLLIN | POLLPRI.
//   Cancel     A cancel and a Timeout (timeout.h) end the wait of a fiber. Signals do not: the wait goes on.
//   Lifetime   The array need live only until the call returns.
//
// Layer: poll (docs/layers.txt).  Source: poll(2), Python select.poll, gevent.select.poll, gevent.socket.wait_read.
#pragma once

#include <poll.h>

#include <cstddef>
#include <span>

#include "loquat/time.h"

namespace loquat {

// Waits until at least one of `descriptors` is ready, or until `timeout` has passed; with a timeout of 0 it looks only.
// Sets `revents` of each as poll(2) does, and returns for how many it is not 0: 0 once the timeout has passed. A
// negative fd is left out; for one that is not open `revents` is POLLNVAL, and files on disks are always ready.
//
// Throws OSError(EINVAL) for more descriptors than the process may have open; OSError(EMFILE) and the like if a fiber
// has to wait and there is no descriptor for it.
std::size_t poll(std::span<pollfd> descriptors, AnyDuration timeout = Duration::max());

// Waits until `fd` has bytes, the end of its stream or an error to read; or, in the second, until it takes bytes, or
// never will. Returns false if `timeout` passes first. Throws as poll(), and OSError(EBADF) if `fd` is not open.
bool wait_readable(int fd, AnyDuration timeout = Duration::max());
bool wait_writable(int fd, AnyDuration timeout = Duration::max());

}  // namespace loquat
