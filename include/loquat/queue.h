// queue.h - Queue and its kinds, between fibers, workers and plain threads alike: Queue (first in, first out),
// LifoQueue, PriorityQueue, JoinableQueue.
//
//   for (Job& job : jobs) run(job);  // until jobs.close()
//
// True of every class in this file:
//   Waiting   A fiber that waits lets its worker run others; a plain thread blocks. Waiters are served in order.
//   Timeout   The _for calls return false or nothing when `timeout` has passed. The others wait without limit.
//   Cancel    A waiting fiber that is cancelled throws Cancelled and has taken nothing.
//   Items     are moved or copied in and moved out; T may be move-only. An `item` that was not put is left unchanged,
//             even if Cancelled is thrown.
//   Threads   Every call may be made from any fiber, worker or thread.
//   Lifetime  A queue must outlive its waiters. A waiter may destroy it as soon as its wait has returned.
//   Slices    get() sometimes lets other fibers run although it need not wait, so that a busy queue starves no other
//             fiber; put() does so if there is a limit.
//
// Layer: sync (docs/layers.txt).  Source: Python queue, gevent.queue. Python's shutdown() is close() here.
#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

#include "loquat/detail/gate.h"
#include "loquat/detail/items.h"
#include "loquat/detail/wait.h"
#include "loquat/time.h"

namespace loquat {
namespace sched {
struct Select;
}

// Use Queue, LifoQueue, PriorityQueue or JoinableQueue; they differ in the order of Items (detail/items.h).
template <class T, class Items>
class BasicQueue {
 public:
  // At most `maxsize` items; 0 means no limit.
  explicit BasicQueue(std::size_t maxsize = 0) : gate_(maxsize == 0 ? sched::Gate::unbounded : maxsize) {}

  // Puts `item`, waiting while the queue is full. Returns false if the queue is closed.
  bool put(T&& item) { return gate_.enter_put(never) && push(std::move(item)); }
  bool put(const T& item) { return gate_.enter_put(never) && push(item); }
  // As put(), but waits for at most `timeout`; then it returns false too.
  bool put_for(T&& item, AnyDuration timeout) {
    return gate_.enter_put(sched::deadline_from_now(timeout)) && push(std::move(item));
  }
  bool put_for(const T& item, AnyDuration timeout) {
    return gate_.enter_put(sched::deadline_from_now(timeout)) && push(item);
  }
  // Puts `item` if there is room now. Otherwise, and after close(), returns false.
  bool try_put(T&& item) { return gate_.try_enter_put() && push(std::move(item)); }
  bool try_put(const T& item) { return gate_.try_enter_put() && push(item); }

  // Takes the next item, waiting until there is one. Returns nothing once the queue is closed and empty.
  std::optional<T> get() { return gate_.enter_get(never) ? pop() : std::nullopt; }
  // As get(), but waits for at most `timeout`; then it returns nothing too.
  std::optional<T> get_for(AnyDuration timeout) {
    return gate_.enter_get(sched::deadline_from_now(timeout)) ? pop() : std::nullopt;
  }
  // Takes the next item if there is one now; otherwise returns nothing.
  std::optional<T> try_get() { return gate_.try_enter_get() ? pop() : std::nullopt; }

  // As get(), get_for() and try_get(), but return a copy of the next item, which stays where it is.
  std::optional<T> peek() { return gate_.enter_get(never) ? front() : std::nullopt; }
  std::optional<T> peek_for(AnyDuration timeout) {
    return gate_.enter_get(sched::deadline_from_now(timeout)) ? front() : std::nullopt;
  }
  std::optional<T> try_peek() { return gate_.try_enter_get() ? front() : std::nullopt; }

  // Ends the queue: put() returns false from now on, also for callers that wait in it. get() still returns the items
  // that are there, then nothing. A second close() does nothing.
  void close() noexcept { gate_.close(); }
  // As close(), and destroys the items that are there, so that get() returns nothing at once. Also after close().
  void close_now() {
    drop([] {});
  }
  bool closed() const noexcept { return gate_.closed(); }

  // The number of items. It may have changed by the time the caller looks.
  std::size_t size() const noexcept { return gate_.size(); }

  // A range-based for loop takes items until the queue is closed and empty. Several loops share the items.
  auto begin() { return sched::Taking<BasicQueue, &BasicQueue::get>(*this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 protected:
  friend struct sched::Select;
  struct Leave {
    BasicQueue& queue;
    ~Leave() { queue.gate_.leave(queue.items_.size()); }
  };
  template <class U>
  bool push(U&& item) {
    const Leave leave{*this};
    items_.push(std::forward<U>(item));
    return true;
  }
  std::optional<T> pop() {
    const Leave leave{*this};
    return items_.pop();
  }
  std::optional<T> front() {
    const Leave leave{*this};
    return items_.front();
  }
  // The items are destroyed when the lock is free.
  template <class F>
  void drop(F with_lock) {
    Items dropped;
    gate_.lock().lock();
    items_.swap(dropped);
    with_lock();
    gate_.clear_and_close();
  }

  sched::Gate gate_;
  Items items_;
};

// First in, first out. Source: Python queue.Queue.
template <class T>
using Queue = BasicQueue<T, sched::FifoItems<T>>;

// Last in, first out. Source: Python queue.LifoQueue.
template <class T>
using LifoQueue = BasicQueue<T, sched::LifoItems<T>>;

// The least item first; equal items in the order in which they were put. `Less` must not throw. Source: Python
// queue.PriorityQueue.
template <class T, class Less = std::less<T>>
using PriorityQueue = BasicQueue<T, sched::PriorityItems<T, Less>>;

// A Queue that can wait until its items have been dealt with, not only taken. Source: Python queue.Queue.task_done()
// and join(), gevent.queue.JoinableQueue.
template <class T>
class JoinableQueue : public BasicQueue<T, sched::CountedItems<T>> {
  using Base = BasicQueue<T, sched::CountedItems<T>>;
  using Base::gate_, Base::items_;

 public:
  using Base::Base;

  // Says that an item that was taken has been dealt with. Throws std::logic_error if called more often than items were
  // put.
  void task_done() {
    const sched::SpinGuard guard(gate_.lock());
    if (items_.unfinished == 0) throw std::logic_error("JoinableQueue::task_done() more often than put()");
    if (--items_.unfinished == 0) wake_joiners();
  }
  // Waits until task_done() was called for every item that was put. Items that close_now() drops need none.
  void join() { (void)join_until(never); }
  // As join(), but for at most `timeout`. Returns whether all items are done.
  bool join_for(AnyDuration timeout) { return join_until(sched::deadline_from_now(timeout)); }
  // The number of items that were put, or taken and are not done.
  std::size_t unfinished_tasks() const noexcept {
    const sched::SpinGuard guard(gate_.lock());
    return items_.unfinished;
  }

  void close_now() {
    this->drop([this] {
      if (items_.unfinished == 0) wake_joiners();
    });
  }

 private:
  bool join_until(TimePoint deadline) {
    gate_.lock().lock();
    if (items_.unfinished > 0) return sched::wait(gate_.lock(), joiners_, deadline, nullptr, "JoinableQueue::join");
    gate_.lock().unlock();
    return true;
  }
  void wake_joiners() noexcept {
    while (sched::Waiter* const waiter = pop(joiners_)) wake(waiter);
  }

  sched::WaitList joiners_;
};

}  // namespace loquat
