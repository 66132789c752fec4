#include "net/lookup.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <cerrno>

#include "base/c_string.h"
#include "net/descriptor.h"
#include "sys/kernel.h"

namespace loquat::net {

bool PoolCall::worthwhile(TimePoint deadline) noexcept {
  if (!Descriptor::callers_world().is_kernel()) return false;
  return deadline != never || sched::Worker::of_fiber() != nullptr;
}

void PoolCall::finish() noexcept {
  const std::shared_ptr<PoolCall> keep = std::move(self_);
  try {
    call();
  } catch (...) {
    failure_ = std::current_exception();
  }
  const sched::SpinGuard guard(lock_);
  done_ = true;
  if (sched::Waiter* waiter = pop(waiters_)) wake(waiter);
}

namespace {

// The wait of a fiber in a list, which a thread of the pool ends: no deadlock (sched::DeadlockWatch).
struct AwaitsThread {
  AwaitsThread() noexcept { note(-1); }
  ~AwaitsThread() { note(+1); }
  AwaitsThread(const AwaitsThread&) = delete;
  AwaitsThread& operator=(const AwaitsThread&) = delete;

 private:
  static void note(int change) noexcept {
    if (sched::Worker* const worker = sched::Worker::of_fiber()) worker->waits_for_fibers(change);
  }
};

}  // namespace

void PoolCall::perform(const std::shared_ptr<PoolCall>& call, TimePoint deadline, const char* operation,
                       const std::string& about) {
  if (sched::Worker* worker = sched::Worker::of_fiber()) worker->throw_if_cancelled();
  call->run = [](sys::Job* job) noexcept { static_cast<PoolCall*>(job)->finish(); };
  call->self_ = call;
  if (!sys::look_up(call.get())) {
    call->self_ = nullptr;
    throw_oserror(EAGAIN, {std::string(operation) + ": no thread can be started", {}, about, 0});
  }
  const AwaitsThread awaits_thread;
  call->lock_.lock();
  const bool done = call->done_;
  if (done) call->lock_.unlock();
  if (!done && !wait(call->lock_, call->waiters_, deadline, nullptr, operation))
    throw_oserror(ETIMEDOUT, {operation, {}, about, 0});
  if (call->failure_) std::rethrow_exception(call->failure_);
}

bool is_ip_literal(const std::string& host) {
  in6_addr address;
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &address) == 1;
}

std::vector<AddressInfo> resolve(const std::string& host, std::uint16_t port, int family, int type, int flags,
                                 TimePoint deadline) {
  refuse_nul(host, "getaddrinfo", "host");
  struct Answer {
    int error;
    std::vector<sys::ResolvedAddress> found;
  };
  const auto ask = [&world = Descriptor::callers_world(), host, service = std::to_string(port), family, type,
                    hints = flags | AI_NUMERICSERV | (host.empty() ? AI_PASSIVE : 0)] {
    Answer answer{};
    answer.error =
        world.resolve(host.empty() ? nullptr : host.c_str(), service.c_str(), family, type, hints, answer.found);
    return answer;
  };
  const bool asks_nobody = host.empty() || is_ip_literal(host);
  const Answer answer = asks_nobody ? ask() : on_pool(ask, deadline, "getaddrinfo", host);
  if (answer.error != 0) throw gaierror(answer.error, host);
  std::vector<AddressInfo> result;
  for (const auto& each : answer.found) {
    result.push_back(
        {each.family, each.type, each.proto, Address(reinterpret_cast<const sockaddr*>(&each.address), each.size)});
  }
  return result;
}

}  // namespace loquat::net
