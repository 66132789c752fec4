// sim_options.cc - getsockopt(2) and setsockopt(2).
//
// Options that change what the simulation does are members of SimSocket. The others are stored and returned, so that
// programs may set them.
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sim/sim_net.h"
#include "sim/socket_number.h"

namespace loquat::sim {
namespace {

struct Kept {
  int level;
  int option;
  int initial;
};
constexpr Kept kept[] = {
    {SOL_SOCKET, SO_KEEPALIVE, 0},
    {SOL_SOCKET, SO_OOBINLINE, 0},
    {SOL_SOCKET, SO_PRIORITY, 0},
    {SOL_SOCKET, SO_BROADCAST, 0},
    {SOL_SOCKET, SO_DONTROUTE, 0},
    {SOL_SOCKET, SO_RCVLOWAT, 1},
    {SOL_SOCKET, SO_INCOMING_CPU, -1},
    {SOL_SOCKET, SO_ZEROCOPY, 0},
    {IPPROTO_TCP, TCP_NODELAY, 0},
    {IPPROTO_TCP, TCP_CORK, 0},
    {IPPROTO_TCP, TCP_QUICKACK, 1},
    {IPPROTO_TCP, TCP_KEEPIDLE, 7200},
    {IPPROTO_TCP, TCP_KEEPINTVL, 75},
    {IPPROTO_TCP, TCP_KEEPCNT, 9},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, 0},
    {IPPROTO_TCP, TCP_DEFER_ACCEPT, 0},
    {IPPROTO_TCP, TCP_FASTOPEN, 0},
    {IPPROTO_TCP, TCP_SYNCNT, 6},
    {IPPROTO_TCP, TCP_MAXSEG, 536},
    {IPPROTO_TCP, TCP_LINGER2, 60},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0},
    {IPPROTO_IP, IP_TOS, 0},
    {IPPROTO_IP, IP_TTL, 64},
    {IPPROTO_IPV6, IPV6_TCLASS, 0},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, 64},
};

constexpr int min_send_buffer = 4608;
constexpr int min_receive_buffer = 2304;
constexpr int max_buffer = 212992;  // net.core.wmem_max, rmem_max

const Kept* find_kept(int level, int option) {
  auto found = std::find_if(std::begin(kept), std::end(kept),
                            [&](const Kept& k) { return k.level == level && k.option == option; });
  return found == std::end(kept) ? nullptr : found;
}

// Whether a socket of the family has options of the level.
int check_level(const SimSocket& socket, int level) {
  if (level == SOL_SOCKET) return 0;
  if (socket.is_unix()) return -EOPNOTSUPP;
  return level == IPPROTO_IPV6 && socket.family != AF_INET6 ? -ENOPROTOOPT : 0;
}

int give(void* value, socklen_t* size, const void* from, std::size_t from_size) {
  *size = static_cast<socklen_t>(std::min<std::size_t>(*size, from_size));
  std::memcpy(value, from, *size);
  return 0;
}

// Linux doubles the size that it is given, for its own needs; getsockopt(2) returns the doubled one.
std::size_t capacity(int wanted, int min) {
  return static_cast<std::size_t>(std::max(std::min(wanted, max_buffer) * 2, min) / 2);
}

// What SOL_SOCKET's options with a meaning here hold.
bool known_value(SimSocket& socket, int option, int& out) {
  switch (option) {
    case SO_ERROR:
      out = std::exchange(socket.error, 0);
      return true;
    case SO_TYPE:
      out = SOCK_STREAM;
      return true;
    case SO_DOMAIN:
      out = socket.family;
      return true;
    case SO_PROTOCOL:
      out = socket.proto;
      return true;
    case SO_ACCEPTCONN:
      out = socket.state == State::listening;
      return true;
    case SO_REUSEADDR:
      out = socket.reuse_address;
      return true;
    case SO_REUSEPORT:
      out = socket.reuse_port;
      return true;
    case SO_SNDBUF:
      out = static_cast<int>(socket.send_capacity * 2);
      return true;
    case SO_RCVBUF:
      out = static_cast<int>(socket.receive_capacity * 2);
      return true;
    default:
      return false;
  }
}

}  // namespace

int SimNet::getsockopt(int fd, int level, int option, void* value, socklen_t* size) {
  SimSocket* socket = at(fd);
  if (socket == nullptr) return -EBADF;
  int result = static_cast<int>(socket->number);
  if (level == socket_number_level) return give(value, size, &result, sizeof result);
  if (int error = check_level(*socket, level); error != 0) return error;
  if (level == SOL_SOCKET && option == SO_LINGER) {
    struct linger linger {
      socket->linger.has_value(), socket->linger.value_or(0)
    };
    return give(value, size, &linger, sizeof linger);
  }
  if (level == IPPROTO_IPV6 && option == IPV6_V6ONLY) {
    result = socket->v6only;
  } else if (level != SOL_SOCKET || !known_value(*socket, option, result)) {
    const Kept* known = find_kept(level, option);
    if (known == nullptr) return -ENOPROTOOPT;
    auto set = socket->options.find({level, option});
    result = set == socket->options.end() ? known->initial : set->second;
  }
  return give(value, size, &result, sizeof result);
}

int SimNet::setsockopt(int fd, int level, int option, const void* value, socklen_t size) {
  SimSocket* socket = at(fd);
  if (socket == nullptr) return -EBADF;
  if (int error = check_level(*socket, level); error != 0) return error;
  if (size < sizeof(int)) return -EINVAL;
  if (level == SOL_SOCKET && option == SO_LINGER) {
    struct linger linger {};
    if (size < sizeof linger) return -EINVAL;
    std::memcpy(&linger, value, sizeof linger);
    socket->linger = linger.l_onoff != 0 ? std::optional(linger.l_linger) : std::nullopt;
    return 0;
  }
  int number = 0;
  std::memcpy(&number, value, sizeof number);
  if (level == IPPROTO_IPV6 && option == IPV6_V6ONLY) {
    if (socket->bound) return -EINVAL;
    socket->v6only = number != 0;
    return 0;
  }
  if (level == SOL_SOCKET && set_known(*socket, option, number)) return 0;
  if (find_kept(level, option) == nullptr) return -ENOPROTOOPT;
  socket->options[{level, option}] = number;
  return 0;
}

// SOL_SOCKET's options that change what happens here.
bool SimNet::set_known(SimSocket& socket, int option, int value) {
  switch (option) {
    case SO_REUSEADDR:
      socket.reuse_address = value != 0;
      return true;
    case SO_REUSEPORT:
      socket.reuse_port = value != 0;
      return true;
    case SO_SNDBUF:
      socket.send_capacity = capacity(value, min_send_buffer);
      return true;
    case SO_RCVBUF: {
      std::size_t size = capacity(value, min_receive_buffer);
      socket.in.credit_owed += static_cast<std::int64_t>(size) - static_cast<std::int64_t>(socket.receive_capacity);
      socket.receive_capacity = size;
      if (socket.state != State::connected) socket.in.credit_owed = 0;
      if (socket.state == State::connected) return_credit(socket);
      return true;
    }
    default:
      return false;
  }
}

}  // namespace loquat::sim
