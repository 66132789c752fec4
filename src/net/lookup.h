// lookup.h - calls that block for somebody else's answer, given up on when nobody waits for it any more.
//
// offload() (fiber.h) waits for the end of its function, which may refer to the caller's stack. on_pool() owns its
// function: past the deadline, and when its caller is cancelled, the function goes on alone and its result is dropped.
//
// Layer: net.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "loquat/address.h"
#include "loquat/error.h"
#include "loquat/fiber.h"
#include "sys/world.h"

namespace loquat::net {

class PoolCall : public sys::Job {
 public:
  virtual ~PoolCall() = default;
  // Whether a call is worth a thread of the pool: not in a simulation, and not in a plain thread that may block.
  static bool worthwhile(TimePoint deadline) noexcept;
  // Runs it there and rethrows what it threw. Past the deadline throws TimeoutError.
  static void perform(const std::shared_ptr<PoolCall>& call, TimePoint deadline, const char* operation,
                      const std::string& about);

 protected:
  virtual void call() = 0;

 private:
  void finish() noexcept;

  std::shared_ptr<PoolCall> self_;  // while the pool has it
  std::exception_ptr failure_;
  sched::SpinLock lock_;
  sched::WaitList waiters_;
  bool done_ = false;
};

// `body` is moved in; it must refer to nothing of the caller's. Errors name `operation` and what it is `about`.
template <class F>
auto on_pool(F body, TimePoint deadline = never, const char* operation = "lookup", const std::string& about = {})
    -> decltype(body()) {
  struct Call final : PoolCall {
    explicit Call(F f) : body(std::move(f)) {}
    void call() override { result.emplace(body()); }
    F body;
    std::optional<decltype(body())> result;
  };
  if (!PoolCall::worthwhile(deadline)) return offload(body);
  auto call = std::make_shared<Call>(std::move(body));
  PoolCall::perform(call, deadline, operation, about);
  return std::move(*call->result);
}

// getaddrinfo() (address.h) with a deadline.
std::vector<AddressInfo> resolve(const std::string& host, std::uint16_t port, int family, int type, int flags,
                                 TimePoint deadline);

}  // namespace loquat::net
