#include "microscope/known_connections.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "loquat/error.h"

namespace loquat::microscope {
namespace {

// Nothing in a simulation, and before Linux 4.12.
std::optional<std::uint64_t> cookie_of(const Socket& socket) {
  try {
    const std::string bytes = socket.getsockopt(SOL_SOCKET, SO_COOKIE, sizeof(std::uint64_t));
    std::uint64_t cookie = 0;
    if (bytes.size() != sizeof cookie) return {};
    std::memcpy(&cookie, bytes.data(), sizeof cookie);
    return cookie;
  } catch (const OSError&) {
    return {};
  }
}

}  // namespace

std::shared_ptr<const KnownConnections::Known> KnownConnections::find(std::uint64_t cookie) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(cookie);
  return found != known_.end() ? found->second : nullptr;
}

void KnownConnections::observe(const Socket& socket) {
  const auto cookie = cookie_of(socket);
  if (!cookie || find(*cookie)) return;
  std::shared_ptr<const Known> known;
  try {
    const bool early = tcp_info_of(socket).bytes_sent == 0;
    known = std::make_shared<const Known>(Known{OwnConnection(socket), early});
  } catch (const OSError&) {
    return;  // it is over, or no TCP
  } catch (const std::invalid_argument&) {
    return;
  }
  const std::lock_guard lock(mutex_);
  if (!known_.emplace(*cookie, std::move(known)).second) return;
  order_.push_back(*cookie);
  if (order_.size() <= max_) return;
  known_.erase(order_.front());
  order_.pop_front();
}

std::optional<std::string> KnownConnections::describe(const Socket& socket) const {
  const auto cookie = cookie_of(socket);
  const auto known = cookie ? find(*cookie) : nullptr;
  if (!known) return {};
  return known->connection.json(&socket, known->early);
}

}  // namespace loquat::microscope
