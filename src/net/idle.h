// idle.h - the wait of a connection that may stay silent for long.
//
// Layer: net.
#pragma once

#include "loquat/socket.h"

namespace loquat::net {

// Socket::wait_readable(). Once a second has passed in silence, it also returns to the kernel the stack pages that the
// calling fiber does not need while it waits: that costs about 1 us, and a page fault for each page used again.
bool wait_readable_idle(Socket& socket, Duration timeout);

}  // namespace loquat::net
