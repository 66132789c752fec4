// flight.h - an operation in flight, and how close() ends its wait. For descriptor.cc and call.cc.
//
// Layer: net.
#pragma once

#include "net/call.h"
#include "net/thread_wake.h"
#include "sched/pending_operation.h"

namespace loquat::net {

// It stands on the stack of the caller that waits.
struct Descriptor::Flight : sched::Message {
  sched::PendingOperation* fiber = nullptr;  // or
  ThreadWake* thread = nullptr;
  bool posted = false;   // a cancel is on its way to the fiber's worker
  bool arrived = false;  // it has been there
  Flight* previous = nullptr;
  Flight* next_flight = nullptr;

  // For close(), with the descriptor's lock held.
  void cancel() noexcept {
    if (thread != nullptr) return thread->wake();
    if (sched::Worker::current() == &fiber->worker) return fiber->cancel();
    posted = true;
    run = [](sched::Message* message) noexcept {
      auto* self = static_cast<Flight*>(message);
      self->fiber->cancel();
      self->arrived = true;
      self->fiber->worker.make_ready(self->fiber->task);
    };
    fiber->worker.post(this);
  }
};

inline bool Descriptor::add(Flight& flight) noexcept {
  return mutex_.locked([&](bool closing) {
    flight.next_flight = flights_;
    if (flights_ != nullptr) flights_->previous = &flight;
    flights_ = &flight;
    return closing;
  });
}

inline bool Descriptor::remove(Flight& flight) noexcept {
  return mutex_.locked([&](bool closing) {
    (flight.previous == nullptr ? flights_ : flight.previous->next_flight) = flight.next_flight;
    if (flight.next_flight != nullptr) flight.next_flight->previous = flight.previous;
    return closing;
  });
}

}  // namespace loquat::net
