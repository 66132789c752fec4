#include "sim/ports.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace loquat::sim {
namespace {

constexpr std::uint16_t first_ephemeral = 32768;  // net.ipv4.ip_local_port_range
constexpr std::uint16_t ephemeral_count = 28232;
constexpr Duration time_wait_length = std::chrono::seconds(60);

// Whether one connection could be meant for both.
bool overlap(const Name& a, bool a_v6only, const Name& b, bool b_v6only) {
  if (a.is_v4() == b.is_v4()) return a.is_any() || b.is_any() || a.same_ip(b);
  const Name& v6 = a.is_v4() ? b : a;
  return v6.is_any() && !(a.is_v4() ? b_v6only : a_v6only);
}

// How exactly `bound` fits a connection to `to`; 0 if it does not.
int fit(const Name& bound, bool v6only, const Name& to) {
  if (bound.same_ip(to)) return 3;
  if (!bound.is_any()) return 0;
  if (bound.is_v4() == to.is_v4()) return 2;
  return to.is_v4() && !v6only ? 1 : 0;
}

}  // namespace

Ports::Holder Ports::holder(const SimSocket& socket) {
  return {socket.local, socket.v6only, socket.reuse_address, socket.reuse_port, socket.state == State::listening};
}

bool Ports::is_free(const SimSocket& socket, const Name& name) const {
  auto found = ports_.find(name.port);
  if (found == ports_.end()) return true;
  auto conflict = [&](const Holder& other) {
    if (!overlap(name, socket.v6only, other.name, other.v6only)) return false;
    if (socket.reuse_port && other.reuse_port) return false;
    return !(socket.reuse_address && other.reuse_address && !other.listening);
  };
  const Port& port = found->second;
  TimePoint now = core_.timeline.now();
  return std::none_of(port.bound.begin(), port.bound.end(), [&](auto* other) { return conflict(holder(*other)); }) &&
         std::none_of(port.accepted.begin(), port.accepted.end(),
                      [&](auto& other) { return conflict(holder(*other.second)); }) &&
         std::none_of(port.waiting.begin(), port.waiting.end(),
                      [&](const TimeWait& other) { return now < other.until && conflict(other.holder); });
}

void Ports::add(SimSocket& socket, const Name& name) {
  socket.bound = true;
  socket.local = name;
  ports_[name.port].bound.push_back(&socket);
}

std::uint16_t Ports::ephemeral() {
  return static_cast<std::uint16_t>(first_ephemeral + core_.network.below(ephemeral_count));
}

int Ports::bind_any_port(SimSocket& socket, Name wanted) {
  wanted.port = ephemeral();
  for (int tries = 0; tries < ephemeral_count; ++tries) {
    auto found = ports_.find(wanted.port);
    if (found == ports_.end() || !found->second.in_use()) {
      add(socket, wanted);
      return 0;
    }
    wanted.port = wanted.port + 1 < first_ephemeral + ephemeral_count ? wanted.port + 1 : first_ephemeral;
  }
  return -EADDRINUSE;
}

int Ports::bind(SimSocket& socket, Name wanted) {
  if (socket.bound) return -EINVAL;
  if (socket.is_unix()) return bind_path(socket, std::move(wanted));
  if (wanted.port == 0) return bind_any_port(socket, wanted);
  if (!is_free(socket, wanted)) return -EADDRINUSE;
  add(socket, wanted);
  return 0;
}

int Ports::bind_path(SimSocket& socket, Name wanted) {
  while (wanted.path.empty()) {  // autobind, unix(7)
    char digits[8];
    std::snprintf(digits, sizeof digits, "%05x", static_cast<unsigned>(core_.network.below(1 << 20)));
    wanted.path = std::string(1, '\0') + digits;
    if (paths_.contains(wanted.path)) wanted.path.clear();
  }
  if (!paths_.emplace(wanted.path, &socket).second) return -EADDRINUSE;
  socket.bound = true;
  socket.local = std::move(wanted);
  return 0;
}

int Ports::bind_to_connect(SimSocket& socket, Name wanted) {
  int result = bind_any_port(socket, std::move(wanted));
  return result == -EADDRINUSE ? -EADDRNOTAVAIL : result;
}

void Ports::share(SimSocket& socket) {
  if (socket.is_unix()) return;
  socket.bound = true;
  ports_[socket.local.port].accepted.emplace(socket.number, &socket);
}

int Ports::may_listen(const SimSocket& socket) const {
  if (socket.is_unix()) return 0;
  for (const SimSocket* other : ports_.at(socket.local.port).bound) {
    if (other == &socket || other->state != State::listening) continue;
    if (socket.reuse_port && other->reuse_port) continue;
    if (overlap(socket.local, socket.v6only, other->local, other->v6only)) return -EADDRINUSE;
  }
  return 0;
}

void Ports::release(SimSocket& socket, bool time_wait) {
  if (!std::exchange(socket.bound, false)) return;
  if (socket.is_unix()) {
    paths_.erase(socket.local.path);
    return;
  }
  auto found = ports_.find(socket.local.port);
  Port& port = found->second;
  TimePoint now = core_.timeline.now();
  while (!port.waiting.empty() && port.waiting.front().until <= now) port.waiting.pop_front();
  if (time_wait) port.waiting.push_back({holder(socket), deadline_after(now, time_wait_length)});
  if (port.accepted.erase(socket.number) == 0) std::erase(port.bound, &socket);
  if (!port.in_use() && port.waiting.empty()) ports_.erase(found);
}

SimSocket* Ports::listener(const Name& to) {
  auto found = ports_.find(to.port);
  if (found == ports_.end()) return nullptr;
  int best = 1;
  std::vector<SimSocket*> group;
  for (SimSocket* socket : found->second.bound) {
    if (socket->state != State::listening) continue;
    int score = fit(socket->local, socket->v6only, to);
    if (score > best) group.clear();
    if (score < best) continue;
    best = score;
    group.push_back(socket);
  }
  if (group.size() < 2) return group.empty() ? nullptr : group[0];
  return group[core_.network.below(group.size())];
}

SimSocket* Ports::at_path(const std::string& path) const {
  auto found = paths_.find(path);
  return found == paths_.end() ? nullptr : found->second;
}

}  // namespace loquat::sim
