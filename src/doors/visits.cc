#include "doors/visits.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "doors/common/peer.h"
#include "loquat/fiber.h"
#include "net/closing.h"

namespace loquat::doors {
namespace {

// The key under which connections are counted: the IPv4 address, or the IPv6 /64, since one host may use all of it.
std::string place_of(const Address& peer) {
  if (peer.is_loopback()) return {};
  if (peer.family() == AF_INET) return peer.host();
  if (peer.family() != AF_INET6) return {};
  const auto* address = reinterpret_cast<const sockaddr_in6*>(peer.data());
  return std::string(reinterpret_cast<const char*>(&address->sin6_addr),
                     IN6_IS_ADDR_V4MAPPED(&address->sin6_addr) ? 16 : 8);
}

}  // namespace

Visit::Visit(Visits& visits, Socket socket) : visits_(visits), socket_(std::move(socket)), worker_(worker()) {
  admitted_ = visits_.admit(*this);
}

Visit::~Visit() {
  socket_.close();
  visits_.leave(*this);
}

void Visit::decided() noexcept {
  Visits::Shard& shard = visits_.shards_[worker_];
  if (!decided_) shard.decided.splice(shard.decided.end(), shard.undecided, where_);
  decided_ = true;
}

std::string Visit::origin() const {
  try {
    return peer_name(socket_);
  } catch (const OSError&) {
    return "a peer that has gone";
  }
}

Visits::Visits(Context& context) : context_(context), shards_(std::max<std::size_t>(workers(), 1)) {}

bool Visits::admit(Visit& visit) {
  ++context_.counters.connections;
  ++context_.counters.open;
  const bool room = ++open_ <= context_.options.max_connections;
  Shard& shard = shards_[visit.worker_];
  visit.where_ = shard.undecided.insert(shard.undecided.end(), &visit);
  if (!room || stopping_) return false;
  try {
    visit.place_ = place_of(visit.socket_.getpeername());
  } catch (const OSError&) {
    return false;
  }
  if (!visit.place_.empty()) {
    const std::lock_guard lock(places_mutex_);
    if (++places_[visit.place_] > context_.options.max_per_address) return false;
  }
  if (shard.undecided.size() > std::max<std::size_t>(context_.options.max_undecided / shards_.size(), 1)) {
    Visit& oldest = *shard.undecided.front();
    oldest.decided();
    net::shutdown_quietly(oldest.socket_, SHUT_RDWR);
  }
  return true;
}

void Visits::leave(Visit& visit) noexcept {
  Shard& shard = shards_[visit.worker_];
  (visit.decided_ ? shard.decided : shard.undecided).erase(visit.where_);
  if (!visit.place_.empty()) {
    const std::lock_guard lock(places_mutex_);
    const auto found = places_.find(visit.place_);
    if (--found->second == 0) places_.erase(found);
  }
  --context_.counters.open;
  if (--open_ == 0 && stopping_) empty_.set();
}

bool Visits::stop() noexcept {
  if (stopping_.exchange(true)) return false;
  if (open_ == 0) empty_.set();
  return true;
}

void Visits::on_each_worker(const std::function<void()>& body) {
  std::vector<Fiber<>> fibers;
  for (std::size_t i = 0; i < workers(); ++i) fibers.push_back(spawn_on(i, [&body] { body(); }));
  const CancelShield shield;
  for (const auto& fiber : fibers) fiber.join();
}

void Visits::shut_down(bool all) noexcept {
  Shard& shard = shards_[worker()];
  for (Visit* visit : shard.undecided) net::shutdown_quietly(visit->socket_, SHUT_RDWR);
  if (!all) return;
  for (Visit* visit : shard.decided) net::shutdown_quietly(visit->socket_, SHUT_RDWR);
}

}  // namespace loquat::doors
