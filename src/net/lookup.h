// lookup.h - blocking calls (name lookups) on threads of the pool, with a deadline.
//
// offload() (fiber.h) waits until its function has returned, so that may refer to the caller's stack. on_pool() owns
// its function: past the deadline, or when its caller is cancelled, it returns at once, the function runs on, and its
// result is dropped.
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
  // Whether the call needs a thread of the pool: not in a simulation, nor in a plain thread without a deadline.
  static bool worthwhile(TimePoint deadline) noexcept;
  // Runs the call there and rethrows what it threw. Throws TimeoutError past the deadline.
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

// Returns body() from there. `body` is moved in, and must refer to nothing of the caller's. Errors name `operation` and
// `about`, the peer or the name.
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

// Whether it is an IPv4 address, or an IPv6 address with or without its zone, so that getaddrinfo(3) asks no name
// server. "10.0.0.256" and "host:80" are not.
bool is_ip_literal(const std::string& host);

// getaddrinfo() (address.h) with a deadline.
std::vector<AddressInfo> resolve(const std::string& host, std::uint16_t port, int family, int type, int flags,
                                 TimePoint deadline);

}  // namespace loquat::net
