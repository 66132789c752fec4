#include "sched/pending_operation.h"

#include "sched/interruptible_wait.h"

namespace loquat::sched {

PendingOperation::PendingOperation(Worker& on, sys::Operation& what, const char* call)
    : worker(on), task(on.task()), operation(what), call_(call) {
  operation.waiter = this;
  operation.done = [](sys::Operation* done) noexcept {
    auto* self = static_cast<PendingOperation*>(done->waiter);
    self->finished_ = true;
    self->worker.make_ready(self->task);
  };
}

bool PendingOperation::begin() {
  worker.throw_if_cancelled();
  finished_ = worker.poller().start(operation);
  return finished_;
}

void PendingOperation::cancel() noexcept {
  if (!finished_) worker.poller().cancel(operation);
}

void PendingOperation::end(TimePoint deadline) {
  const InterruptibleWait wait(
      worker, deadline, true, [](void* self) noexcept { static_cast<PendingOperation*>(self)->cancel(); }, this, call_,
      operation.handle.number);
  while (!finished_) worker.park();
}

}  // namespace loquat::sched
