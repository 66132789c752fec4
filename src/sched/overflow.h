// overflow.h - reports a stack overflow of a fiber, which is a bare SIGSEGV otherwise (report_stack_overflow() in
// fiber.h).
//
//   1. A fiber that touches the guard page below its stack gets SIGSEGV. The handler writes a line to standard error
//      and restores the previous handler, so that the fault is repeated and handled as before.
//   2. The handler runs on a stack of its own; each worker's thread has one.
//
// Layer: sched.  Source: sigaltstack(2), signal-safety(7).
#pragma once

#include <signal.h>

#include <memory>

namespace loquat::sched {

// A stack for handlers in the calling thread, for the lifetime of this object: that of SIGSEGV, and those of the
// program and of a Detector that have SA_ONSTACK. Its memory is used as it is touched.
class OverflowStack {
 public:
  OverflowStack();
  ~OverflowStack();
  OverflowStack(const OverflowStack&) = delete;
  OverflowStack& operator=(const OverflowStack&) = delete;

 private:
  std::unique_ptr<char[]> memory_;
  stack_t before_{};
};

}  // namespace loquat::sched
