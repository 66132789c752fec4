// listening.h - which listener takes a connection to an address, and which only seems to: 127.0.0.1:80 takes nothing
// that is sent to 10.0.0.1:80.
//
// Layer: wire (docs/layers.txt).  Source: ip(7), ipv6(7) IPV6_V6ONLY.
#pragma once

#include <optional>
#include <vector>

#include "wire/kernel/sock_diag.h"

namespace loquat::wire {

bool is_wildcard(const Address& address);
// Whether a socket whose local end is `socket.local` has `address`: that one, or the wildcard of its family. "::" has
// IPv4 addresses too, unless it is for IPv6 only.
bool has_address(const kernel::SocketFacts& socket, const Address& address);

// Of several (SO_REUSEPORT, or an address beside the wildcard) the one whose queue is the longest.
std::optional<kernel::SocketFacts> listener_at(const std::vector<kernel::SocketFacts>& listeners,
                                               const Address& address);
bool is_listened_at(const std::vector<kernel::SocketFacts>& listeners, const Address& address);
// All whose connections wait.
std::vector<kernel::SocketFacts> queues_at(const std::vector<kernel::SocketFacts>& listeners, const Address& address);
// Those with the same port that do not have `address`.
std::vector<kernel::SocketFacts> listeners_elsewhere(const std::vector<kernel::SocketFacts>& listeners,
                                                     const Address& address);

}  // namespace loquat::wire
