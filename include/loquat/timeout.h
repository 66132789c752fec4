// timeout.h - Timeout: a limit on the time that a block of code may wait.
//
//   std::optional<Page> page = with_timeout(3s, [&] { return fetch(url); });   // nothing: it took longer
//
//   try {
//     const Timeout login(3s, "the login");
//     greet(client);
//     if (!check(ask(client, "password: "))) return;
//   } catch (const TimedOut& e) {
//     log(e.what());  // the login took longer than 3 s (server.cc:12)
//   }
//
// True of every call in this file:
//   Waits     While a Timeout lives, every wait of its fiber ends when its time is over, and throws TimedOut: of a
//             socket, a queue, join(), sleep(). A wait that ends so has taken nothing. Code that computes without
//             waiting is not stopped; its next wait throws.
//   Nesting   Timeouts nest, and each names itself: with_timeout() catches its own only. If several have passed, the
//             outermost is thrown.
//   Again     As long as the block goes on, each further wait throws, too, so code that swallows TimedOut gets no more
//             time. But while TimedOut is the exception whose handler was entered last, its waits are undisturbed by
//             Timeouts that were thrown before it was entered; one that passes in it is thrown there, again and again.
//             For the rest the rules of Cancelled hold (fiber.h): a CancelShield keeps it back, and so does the
//             unwinding of the stack. What a cancel does not end is not ended either: an offload() that has begun, the
//             destructor of a Group.
//   Cancel    A cancel() of the fiber comes first.
//   Where     In a fiber only: elsewhere the constructor throws std::logic_error. A Timeout belongs to the fiber that
//             made it; one that outlives its fiber is logged and without effect from then on. Another fiber must not
//             destroy it: that ends the program with a sentence.
//
// Layer: sched (docs/layers.txt).  Source: gevent.Timeout, gevent.with_timeout; Python's asyncio.timeout (reschedule),
// Trio's cancel scopes (again).
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "loquat/detail/task.h"
#include "loquat/detail/timer.h"
#include "loquat/time.h"

namespace loquat {

class TimedOut;

namespace sched {
bool is_open(const TimedOut& timed_out) noexcept;
}

class Timeout {
 public:
  // The time runs from now on. A `limit` of 0 or less has passed already; Duration::max() never does. `name` says what
  // took so long, in errors; it must live as long as the Timeout. Without one the place in the source does.
  explicit Timeout(AnyDuration limit, const char* name = nullptr, sched::Place where = sched::Place::here());
  ~Timeout();
  Timeout(const Timeout&) = delete;
  Timeout& operator=(const Timeout&) = delete;

  // Begins anew, with another limit, even if it has passed: for a time that counts from the last message.
  void restart(AnyDuration limit);

  // Whether the time is over, as far as the fiber's worker has noticed.
  bool expired() const noexcept { return expired_; }

 private:
  friend class TimedOut;
  friend bool sched::is_open(const TimedOut&) noexcept;
  friend class sched::Task;
  friend class sched::Worker;

  void arm(Duration limit);
  void disarm() noexcept;
  void leave() noexcept;
  bool ends_wait(const void* const* exceptions) const noexcept;

  sched::Timer timer_;
  Timeout* outer_ = nullptr;
  const char* name_;
  sched::Place where_;
  Duration limit_{};
  std::uint64_t number_ = 0;  // in its worker, so that no later Timeout is taken for this one
  unsigned forks_ = 0;
  bool expired_ = false;
  bool thrown_ = false;
  const void* thrown_in_ = nullptr;  // the record of the TimedOut in whose handler it was thrown
  std::exception_ptr kept_;          // that TimedOut, so that no other gets its place
};

// What a wait throws when the time of a Timeout is over. It is a Cancelled, so that code that lets Cancelled pass lets
// this pass, and no std::exception. A fiber that it ends has failed: get() throws TimeoutError (error.h) with the same
// text.
class TimedOut : public sched::Cancelled {
 public:
  explicit TimedOut(const Timeout& timeout);
  // "the login took longer than 3 s (server.cc:12)"
  const char* what() const noexcept { return text_.c_str(); }
  // Whether it is the end of `timeout`, and not of one around it.
  bool of(const Timeout& timeout) const noexcept { return number_ == timeout.number_; }

 private:
  std::string text_;
  std::uint64_t number_;
};

namespace sched {
// The TimeoutError that others see in its place.
std::exception_ptr failure_of(const TimedOut& timed_out);
// Whether its Timeout still exists in the calling fiber, so that the block to end is a caller's.
bool is_open(const TimedOut& timed_out) noexcept;
}  // namespace sched

// Calls f() with a Timeout and returns its result, or nothing if it ended by that Timeout. For an f that returns
// nothing the result is whether it came to its end. Other exceptions pass, and so does TimedOut of a Timeout around it.
template <class F>
[[nodiscard]] auto with_timeout(AnyDuration limit, F&& f, const char* name = nullptr,
                                sched::Place where = sched::Place::here()) {
  using Result = std::invoke_result_t<F>;
  static_assert(!std::is_reference_v<Result>, "let f return a value or a pointer");
  const Timeout timeout(limit, name, where);
  try {
    if constexpr (std::is_void_v<Result>) {
      std::forward<F>(f)();
      return true;
    } else {
      return std::optional<Result>(std::forward<F>(f)());
    }
  } catch (const TimedOut& e) {
    if (!e.of(timeout)) throw;
  }
  if constexpr (std::is_void_v<Result>) {
    return false;
  } else {
    return std::optional<Result>();
  }
}

}  // namespace loquat
