// select_case.h - the cases of a select. Internal to select.h.
//
//   1. A select locks all its objects, in the order of their locks. If a case is ready, it is taken then and there.
//   2. Otherwise the select waits in the list of each object. The first waker owns it; see detail/wait.h, rule 3.
//   3. A waker gives a select what it gives to any waiter: an item, a promise of the Gate, a word in Waiter::item. The
//      select ends as the ordinary call does after its wait.
//
// Layer: sync (docs/layers.txt).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "loquat/async_result.h"
#include "loquat/channel.h"
#include "loquat/detail/exchange.h"
#include "loquat/detail/gate.h"
#include "loquat/detail/wait.h"
#include "loquat/fiber.h"
#include "loquat/queue.h"
#include "loquat/sync.h"
#include "loquat/time.h"

namespace loquat::sched {

class SelectCase : public Case {
 public:
  SelectCase(SpinLock& its_lock, WaitList& its_list, void* item) noexcept : Case{&its_lock, &its_list, {item}} {}
  SelectCase(const SelectCase&) = delete;
  SelectCase& operator=(const SelectCase&) = delete;

  // Whether it may become ready at all.
  virtual bool enabled() const noexcept { return true; }
  // With the lock held. If the case is ready, begins to take it, and returns true.
  virtual bool begin() noexcept = 0;
  // After begin(), with the lock held: completes it and releases the lock.
  virtual void finish() = 0;
  // After the wait, without the lock.
  virtual void finish_woken() = 0;

 protected:
  ~SelectCase() = default;
};

// What a select needs of the objects, and the select itself.
struct Select {
  template <class Queue>
  static Gate& gate(Queue& queue) noexcept {
    return queue.gate_;
  }
  template <class Queue, class Item>
  static void push(Queue& queue, Item& item) {
    queue.push(std::move(*item));
    item.reset();
  }
  template <class Queue, class Item>
  static void pop(Queue& queue, Item& item) {
    if (auto got = queue.pop()) item.emplace(std::move(*got));
  }
  template <class T>
  static Exchange& exchange(Channel<T>& channel) noexcept {
    return channel.exchange_;
  }
  static SpinLock& lock(Event& event) noexcept { return event.lock_; }
  static WaitList& waiters(Event& event) noexcept { return event.waiters_; }
  static bool is_set(Event& event) noexcept { return event.set_; }
  template <class T>
  static Event& done(const AsyncResult<T>& result) noexcept {
    return result.done_;
  }

  template <class T>
  static Task& task(const Fiber<T>& fiber) noexcept {
    return *fiber.task_;
  }
  static SpinLock& lock(Task& task) noexcept { return task.joiners_lock_; }
  static WaitList& waiters(Task& task) noexcept { return task.joiners_; }
  // Waits until `count` of `tasks` have ended, or until the deadline. Returns the places of the first `count` of those
  // that have, in the order of their ends.
  static std::vector<std::size_t> first_ends(std::span<const TaskRef> tasks, std::size_t count, TimePoint deadline);

  template <std::size_t n>
  static std::optional<std::size_t> wait(SelectCase* (&cases)[n], TimePoint deadline, bool may_wait = true) {
    SelectCase* order[n];
    Case* sorted[n];
    return wait(cases, order, sorted, deadline, may_wait);
  }

  // With room for as many pointers as there are cases in `order` and `sorted`.
  static std::optional<std::size_t> wait(std::span<SelectCase* const> cases, SelectCase** order, Case** sorted,
                                         TimePoint deadline, bool may_wait);
};

template <class Queue, class T>
class GetCase final : public SelectCase {
 public:
  GetCase(Queue& queue, std::optional<T>& item)
      : SelectCase(Select::gate(queue).lock(), Select::gate(queue).getters(), nullptr), queue_(queue), item_(item) {
    item.reset();
  }
  bool begin() noexcept override { return gate().get_is_ready(); }
  void finish() override {
    if (gate().get_now()) Select::pop(queue_, item_);
  }
  void finish_woken() override {
    if (gate().get_woken()) Select::pop(queue_, item_);
  }

 private:
  Gate& gate() noexcept { return Select::gate(queue_); }
  Queue& queue_;
  std::optional<T>& item_;
};

template <class Queue, class T>
class PutCase final : public SelectCase {
 public:
  PutCase(Queue& queue, std::optional<T>& item)
      : SelectCase(Select::gate(queue).lock(), Select::gate(queue).putters(), nullptr), queue_(queue), item_(item) {}
  bool enabled() const noexcept override { return item_.has_value(); }
  bool begin() noexcept override { return gate().put_is_ready(); }
  void finish() override {
    if (gate().put_now()) Select::push(queue_, item_);
  }
  void finish_woken() override {
    if (gate().put_woken()) Select::push(queue_, item_);
  }

 private:
  Gate& gate() noexcept { return Select::gate(queue_); }
  Queue& queue_;
  std::optional<T>& item_;
};

template <class T>
class ReceiveCase final : public SelectCase {
 public:
  ReceiveCase(Exchange& exchange, std::optional<T>& item)
      : SelectCase(exchange.lock(), exchange.receivers(), &item), exchange_(exchange) {
    item.reset();
  }
  bool begin() noexcept override {
    sender_ = exchange_.receive_now(waiter.item);
    return sender_ != nullptr || exchange_.closed_now();
  }
  void finish() override { exchange_.release_and_wake(sender_); }
  void finish_woken() override {}

 private:
  Exchange& exchange_;
  Waiter* sender_ = nullptr;
};

template <class T>
class SendCase final : public SelectCase {
 public:
  SendCase(Exchange& exchange, std::optional<T>& item)
      : SelectCase(exchange.lock(), exchange.senders(), item ? &*item : nullptr), exchange_(exchange), item_(item) {}
  bool enabled() const noexcept override { return item_.has_value(); }
  bool begin() noexcept override {
    receiver_ = exchange_.send_now(waiter.item);
    return receiver_ != nullptr || exchange_.closed_now();
  }
  void finish() override {
    if (exchange_.release_and_wake(receiver_)) item_.reset();
  }
  void finish_woken() override {
    if (waiter.item == nullptr) item_.reset();
  }

 private:
  Exchange& exchange_;
  Waiter* receiver_ = nullptr;
  std::optional<T>& item_;
};

class EventCase final : public SelectCase {
 public:
  explicit EventCase(Event& event) noexcept
      : SelectCase(Select::lock(event), Select::waiters(event), nullptr), event_(event) {}
  bool begin() noexcept override { return Select::is_set(event_); }
  void finish() override { lock->unlock(); }
  void finish_woken() override {}

 private:
  Event& event_;
};

class EndCase final : public SelectCase {
 public:
  explicit EndCase(Task& task) noexcept
      : SelectCase(Select::lock(task), Select::waiters(task), nullptr), task_(&task) {}
  bool begin() noexcept override { return task_->done(); }
  void finish() override { lock->unlock(); }
  void finish_woken() override {}

 private:
  const TaskRef task_;
};

}  // namespace loquat::sched
