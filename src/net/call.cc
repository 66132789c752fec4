// call.cc - one call of a user on a descriptor: its turn, its deadline, its operations.
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <stdexcept>

#include "loquat/fiber.h"
#include "net/flight.h"
#include "sys/kernel.h"

namespace loquat::net {
namespace {

// ppoll(2) on two descriptors until `deadline`.
int poll_until(pollfd (&waiting)[2], TimePoint deadline) {
  if (deadline == never) return ::ppoll(waiting, 2, nullptr, nullptr);
  const auto left = std::max(deadline - Clock::now(), Duration::zero()).count();
  const timespec timeout{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
  return ::ppoll(waiting, 2, &timeout, nullptr);
}

}  // namespace

Descriptor::Call::Call(Descriptor& descriptor, Direction direction, const char* operation)
    : descriptor_(descriptor), direction_(direction), name_(operation) {
  auto timeout = descriptor.timeout();
  never_waits_ = timeout == Duration::zero();
  deadline_ = timeout && !never_waits_ ? sched::deadline_from_now(*timeout) : never;
  enter();
}

Descriptor::Call::Call(Descriptor& descriptor, Direction direction, const char* operation, TimePoint deadline,
                       bool ends_on_signals)
    : descriptor_(descriptor),
      direction_(direction),
      name_(operation),
      deadline_(deadline),
      never_waits_(deadline == TimePoint::min()),
      ends_on_signals_(ends_on_signals) {
  enter();
}

Descriptor::Call::~Call() { leave(); }

void Descriptor::Call::enter() {
  descriptor_.notice_fork();
  const FdMutex::Entry entry = descriptor_.mutex_.enter(direction_);
  if (entry != FdMutex::Entry::entered) enter_late(entry);
}

void Descriptor::Call::enter_late(FdMutex::Entry entry) {
  if (entry == FdMutex::Entry::busy && !never_waits_)
    entry = descriptor_.mutex_.wait_for_turn(direction_, deadline_, ends_on_signals_);
  switch (entry) {
    case FdMutex::Entry::entered:
      return;
    case FdMutex::Entry::refused:
      throw_oserror(EBADF, {name_, {}, {}, 0});
    case FdMutex::Entry::busy:
      give_up(-EAGAIN);
    case FdMutex::Entry::closed:
      give_up(-EBADF);
    case FdMutex::Entry::timed_out:
      give_up(-ETIMEDOUT);
    case FdMutex::Entry::signalled:
      give_up(-EINTR);
  }
}

// Throws, for a user without a turn.
void Descriptor::Call::give_up(std::int64_t error) {
  direction_ = Direction::none;
  try {
    descriptor_.fail(error, name_);
  } catch (...) {
    leave();
    throw;
  }
}

void Descriptor::Call::leave() noexcept { descriptor_.mutex_.leave(direction_); }

namespace {

bool goes_to_unix(const sys::Operation& operation) {
  if (operation.kind != sys::OpKind::sendmsg) return false;
  const auto* const to = static_cast<const sockaddr*>(operation.message->msg_name);
  return to != nullptr && to->sa_family == AF_UNIX;
}

}  // namespace

std::int64_t Descriptor::Call::perform(sys::Operation& operation) {
  operation.handle = descriptor_.handle_;
  const bool connects = operation.kind == sys::OpKind::connect;
  const bool receives = operation.kind == sys::OpKind::recv || operation.kind == sys::OpKind::recvmsg;
  if (connects || goes_to_unix(operation)) return perform_with_retries(operation);
  if (!receives) return perform_once(operation);
  // recv(2) never waits for urgent data or the error queue.
  if ((operation.flags & (MSG_OOB | MSG_ERRQUEUE)) != 0) operation.flags |= MSG_DONTWAIT;
  if ((operation.flags & MSG_WAITALL) == 0) return perform_once(operation);
  if (!never_waits_ && (operation.flags & MSG_DONTWAIT) == 0) return perform_whole(operation);
  operation.flags &= ~MSG_WAITALL;
  return perform_once(operation);
}

std::int64_t Descriptor::Call::perform_once(sys::Operation& operation) {
  if (never_waits_ || (operation.flags & MSG_DONTWAIT) != 0) return descriptor_.world_.attempt(operation);
  sched::Worker* worker = sched::Worker::of_fiber();
  for (;;) {
    std::int64_t result = worker != nullptr && &worker->world() == &descriptor_.world_
                              ? perform_in_fiber(*worker, operation)
                              : perform_in_thread(operation);
    if (result != -EINTR || ends_on_signals_) return result;
  }
}

std::int64_t Descriptor::Call::perform_next(sys::Operation& operation) {
  if (!never_waits_ && deadline_ != never && now() >= deadline_) return time_out();
  return perform(operation);
}

std::int64_t Descriptor::Call::time_out() noexcept {
  timed_out_ = true;
  return -ETIMEDOUT;
}

// The kernel does not report when the queue of a Unix server (connect: EBUSY) or of a Unix datagram socket (EAGAIN) has
// room again, so this retries, ever more slowly.
std::int64_t Descriptor::Call::perform_with_retries(sys::Operation& operation) {
  using namespace std::chrono_literals;
  const bool waits = !never_waits_ && (operation.flags & MSG_DONTWAIT) == 0;
  const bool connects = operation.kind == sys::OpKind::connect;
  if (!connects) operation.flags |= MSG_DONTWAIT;
  for (Duration pause = 1ms;; pause = std::min<Duration>(2 * pause, 50ms)) {
    const std::int64_t result = perform_once(operation);
    if (result != (connects ? -EBUSY : -EAGAIN)) return result;
    if (!waits) return -EAGAIN;
    if (descriptor_.closing()) return -EBADF;
    if (deadline_ != never) pause = std::min(pause, deadline_ - now());
    if (pause <= Duration::zero()) return time_out();
    waited_ = true;
    sched::SpinLock lock;
    sched::WaitList nobody;
    bool signalled = false;
    lock.lock();
    wait(lock, nobody, sched::deadline_from_now(pause), ends_on_signals_ ? &signalled : nullptr, name_);
    if (signalled) return -EINTR;
  }
}

std::int64_t Descriptor::Call::perform_in_fiber(sched::Worker& worker, sys::Operation& operation) {
  Descriptor& d = descriptor_;
  sched::PendingOperation pending(worker, operation, name_);
  if (pending.begin()) {
    worker.spend_slice();
    return operation.result;
  }
  waited_ = true;
  Flight flight;
  flight.fiber = &pending;
  if (d.add(flight)) pending.cancel();
  pending.end(deadline_);
  const bool closing = d.remove(flight);
  while (flight.posted && !flight.arrived) worker.park();
  if (operation.result != -ECANCELED) return operation.result;
  if (closing) return -EBADF;
  if (worker.interrupted() == sched::Interrupt::timeout) return time_out();
  worker.throw_if_cancelled();
  return -EINTR;
}

std::int64_t Descriptor::Call::perform_in_thread(sys::Operation& operation) {
  Descriptor& d = descriptor_;
  if (!d.world_.is_kernel()) throw std::logic_error("a simulated socket is used outside of its simulation");
  static thread_local ThreadWake thread;
  thread.renew_after_fork();
  std::optional<Edges> edges;
  for (bool was_ready = false;;) {
    std::int64_t result = operation.result = d.world_.attempt(operation);
    if (!sys::must_wait(result)) return result;
    waited_ = true;
    if (was_ready && !edges) edges.emplace(d.handle_.number);
    Flight flight;
    flight.thread = &thread;
    thread.drain();
    if (d.add(flight)) {
      d.remove(flight);
      return -EBADF;
    }
    pollfd waiting[2] = {{d.handle_.number, sys::poll_events(operation), 0}, {thread.fd(), POLLIN, 0}};
    if (edges) waiting[0] = {edges->fd(), POLLIN, 0};
    const int count = poll_until(waiting, deadline_);
    const bool signalled = count < 0 && errno == EINTR && ends_on_signals_;
    if (edges) edges->take();
    was_ready = waiting[0].revents != 0;
    const bool closing = d.remove(flight);
    if (count == 0 || signalled) {  // a finished operation wins over both
      result = operation.result = d.world_.attempt(operation);
      if (!sys::must_wait(result)) return result;
      return signalled ? -EINTR : time_out();
    }
    if (closing) return -EBADF;
  }
}

}  // namespace loquat::net
