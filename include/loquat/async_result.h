// async_result.h - AsyncResult: a value or an exception that one caller sets and any number wait for.
//
//   AsyncResult<Answer> answer;
//   spawn([&] { answer.set(ask(server)); });
//   use(answer.get());
//
// What sync.h says of waiting, timeouts, cancel, errors, threads and lifetimes holds here too.
//
// Layer: sync (docs/layers.txt).  Source: gevent.event.AsyncResult, Python's concurrent.futures.Future.
#pragma once

#include <atomic>
#include <exception>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "loquat/detail/result.h"
#include "loquat/sync.h"
#include "loquat/time.h"

namespace loquat {
namespace sched {
struct Select;
}

// T is an object type or void. get() neither copies nor moves the value: it returns a reference to it, which is good
// until the AsyncResult is destroyed. So T may be move-only, and any number of callers can get the value.
template <class T = void>
class AsyncResult {
  static constexpr bool is_void = std::is_void_v<T>;
  struct Nothing {};

 public:
  using Reference = std::add_lvalue_reference_t<std::add_const_t<T>>;                          // void if T is void
  using Pointer = std::conditional_t<is_void, bool, std::add_pointer_t<std::add_const_t<T>>>;  // bool if T is void

  // Sets the result and wakes all waiters. Throws std::logic_error if there is a result or an exception already.
  template <class Value = T>
  requires(!is_void) void set(Value&& value) { must(try_set(std::forward<Value>(value))); }
  void set() requires is_void { must(try_set()); }
  // As set(), but returns false if there is a result or an exception already, and leaves `value` unchanged.
  template <class Value = T>
  requires(!is_void) bool try_set(Value&& value) {
    return fill([&] { value_.set([&]() -> T { return std::forward<Value>(value); }); });
  }
  bool try_set() requires is_void {
    return fill([] {});
  }
  // As set() and try_set(), with the exception that the getters will throw. Throw std::invalid_argument if it is null.
  void set_exception(std::exception_ptr exception) { must(try_set_exception(std::move(exception))); }
  bool try_set_exception(std::exception_ptr exception) {
    if (exception == nullptr) throw std::invalid_argument("AsyncResult: the exception is null");
    return fill([&] { exception_ = std::move(exception); });
  }

  // Waits until there is a result and returns it, or throws the exception.
  Reference get() const {
    done_.wait();
    return result();
  }
  // As get(), but waits for at most `timeout`; then it returns nullptr (if T is void: false).
  Pointer get_for(AnyDuration timeout) const { return done_.wait_for(timeout) ? pointer() : Pointer(); }
  // As get() if there is a result or an exception now; otherwise returns nullptr (if T is void: false).
  Pointer try_get() const { return done_.is_set() ? pointer() : Pointer(); }

  // Waits until there is a result or an exception.
  void wait() const { done_.wait(); }
  // As wait(), but for at most `timeout`. Returns ready().
  bool wait_for(AnyDuration timeout) const { return done_.wait_for(timeout); }

  // Whether there is a result or an exception; whether there is a result; the exception, if there is one.
  bool ready() const noexcept { return done_.is_set(); }
  bool successful() const noexcept { return ready() && exception_ == nullptr; }
  std::exception_ptr exception() const noexcept { return ready() ? exception_ : nullptr; }

 private:
  friend struct sched::Select;
  template <class F>
  bool fill(F set_it) {
    if (begun_.exchange(true)) return false;
    try {
      set_it();
    } catch (...) {
      begun_ = false;
      throw;
    }
    done_.set();
    return true;
  }
  static void must(bool set) {
    if (!set) throw std::logic_error("AsyncResult: a second result was set");
  }
  Reference result() const {
    if (exception_ != nullptr) std::rethrow_exception(exception_);
    if constexpr (!is_void) return *value_;
  }
  Pointer pointer() const {
    result();
    if constexpr (is_void) {
      return true;
    } else {
      return &*value_;
    }
  }

  std::atomic<bool> begun_{false};  // somebody sets it, or has
  mutable sched::Slot<std::conditional_t<is_void, Nothing, T>> value_;
  std::exception_ptr exception_;
  mutable Event done_;
};

}  // namespace loquat
