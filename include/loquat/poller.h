// poller.h - the kernel interface with which a run waits: epoll or io_uring.
//
// Programs behave the same with both; only the speed differs. Containers often deny io_uring.
//
// Layer: io (docs/layers.txt).  Source: epoll(7), io_uring(7).
#pragma once

namespace loquat {

// run() chooses once, when it begins. A sandbox that denies io_uring must be installed before that: if it comes later,
// the process aborts with a line on standard error.
enum class PollerKind {
  // The environment variable LOQUAT_POLLER decides, "epoll" or "uring"; another value makes run() throw
  // std::invalid_argument. If it is empty or not set, run() uses io_uring if the kernel allows everything that it
  // needs, else epoll, and writes the reason to the run's log.
  automatic,
  // This one, whatever the environment says. run() throws OSError if the kernel denies it.
  epoll,
  uring,
};

}  // namespace loquat
