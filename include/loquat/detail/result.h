// result.h - keeps the result of a call until somebody asks for it. Internal to fiber.h, run.h and testing.h.
//
// Layer: sched (docs/layers.txt).
#pragma once

#include <functional>
#include <memory>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

namespace loquat::sched {

// Room for an object: a std::optional whose reset() lets an exception of the destructor pass.
template <class T>
class Slot {
 public:
  Slot() noexcept {}
  ~Slot() noexcept { reset(); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  // Constructs the object from the result of make().
  template <class F>
  void set(F&& make) {
    ::new (const_cast<void*>(static_cast<const volatile void*>(std::addressof(value_)))) T(std::forward<F>(make)());
    full_ = true;
  }
  void reset() noexcept(std::is_nothrow_destructible_v<T>) {
    if (std::exchange(full_, false)) value_.~T();
  }
  T& operator*() noexcept { return value_; }

 private:
  union {
    T value_;
  };
  bool full_ = false;
};

// The result of a call: an object, a reference or nothing.
template <class T>
class Result {
 public:
  template <class F>
  void set(F&& call) {
    slot_.set(std::forward<F>(call));
  }
  T take() { return std::move(*slot_); }
  void reset() noexcept(std::is_nothrow_destructible_v<T>) { slot_.reset(); }

 private:
  Slot<T> slot_;
};

template <class T>
requires std::is_reference_v<T>
class Result<T> {
 public:
  template <class F>
  void set(F&& call) {
    T referred = std::forward<F>(call)();
    referred_ = std::addressof(referred);
  }
  T take() noexcept { return static_cast<T>(*referred_); }
  void reset() noexcept {}

 private:
  std::remove_reference_t<T>* referred_ = nullptr;
};

template <class T>
requires std::is_void_v<T>
class Result<T> {
 public:
  template <class F>
  void set(F&& call) {
    std::forward<F>(call)();
  }
  void take() noexcept {}
  void reset() noexcept {}
};

// A function with copies of its arguments, called once, as std::thread does.
template <class F, class... Args>
class Bound {
 public:
  template <class G, class... Given>
  explicit Bound(std::in_place_t, G&& function, Given&&... arguments)
      : function_(std::forward<G>(function)), arguments_(std::forward<Given>(arguments)...) {}
  std::invoke_result_t<F, Args...> operator()() {
    auto call = [this](Args&... arguments) -> std::invoke_result_t<F, Args...> {
      return std::invoke(std::move(function_), std::move(arguments)...);
    };
    return std::apply(call, arguments_);
  }

 private:
  F function_;
  std::tuple<Args...> arguments_;
};

// The type of the function that the user passed.
template <class F>
struct FunctionOf {
  using Type = F;
};
template <class F, class... Args>
struct FunctionOf<Bound<F, Args...>> {
  using Type = F;
};

template <class F, class... Args>
using BoundTo = Bound<std::decay_t<F>, std::decay_t<Args>...>;

}  // namespace loquat::sched
