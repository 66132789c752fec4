// poller.h - where a worker waits. A backend is one file behind this contract: io/epoll_poller.cc,
// io/uring_poller.cc, sim/sim_poller.cc.
//
//   1. Only the worker that owns the poller calls it, between or inside its fibers; wake() may come from any thread.
//   2. An operation that start() left pending is done exactly once: later in wait(), or inside cancel().
//   3. After `done` the poller holds no pointer to the operation, nor to anything that it pointed at.
//   4. A finished operation beats cancel(): `result` is what it achieved.
//
// Layer: sched.
#pragma once

#include "sys/world.h"

namespace loquat::sched {

class Poller {
 public:
  virtual ~Poller() = default;

  // Starts the operation. Returns true if it is finished: `result` is set, and `done` will not be called. Returns false
  // if it is pending.
  virtual bool start(sys::Operation& operation) = 0;
  // Asks for the end of a pending operation. Does nothing if it is done.
  virtual void cancel(sys::Operation& operation) = 0;
  // Submits what start() has gathered, waits until an operation is done, `deadline` has passed or wake() is called, and
  // calls `done` for every operation that is done. Does not wait if the deadline has passed.
  virtual void wait(TimePoint deadline) = 0;
  // Makes the current or next wait() return. Any thread may call it.
  virtual void wake() noexcept = 0;
  // For the child of a fork(2), which has no thread for it: closes its descriptors. It cannot be used after that.
  virtual void drop() noexcept {}
  // "epoll", "io_uring", "sim".
  virtual const char* name() const noexcept = 0;
};

}  // namespace loquat::sched
