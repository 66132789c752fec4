// connect.cc - servers and connections made from the socket calls.
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "loquat/fiber.h"
#include "loquat/sync.h"
#include "net/descriptor.h"
#include "net/lookup.h"

namespace loquat {

using namespace std::chrono_literals;

namespace {

// The address for a socket of `family`, since ("", port) fits each in Python. AF_UNSPEC: its own family.
Address in_family(const Address& address, int family) {
  if (family == AF_UNSPEC || family == address.family()) return address;
  if (address.family() == AF_INET && family == AF_INET6 && address.host() == "0.0.0.0") return {"::", address.port()};
  if (address.family() == AF_INET6 && family == AF_INET && address.host() == "::") return {"", address.port()};
  throw gaierror(EAI_ADDRFAMILY, address.host());
}

Socket bound(const Address& wanted, const ServerOptions& options) {
  const Address address = in_family(wanted, options.family);
  if (options.dualstack_ipv6 == true && address.family() != AF_INET6) {
    throw std::invalid_argument("create_server: dualstack_ipv6 needs AF_INET6");
  }
  Socket socket(address.family(), SOCK_STREAM);
  if (address.family() != AF_UNIX) socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.family() == AF_INET6) {
    const bool both = options.dualstack_ipv6.value_or(options.family == AF_UNSPEC && address.host() == "::");
    socket.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, both ? 0 : 1);
  }
  if (options.reuse_port) socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1);
  socket.bind(address);
  return socket;
}

}  // namespace

bool has_dualstack_ipv6() {
  try {
    Socket(AF_INET6).setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0);
    return true;
  } catch (const OSError&) {
    return false;
  }
}

Socket create_server(const Address& address, const ServerOptions& options) {
  Socket socket = bound(address, options);
  socket.listen(options.backlog);
  return socket;
}

Socket create_server(const Address& address, int backlog) { return create_server(address, {.backlog = backlog}); }

std::vector<Socket> create_servers(const Address& address, std::size_t count, ServerOptions options) {
  std::vector<Socket> servers;
  servers.push_back(bound(address, options));
  const Address taken = servers[0].getsockname();
  const bool share_port = taken.family() != AF_UNIX;
  if (share_port && count > 1) servers[0].setsockopt(SOL_SOCKET, SO_REUSEPORT, 1);
  servers[0].listen(options.backlog);
  options.reuse_port = true;
  while (servers.size() < count) {
    if (!share_port) {
      servers.push_back(servers[0].dup());
      continue;
    }
    servers.push_back(bound(taken, options));
    servers.back().listen(options.backlog);
  }
  return servers;
}

std::vector<Socket> create_servers(const Address& address, std::size_t count, int backlog) {
  return create_servers(address, count, ServerOptions{.backlog = backlog});
}

// --- create_connection ---------------------------------------------------------------------------------------------

namespace {

// RFC 8305 s.4: the families take turns, beginning with the resolver's first.
std::vector<Address> interleaved(const std::vector<AddressInfo>& found) {
  std::vector<Address> first, other, result;
  for (auto& each : found) (each.family == found.front().family ? first : other).push_back(each.address);
  for (std::size_t i = 0; i < std::max(first.size(), other.size()); ++i) {
    if (i < first.size()) result.push_back(first[i]);
    if (i < other.size()) result.push_back(other[i]);
  }
  return result;
}

struct Attempt {
  std::size_t number = 0;
  Socket socket;
  std::exception_ptr failure;
};

// Shared by all attempts of one call.
struct Plan {
  std::vector<Address> addresses;
  ConnectOptions options;
  TimePoint deadline;
};

// Connects by `deadline`.
Socket connected(const Address& address, const Plan& plan, TimePoint deadline) {
  Socket socket(address.family(), SOCK_STREAM);
  const Address& source = plan.options.source;
  if (source.family() != AF_UNSPEC) {
    if (address.family() == AF_INET6) socket.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1);
    socket.bind(in_family(source, address.family()));
  }
  std::optional<Duration> left = plan.options.timeout;
  if (deadline != never) {
    left = deadline - now();
    if (*left <= Duration::zero()) throw_oserror(ETIMEDOUT, {"connect", {}, address.str(), 0});
  }
  socket.settimeout(left);
  socket.connect(address);
  return socket;
}

Attempt attempt(std::size_t number, const Plan& plan, TimePoint deadline) {
  Attempt result{number, {}, {}};
  try {
    result.socket = connected(plan.addresses[number], plan, deadline);
  } catch (const OSError&) {
    result.failure = std::current_exception();
  }
  return result;
}

// Records how an attempt ended.
struct Outcome {
  Socket socket;
  std::vector<std::exception_ptr> failures;  // by index of the address

  bool settle(Attempt ended) {
    failures[ended.number] = ended.failure;
    if (ended.failure) return false;
    socket = std::move(ended.socket);
    return true;
  }
};

// Tries one address after the other. A silent one leaves time for the rest.
void in_turn(const Plan& plan, Outcome& outcome) {
  const std::size_t count = plan.addresses.size();
  for (std::size_t next = 0; next < count; ++next) {
    TimePoint deadline = plan.deadline;
    if (deadline != never) deadline = now() + (deadline - now()) / static_cast<std::int64_t>(count - next);
    if (outcome.settle(attempt(next, plan, deadline))) return;
  }
}

// RFC 8305 s.5: starts an attempt 250 ms after the last one, or as soon as one fails; the first to connect wins.
void race(const Plan& plan, Outcome& outcome) {
  Queue<Attempt> results;
  std::vector<Fiber<>> racers;
  struct EndAll {
    std::vector<Fiber<>>& racers;
    ~EndAll() {
      CancelShield shield;
      for (auto& racer : racers) racer.cancel();
      for (auto& racer : racers) racer.join();
    }
  } end_all{racers};
  const std::size_t count = plan.addresses.size();
  for (std::size_t finished = 0; finished < count;) {
    const std::size_t next = racers.size();
    if (next < count)
      racers.push_back(spawn([&results, &plan, next] { results.put(attempt(next, plan, plan.deadline)); }));
    auto result = results.get_for(next + 1 < count ? 250ms : Duration::max());
    if (!result) continue;
    ++finished;
    if (outcome.settle(std::move(*result))) return;
  }
}

[[noreturn]] void fail(const Outcome& outcome, bool all_errors) {
  if (!all_errors) std::rethrow_exception(outcome.failures.back());
  throw ExceptionGroup("create_connection failed", outcome.failures);
}

}  // namespace

Socket create_connection(const std::string& host, std::uint16_t port, const ConnectOptions& options) {
  const auto& timeout = options.timeout;
  if (timeout && *timeout < Duration::zero()) {
    throw std::invalid_argument("create_connection: a timeout cannot be negative");
  }
  Plan plan{{}, options, timeout && *timeout != Duration::zero() ? sched::deadline_from_now(*timeout) : never};
  const std::string name = host.empty() ? "localhost" : host;
  plan.addresses = interleaved(net::resolve(name, port, AF_UNSPEC, SOCK_STREAM, 0, plan.deadline));
  Outcome outcome{{}, std::vector<std::exception_ptr>(plan.addresses.size())};
  const bool alone = plan.addresses.size() == 1 || sched::Worker::of_fiber() == nullptr || options.source.port() != 0;
  alone ? in_turn(plan, outcome) : race(plan, outcome);
  if (outcome.socket.closed()) fail(outcome, options.all_errors);
  outcome.socket.settimeout(timeout);
  return std::move(outcome.socket);
}

Socket create_connection(const std::string& host, std::uint16_t port, std::optional<AnyDuration> timeout) {
  return create_connection(host, port, ConnectOptions{.timeout = timeout});
}

}  // namespace loquat
