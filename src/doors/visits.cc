#include "doors/visits.h"

#include <algorithm>

#include "doors/peers/peer.h"
#include "loquat/fiber.h"
#include "net/closing.h"

namespace loquat::doors {

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

bool Visit::proxied(const std::optional<codec::Endpoint>& client) {
  client_ = std::make_unique<Address>(client ? Address(client->address.text(), client->port) : socket_.getpeername());
  if (!client) return true;
  Context& context = visits_.context_;
  return context.places.take(place_, *client_, context.options.max_per_address);
}

std::string Visit::address() const { return address_name(client_ ? *client_ : socket_.getpeername()); }

std::string Visit::origin() const {
  try {
    return address();
  } catch (const OSError&) {
    return "a peer that has gone";
  }
}

Visits::Visits(Context& context, http::Server& web)
    : context_(context), web_(web), shards_(std::max<std::size_t>(workers(), 1)) {}

bool Visits::admit(Visit& visit) {
  ++context_.counters.connections;
  ++context_.counters.open;
  const bool full = ++open_ > context_.options.max_connections;
  Shard& shard = shards_[visit.worker_];
  visit.where_ = shard.undecided.insert(shard.undecided.end(), &visit);
  if (stopping_) return false;
  try {
    const Address peer = visit.socket_.getpeername();
    visit.from_proxy_ = context_.options.trusted_proxies.has(peer);
    const bool counted = !visit.from_proxy_;
    if (counted && !context_.places.take(visit.place_, peer, context_.options.max_per_address)) return false;
  } catch (const OSError&) {
    return false;
  }
  // Only now: a visit that is refused anyway must cost nobody else's connection.
  if (full && !web_.close_idle()) return false;
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
