// poller.h - which of the kernel's ways to wait a run uses.
//
// What a program can see is the same with both; they differ in speed. Containers often deny io_uring.
//
// Layer: io (docs/layers.txt).  Source: epoll(7), io_uring(7).
#pragma once

namespace loquat {

// A run makes its choice once, when it begins. A sandbox that refuses io_uring has to be there by then: one that comes
// later ends the process, with a line on standard error.
//
// automatic: what $LOQUAT_POLLER says, "epoll" or "uring" (anything else: run() throws std::invalid_argument). Where it
// is not set, io_uring if the kernel allows all of it, else epoll, and the run's log says why.
// epoll, uring: that one, whatever the environment says. run() throws OSError if the kernel denies it.
enum class PollerKind { automatic, epoll, uring };

}  // namespace loquat
