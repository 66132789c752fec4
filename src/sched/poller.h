// poller.h - what a worker waits in. A backend is one file behind this contract: io/epoll_poller.cc,
// io/uring_poller.cc, sim/sim_poller.cc.
//
//   1. Every call but wake() comes from the worker that owns the poller, between or inside its fibers.
//   2. An operation that start() left pending is done exactly once: later in wait(), or inside cancel().
//   3. After `done` the poller no longer knows the operation, nor anything that it pointed at.
//   4. What has finished beats cancel(): `result` is then the finished one.
//
// Layer: sched.
#pragma once

#include "sys/world.h"

namespace loquat::sched {

class Poller {
 public:
  virtual ~Poller() = default;

  // Begins the operation. True: it is finished, `result` is set, `done` will not be called. False: it is pending.
  virtual bool start(sys::Operation& operation) = 0;
  // Asks for the end of a pending operation. Does nothing if it is done.
  virtual void cancel(sys::Operation& operation) = 0;
  // Hands what start() has gathered to the kernel, waits until something is done, `deadline` has passed or wake() is
  // called, and calls `done` for all that is. A deadline in the past: does not wait.
  virtual void wait(TimePoint deadline) = 0;
  // Makes the present or next wait() return. Any thread.
  virtual void wake() noexcept = 0;
  // In the child of a fork(2), where no thread runs it: closes its descriptors. It is of no use after that.
  virtual void drop() noexcept {}
  // "epoll", "io_uring", "sim".
  virtual const char* name() const noexcept = 0;
};

}  // namespace loquat::sched
