// poller.h - which of the kernel's ways to wait a run uses.
//
// Layer: io (docs/layers.txt).
#pragma once

namespace loquat {

// automatic: $LOQUAT_POLLER if it says "epoll" or "uring"; else io_uring where the kernel allows it, else epoll.
enum class PollerKind { automatic, epoll, uring };

}  // namespace loquat
