// select.h - waits for the first of several: queues, channels, events, results, fibers.
//
//   std::optional<Job> job;
//   switch (select(on_get(jobs, job), on_set(stop))) {
//     case 0: ...  // `job`; nothing if `jobs` is closed
//     case 1: ...  // stop.is_set()
//   }
//
// True of every call in this file:
//   One       Exactly one case is taken, and the others have no effect. Of several that are ready one is chosen at
//             random, so that none starves the others. A select takes its turn among the other waiters of each object.
//   Result    The place of the case that was taken, counted from 0.
//   Cancel    A waiting fiber that is cancelled throws Cancelled and has taken nothing.
//   Threads   Every call may be made from any fiber, worker or thread.
//   Lifetime  The objects must outlive the call.
//
// Layer: sync (docs/layers.txt).  Source: Go's select, gevent.wait().
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "loquat/async_result.h"
#include "loquat/channel.h"
#include "loquat/detail/select_case.h"
#include "loquat/fiber.h"
#include "loquat/queue.h"
#include "loquat/sync.h"
#include "loquat/time.h"

namespace loquat {

// The cases. Use each in one call only, as above.

// Gets from a queue of any kind, or receives from a channel: `item` is what was taken, or nothing if the queue or
// channel is closed. `item` is emptied first.
template <class T, class Items>
auto on_get(BasicQueue<T, Items>& queue, std::optional<T>& item) {
  return sched::GetCase<BasicQueue<T, Items>, T>(queue, item);
}
template <class T>
auto on_recv(Channel<T>& channel, std::optional<T>& item) {
  return sched::ReceiveCase<T>(sched::Select::exchange(channel), item);
}

// Puts or sends what `item` holds, and empties it. If the queue or channel is closed, `item` keeps it. The case of an
// empty `item` is never ready.
template <class T, class Items>
auto on_put(BasicQueue<T, Items>& queue, std::optional<T>& item) {
  return sched::PutCase<BasicQueue<T, Items>, T>(queue, item);
}
template <class T>
auto on_send(Channel<T>& channel, std::optional<T>& item) {
  return sched::SendCase<T>(sched::Select::exchange(channel), item);
}

// Waits until the event is set, or the AsyncResult ready.
inline auto on_set(Event& event) noexcept { return sched::EventCase(event); }
template <class T>
auto on_ready(const AsyncResult<T>& result) noexcept {
  return sched::EventCase(sched::Select::done(result));
}

// Waits until the fiber has ended, as Fiber::join().
template <class T>
auto on_end(const Fiber<T>& fiber) noexcept {
  return sched::EndCase(sched::Select::task(fiber));
}

// Waits until one of the cases is ready and takes it.
template <class... Cases>
std::size_t select(Cases&&... cases) {
  sched::SelectCase* all[] = {&cases...};
  return *sched::Select::wait(all, never);
}
// As select(), but waits for at most `timeout`; then it returns nothing.
template <class... Cases>
std::optional<std::size_t> select_for(AnyDuration timeout, Cases&&... cases) {
  sched::SelectCase* all[] = {&cases...};
  return sched::Select::wait(all, sched::deadline_from_now(timeout));
}
// Takes a case that is ready now; otherwise returns nothing.
template <class... Cases>
std::optional<std::size_t> try_select(Cases&&... cases) {
  sched::SelectCase* all[] = {&cases...};
  return sched::Select::wait(all, never, false);
}

// Waits until the first of `fibers`, a range of handles, has ended, or until `timeout` has passed. Returns its place in
// the range, or nothing; of several one at random. Take it out of the range to wait for the next one. Throws nothing
// that they threw. Source: gevent.wait(count=1), gevent.iwait.
template <class Fibers>
std::optional<std::size_t> wait_first(const Fibers& fibers, AnyDuration timeout = Duration::max()) {
  std::deque<sched::EndCase> ends;
  for (const auto& each : fibers) ends.emplace_back(sched::Select::task(each));
  if (ends.empty()) return std::nullopt;
  std::vector<sched::SelectCase*> cases, order(ends.size());
  for (sched::EndCase& each : ends) cases.push_back(&each);
  std::vector<sched::Case*> sorted(ends.size());
  return sched::Select::wait(cases, order.data(), sorted.data(), sched::deadline_from_now(timeout), true);
}

// Waits until `count` of `fibers` have ended, or until `timeout` has passed. Returns the places of those that ended
// first, at most `count`, in the order of their ends; fibers of several workers that end at nearly the same time may
// change places. If there are fewer fibers than `count`, all of them are waited for. Throws nothing that they threw.
// Source: gevent.wait(objects, count), gevent.joinall(count).
template <class Fibers>
std::vector<std::size_t> wait_first_n(const Fibers& fibers, std::size_t count, AnyDuration timeout = Duration::max()) {
  std::vector<sched::TaskRef> tasks;
  for (const auto& each : fibers) tasks.emplace_back(&sched::Select::task(each));
  return sched::Select::first_ends(tasks, count, sched::deadline_from_now(timeout));
}

}  // namespace loquat
