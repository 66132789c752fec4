// imap.h - the results of Pool::imap(), one after the other. Internal to group.h.
//
// Layer: sync (docs/layers.txt).
#pragma once

#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "loquat/fiber.h"
#include "loquat/sync.h"
#include "loquat/timeout.h"

namespace loquat::sched {

// An input range. `Items` is a reference to the caller's range, or a range of its own; spawn(calls, body) starts a
// fiber of the group `calls`, when the pool has room.
template <class Items, class F, class Calls, class Spawn>
class Results {
  using Item = std::iter_reference_t<decltype(std::begin(std::declval<Items&>()))>;
  using Value = std::invoke_result_t<F&, Item>;
  using Outcome = std::variant<Value, std::exception_ptr>;
  static_assert(!std::is_void_v<Value> && !std::is_reference_v<Value>, "f must return a value");

 public:
  // Results come in the order of the items, or as they are ready; at most `ahead` calls have begun whose result was not
  // taken.
  Results(Items&& items, F f, Spawn spawn, std::size_t ahead, bool ordered)
      : items_(std::forward<Items>(items)), f_(std::move(f)), spawn_(std::move(spawn)), ahead_(ahead) {
    feeder_.spawn([this, ordered] { feed(ordered); });
  }
  Results(const Results&) = delete;
  Results& operator=(const Results&) = delete;

  // The next result, or nothing after the last one. Throws what its call threw; the next next() goes on behind it.
  std::optional<Value> next() {
    if (!next_) next_ = ready_.get();
    if (!next_) {
      feeder_.join();  // throws what the range threw
      return std::nullopt;
    }
    next_->join();  // if that is cancelled or times out, the next next() waits for it again
    Outcome outcome = std::exchange(next_, {})->get();
    ahead_.release();
    if (outcome.index() == 1) std::rethrow_exception(std::get<1>(outcome));
    return std::optional<Value>(std::get<0>(std::move(outcome)));
  }

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Value;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(Results& results) : results_(&results), value_(results.next()) {}
    Value& operator*() { return *value_; }
    Value* operator->() { return &*value_; }
    Iterator& operator++() {
      value_ = results_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const noexcept { return !value_; }

   private:
    Results* results_;
    std::optional<Value> value_;
  };
  // Goes on behind the last result.
  Iterator begin() { return Iterator(*this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  template <class Iterator>
  Outcome outcome_of(Iterator at) {
    try {
      return Outcome(std::in_place_index<0>, f_(*at));
    } catch (const TimedOut& e) {
      return Outcome(std::in_place_index<1>, failure_of(e));
    } catch (const Cancelled&) {
      throw;
    } catch (...) {
      return Outcome(std::in_place_index<1>, std::current_exception());
    }
  }

  void feed(bool ordered) {
    const struct Close {
      Queue<Fiber<Outcome>>& queue;
      ~Close() { queue.close(); }
    } close{ready_};
    std::exception_ptr broken;  // what the range threw: it comes after the results of the calls that have begun
    auto& items = std::get<0>(items_);
    try {
      for (auto at = std::begin(items); at != std::end(items); ++at) start(at, ordered);
    } catch (const Cancelled&) {
      throw;
    } catch (...) {
      broken = std::current_exception();
    }
    calls_.join();
    if (broken) std::rethrow_exception(broken);
  }

  template <class At>
  void start(At at, bool ordered) {
    ahead_.acquire();
    if (ordered) {
      ready_.put(spawn_(calls_, [this, at] { return outcome_of(at); }));
      return;
    }
    const auto own = std::make_shared<Fiber<Outcome>>();
    *own = spawn_(calls_, [this, at, own] {  // it begins when this fiber waits next
      Outcome outcome = outcome_of(at);
      ready_.put(std::exchange(*own, {}));
      return outcome;
    });
  }

  std::tuple<Items> items_;
  F f_;
  Spawn spawn_;
  Semaphore ahead_;
  Queue<Fiber<Outcome>> ready_;
  std::optional<Fiber<Outcome>> next_;  // that next() waits for
  Calls calls_;
  Calls feeder_;  // ends first, so that no more calls begin
};

}  // namespace loquat::sched
