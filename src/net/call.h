// call.h - one call of a user on a descriptor: its turn, its deadline, its operations.
//
// Layer: net.
#pragma once

#include <cstdint>

#include "net/descriptor.h"
#include "sched/worker.h"

namespace loquat::net {

// Enters in its constructor, leaves in its destructor.
class Descriptor::Call {
 public:
  // Waits for its turn. The socket's timeout begins to run.
  Call(Descriptor& descriptor, Direction direction, const char* operation);
  // With a deadline of its own; TimePoint::min(): never waits. With `ends_on_signals`, a signal handler that runs in a
  // plain thread ends its wait: perform() returns -EINTR, the constructor throws InterruptedError.
  Call(Descriptor& descriptor, Direction direction, const char* operation, TimePoint deadline,
       bool ends_on_signals = false);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // Does the operation and waits for its end. Returns its result, or a negative errno: -EBADF if the descriptor was
  // closed meanwhile, -EAGAIN if the timeout is 0, -ETIMEDOUT past the deadline. Throws Cancelled.
  std::int64_t perform(sys::Operation& operation);
  // perform() for a later operation of the same call: past the deadline it does not start, even if it need not wait. So
  // a peer that takes bytes for ever does not keep sendall() for ever.
  std::int64_t perform_next(sys::Operation& operation);
  // Whether perform() had to wait.
  bool waited() const noexcept { return waited_; }
  // Whether -ETIMEDOUT meant the deadline, and not a connection that the kernel gave up.
  bool timed_out() const noexcept { return timed_out_; }
  bool never_waits() const noexcept { return never_waits_; }
  TimePoint deadline() const noexcept { return deadline_; }
  Descriptor& descriptor() const noexcept { return descriptor_; }
  const char* name() const noexcept { return name_; }

 private:
  void enter();
  [[gnu::noinline]] void enter_late(FdMutex::Entry entry);
  void leave() noexcept;
  std::int64_t time_out() noexcept;
  [[noreturn]] void give_up(std::int64_t error);
  std::int64_t perform_once(sys::Operation& operation);
  std::int64_t perform_with_retries(sys::Operation& operation);
  std::int64_t perform_whole(sys::Operation& operation);
  std::int64_t receive_all(sys::Operation& operation);
  std::int64_t receive_more(sys::Operation& operation);
  std::int64_t peek_all(sys::Operation& operation);
  std::int64_t perform_in_fiber(sched::Worker& worker, sys::Operation& operation);
  std::int64_t perform_in_thread(sys::Operation& operation);

  Descriptor& descriptor_;
  Direction direction_;
  const char* name_;
  TimePoint deadline_;
  bool never_waits_ = false;
  bool ends_on_signals_ = false;
  bool waited_ = false;
  bool timed_out_ = false;
};

}  // namespace loquat::net
