#include "wire/why/listening.h"

#include <sys/socket.h>

#include <algorithm>
#include <iterator>

namespace loquat::wire {

bool is_wildcard(const Address& address) {
  return address == Address("0.0.0.0", address.port()) || address == Address("::", address.port());
}

bool has_address(const kernel::SocketFacts& socket, const Address& address) {
  if (socket.local.port() != address.port()) return false;
  if (socket.local == address) return true;
  if (!is_wildcard(socket.local)) return false;
  return socket.local.family() == address.family() || (socket.local.family() == AF_INET6 && !socket.v6_only);
}

std::optional<kernel::SocketFacts> listener_at(const std::vector<kernel::SocketFacts>& listeners,
                                               const Address& address) {
  std::optional<kernel::SocketFacts> found;
  for (const kernel::SocketFacts& each : listeners) {
    const bool longer = !found || each.recv_queue > found->recv_queue;
    if (longer && has_address(each, address)) found = each;
  }
  return found;
}

bool is_listened_at(const std::vector<kernel::SocketFacts>& listeners, const Address& address) {
  return std::any_of(listeners.begin(), listeners.end(), [&](auto& each) { return has_address(each, address); });
}

std::vector<kernel::SocketFacts> queues_at(const std::vector<kernel::SocketFacts>& listeners, const Address& address) {
  std::vector<kernel::SocketFacts> found;
  std::copy_if(listeners.begin(), listeners.end(), std::back_inserter(found),
               [&](const kernel::SocketFacts& each) { return each.recv_queue > 0 && has_address(each, address); });
  return found;
}

std::vector<kernel::SocketFacts> listeners_elsewhere(const std::vector<kernel::SocketFacts>& listeners,
                                                     const Address& address) {
  std::vector<kernel::SocketFacts> found;
  std::copy_if(listeners.begin(), listeners.end(), std::back_inserter(found), [&](const kernel::SocketFacts& each) {
    return each.local.port() == address.port() && !has_address(each, address);
  });
  return found;
}

}  // namespace loquat::wire
