// overflow.h - says which stack a fiber has run over, where the bare signal would say nothing (report_stack_overflow()
// in fiber.h).
//
//   1. A fiber that touches the guard page below its stack gets SIGSEGV. The handler writes a line to standard error
//      and puts back what stood there before, so that the fault comes again and does what it did.
//   2. The handler runs on a stack of its own, one for each worker's thread.
//
// Layer: sched.  Source: sigaltstack(2), signal-safety(7).
#pragma once

#include <signal.h>

#include <memory>

namespace loquat::sched {

// For the calling thread, while it lives. Does nothing unless report_stack_overflow() was called.
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
