// pending_operation.h - an operation of the running fiber, from its start until the poller is done with it.
//
// Layer: sched.
#pragma once

#include "loquat/time.h"
#include "sched/worker.h"

namespace loquat::sched {

class PendingOperation {
 public:
  // `call` names it in lists of fibers.
  PendingOperation(Worker& worker, sys::Operation& operation, const char* call);
  PendingOperation(const PendingOperation&) = delete;
  PendingOperation& operator=(const PendingOperation&) = delete;

  // Starts the operation. True: it is finished. False: end() must follow. Throws Cancelled before it starts anything.
  bool begin();
  // Waits until the operation is done. The deadline and a cancel end it early: then its result is -ECANCELED, and
  // Worker::interrupted() says why.
  void end(TimePoint deadline);
  // Ends the operation early. Call on the worker's thread.
  void cancel() noexcept;

  Worker& worker;
  Task* const task;
  sys::Operation& operation;

 private:
  const char* const call_;
  bool finished_ = false;
};

}  // namespace loquat::sched
