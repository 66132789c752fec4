// connect.cc - names, servers and connections made from the socket calls.
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>

#include "loquat/fiber.h"
#include "loquat/sync.h"
#include "net/descriptor.h"

namespace loquat {

using namespace std::chrono_literals;
using net::Descriptor;

std::vector<AddressInfo> getaddrinfo(const std::string& host, std::uint16_t port, int family, int type, int flags) {
  sys::World& world = Descriptor::callers_world();
  std::vector<sys::ResolvedAddress> found;
  std::string service = std::to_string(port);
  int hints = flags | AI_NUMERICSERV | (host.empty() ? AI_PASSIVE : 0);
  auto ask = [&] {
    return world.resolve(host.empty() ? nullptr : host.c_str(), service.c_str(), family, type, hints, found);
  };
  bool literal = host.find_first_not_of("0123456789.") == std::string::npos || host.find(':') != std::string::npos;
  int error = literal ? ask() : offload(ask);
  if (error != 0) throw gaierror(error, host);
  std::vector<AddressInfo> result;
  for (auto& each : found) {
    result.push_back(
        {each.family, each.type, each.proto, Address(reinterpret_cast<const sockaddr*>(&each.address), each.size)});
  }
  return result;
}

namespace {

Socket bound(const Address& address, bool share_port) {
  Socket socket(address.family(), SOCK_STREAM);
  if (address.family() != AF_UNIX) socket.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.family() == AF_INET6) socket.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, address.host() == "::" ? 0 : 1);
  if (share_port) socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1);
  socket.bind(address);
  return socket;
}

}  // namespace

Socket create_server(const Address& address, int backlog) {
  Socket socket = bound(address, false);
  socket.listen(backlog);
  return socket;
}

std::vector<Socket> create_servers(const Address& address, std::size_t count, int backlog) {
  std::vector<Socket> servers;
  servers.push_back(bound(address, false));
  bool share_port = address.family() != AF_UNIX;
  if (share_port && count > 1) servers[0].setsockopt(SOL_SOCKET, SO_REUSEPORT, 1);
  servers[0].listen(backlog);
  Address taken = servers[0].getsockname();
  while (servers.size() < count) {
    if (!share_port) {
      servers.push_back(servers[0].dup());
      continue;
    }
    servers.push_back(bound(taken, true));
    servers.back().listen(backlog);
  }
  return servers;
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
  Socket socket;
  std::exception_ptr failure;
};

Attempt attempt(const Address& address, TimePoint deadline) {
  Attempt result;
  try {
    result.socket = Socket(address.family(), SOCK_STREAM);
    if (deadline != never) {
      Duration left = deadline - now();
      if (left <= Duration::zero()) throw_oserror(ETIMEDOUT, {"connect", {}, address.str(), 0});
      result.socket.settimeout(left);
    }
    result.socket.connect(address);
  } catch (const OSError&) {
    result.socket.close();
    result.failure = std::current_exception();
  }
  return result;
}

// A plain thread has no fibers to race: one address after the other, as Python does.
Attempt in_turn(const std::vector<Address>& addresses, TimePoint deadline) {
  Attempt result;
  for (auto& address : addresses) {
    result = attempt(address, deadline);
    if (!result.failure) break;
  }
  return result;
}

// RFC 8305 s.5: a new attempt 250 ms after the last one, or as soon as one fails; the first that answers wins.
Attempt race(const std::vector<Address>& addresses, TimePoint deadline) {
  auto results = std::make_shared<Queue<Attempt>>();
  std::vector<Fiber<>> racers;
  struct EndAll {
    std::vector<Fiber<>>& racers;
    ~EndAll() {
      CancelShield shield;
      for (auto& racer : racers) racer.cancel();
      for (auto& racer : racers) racer.join();
    }
  } end_all{racers};
  Attempt last;
  std::size_t finished = 0;
  for (std::size_t next = 0; finished < addresses.size();) {
    if (next < addresses.size()) {
      racers.push_back(
          spawn([results, address = addresses[next], deadline] { results->put(attempt(address, deadline)); }));
      ++next;
    }
    auto result = results->get_for(next < addresses.size() ? 250ms : Duration::max());
    if (!result) continue;
    ++finished;
    last = std::move(*result);
    if (!last.failure) break;
  }
  return last;
}

}  // namespace

Socket create_connection(const std::string& host, std::uint16_t port, std::optional<Duration> timeout) {
  TimePoint deadline = timeout ? sched::deadline_from_now(*timeout) : never;
  std::string name = host.empty() ? "localhost" : host;
  std::vector<Address> addresses = interleaved(getaddrinfo(name, port));
  bool alone = addresses.size() == 1 || sched::Worker::of_fiber() == nullptr;
  Attempt result = alone ? in_turn(addresses, deadline) : race(addresses, deadline);
  if (result.failure) std::rethrow_exception(result.failure);
  result.socket.settimeout(timeout);
  return std::move(result.socket);
}

}  // namespace loquat
