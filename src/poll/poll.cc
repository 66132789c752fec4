#include "loquat/poll.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <stdexcept>

#include "loquat/error.h"
#include "net/descriptor.h"
#include "poll/ready_set.h"
#include "sched/pending_operation.h"
#include "sched/worker.h"

namespace loquat {
namespace {

std::size_t checked(int result, const char* call) {
  if (result < 0) throw_oserror(errno, {call, {}, {}, 0});
  return static_cast<std::size_t>(result);
}

std::size_t look(std::span<pollfd> descriptors) {
  int result = 0;
  do {
    result = ::poll(descriptors.data(), descriptors.size(), 0);
  } while (result < 0 && errno == EINTR);
  return checked(result, "poll");
}

std::size_t poll_in_thread(std::span<pollfd> descriptors, TimePoint deadline) {
  for (;;) {
    const auto left = std::max(deadline - Clock::now(), Duration::zero()).count();
    const timespec timeout{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
    const int result = ::ppoll(descriptors.data(), descriptors.size(), deadline == never ? nullptr : &timeout, nullptr);
    if (result >= 0 || errno != EINTR) return checked(result, "poll");
  }
}

// A file on a disk (EPERM) is always ready in poll(2), so nobody waits for it; a descriptor that has been closed
// (EBADF) is told by the next look. One that is in the array twice is waited for with the events of both.
void add(poller::ReadySet& ready, std::span<const pollfd> descriptors, const pollfd& one) {
  const auto bits = [](short events) { return static_cast<std::uint32_t>(static_cast<unsigned short>(events)); };
  const int error = ready.add(one.fd, bits(one.events));
  if (error == 0 || error == EPERM || error == EBADF) return;
  if (error != EEXIST) throw_oserror(error, {"poll", {}, {}, 0});
  std::uint32_t events = 0;
  for (const pollfd& each : descriptors) {
    if (each.fd == one.fd) events |= bits(each.events);
  }
  ready.change(one.fd, events);
}

enum class Woken { in_time, too_late, closed };

// A descriptor alone may be waited for by thousands; and in a set of its own by hundreds, as epoll(7) looks through at
// most 500 sets of sets for one file. It also takes fewer system calls.
bool is_simple(std::span<const pollfd> descriptors) {
  if (descriptors.size() != 1 || descriptors[0].fd < 0) return false;
  return descriptors[0].events == POLLIN || descriptors[0].events == POLLOUT;
}

Woken wait_for_one(sched::Worker& worker, const pollfd& one, TimePoint deadline) {
  sys::Operation ready(one.events == POLLIN ? sys::OpKind::wait_in : sys::OpKind::wait_out);
  ready.handle = {one.fd, net::next_generation()};
  sched::PendingOperation pending(worker, ready, "poll");
  if (!pending.begin()) pending.end(deadline);
  if (ready.result >= 0) return Woken::in_time;
  if (ready.result == -EBADF) return Woken::closed;
  if (ready.result != -ECANCELED) throw_oserror(static_cast<int>(-ready.result), {"poll", {}, {}, 0});
  worker.throw_if_cancelled();
  return Woken::too_late;
}

std::size_t poll_one(sched::Worker& worker, pollfd& one, TimePoint deadline) {
  for (;;) {
    const Woken woken = wait_for_one(worker, one, deadline);
    one.revents = woken == Woken::closed ? POLLNVAL : 0;
    if (woken != Woken::in_time) return woken == Woken::closed ? 1 : 0;
    if (look({&one, 1}) != 0) return 1;
    worker.spend_slice();
  }
}

std::size_t poll_several(std::span<pollfd> descriptors, TimePoint deadline) {
  poller::ReadySet ready;
  for (const pollfd& each : descriptors) {
    if (each.fd >= 0) add(ready, descriptors, each);
  }
  while (!ready.wait(deadline, "poll").empty()) {
    if (const std::size_t count = look(descriptors)) return count;
  }
  for (pollfd& each : descriptors) each.revents = 0;
  return 0;
}

bool wait_for(int fd, short events, AnyDuration timeout, const char* call) {
  pollfd one{fd, events, 0};
  if (fd < 0) one.revents = POLLNVAL;
  const bool ready = fd < 0 || poll({&one, 1}, timeout) != 0;
  if ((one.revents & POLLNVAL) != 0) throw_oserror(EBADF, {call, {}, {}, 0});
  return ready;
}

}  // namespace

std::size_t poll(std::span<pollfd> descriptors, AnyDuration timeout) {
  sched::Worker* const worker = sched::Worker::of_fiber();
  const TimePoint deadline = sched::deadline_from_now(timeout);
  if (worker == nullptr) return poll_in_thread(descriptors, deadline);
  if (!worker->world().is_kernel()) throw std::logic_error("poll: a simulation has no descriptors of the kernel");
  worker->throw_if_cancelled();
  worker->spend_slice();
  const std::size_t count = look(descriptors);
  if (count != 0 || timeout <= Duration::zero()) return count;
  return is_simple(descriptors) ? poll_one(*worker, descriptors[0], deadline) : poll_several(descriptors, deadline);
}

bool wait_readable(int fd, AnyDuration timeout) { return wait_for(fd, POLLIN, timeout, "wait_readable"); }
bool wait_writable(int fd, AnyDuration timeout) { return wait_for(fd, POLLOUT, timeout, "wait_writable"); }

}  // namespace loquat
