#include "wire/why/socket_survey.h"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <fstream>
#include <unordered_set>

#include "wire/kernel/counters.h"
#include "wire/kernel/neighbours.h"
#include "wire/why/listening.h"

namespace loquat::wire {
namespace {

socklen_t size_of(int family) { return family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6); }

std::set<std::string> hosts_here() {
  std::set<std::string> found;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return found;
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    int family = each->ifa_addr != nullptr ? each->ifa_addr->sa_family : AF_UNSPEC;
    if (family == AF_INET || family == AF_INET6) found.insert(Address(each->ifa_addr, size_of(family)).host());
  }
  ::freeifaddrs(list);
  return found;
}

// Without a tracked connection nothing rewrites addresses.
bool connections_are_tracked() {
  std::ifstream file("/proc/sys/net/netfilter/nf_conntrack_count");
  long count = 0;
  return file >> count && count > 0;
}

// Or for the end of its handshake.
bool waits_for_accept(const kernel::SocketFacts& socket) {
  bool whole = socket.state == State::established || socket.state == State::close_wait;
  return socket.state == State::syn_received || (whole && socket.inode == 0);
}

std::optional<kernel::Owner> without_descriptors(const std::vector<kernel::Owner>& owners) {
  auto at =
      std::find_if(owners.begin(), owners.end(), [](auto& each) { return kernel::has_no_descriptor_left(each.pid); });
  return at == owners.end() ? std::nullopt : std::optional(*at);
}

}  // namespace

SocketSurvey::SocketSurvey() : local_hosts_(hosts_here()), may_be_nat_(connections_are_tracked()) {
  take();
  first_ = last_;
}

void SocketSurvey::look() {
  last_ = first_;  // not three at once in memory
  take();
}

void SocketSurvey::glance(const std::vector<std::size_t>& indexes) {
  for (std::size_t index : indexes) {
    const kernel::SocketFacts known = last_->sockets[index];
    if (known.state != State::established) continue;
    auto now = diag_.exact(known.local, known.remote, kernel::Detail::info);
    if (!now || now->cookie != known.cookie || !now->info) continue;
    waits_[known.cookie].add(kernel::wait_of(*now), kernel::quiet_for(*now->info));
  }
}

void SocketSurvey::restart() {
  waits_.clear();
  first_ = last_;
  moved_ = std::make_shared<kernel::CounterValues>();
  new_deaths();
}

void SocketSurvey::take() {
  failed_neighbours_ = kernel::neighbours_that_failed();
  last_ = std::make_shared<Snapshot>(Clock::now(), kernel::SocketTable(diag_), kernel::read_counters());
  count();
  owners_.reset();
  reached_.reset();
}

void SocketSurvey::count() {
  moved_ = std::make_shared<kernel::CounterValues>(
      kernel::moved(first_ ? first_->counters : last_->counters, last_->counters));
}

const kernel::Owners& SocketSurvey::owners() const {
  if (!owners_) owners_ = std::make_unique<kernel::Owners>(kernel::Owners::find());
  return *owners_;
}

bool SocketSurvey::is_here(const Address& address) const {
  return address.is_loopback() || is_wildcard(address) || local_hosts_.contains(address.host());
}

// What the kernel shows even if the listener has gone: it counts the ACK of a client's SYN as one of a byte.
Role SocketSurvey::role_of(const kernel::SocketFacts& socket) const {
  if (socket.state == State::syn_sent) return Role::client;
  if (is_listened_at(last_->sockets.listeners(), socket.local)) return Role::server;
  const bool no_fin_of_ours = socket.state == State::established || socket.state == State::close_wait;
  if (!no_fin_of_ours || !socket.info) return Role::unknown;
  const kernel::TcpInfo& info = *socket.info;
  const std::uint64_t written = info.bytes_sent - info.bytes_retrans + info.not_sent;
  const std::uint64_t acknowledged_beyond = info.bytes_acked + socket.send_queue - written;
  if (acknowledged_beyond > 1) return Role::unknown;  // an older kernel, or it has moved while it was read
  return acknowledged_beyond == 1 ? Role::client : Role::server;
}

bool SocketSurvey::takes_others(const Address& server) const {
  if (!reached_) {
    reached_.emplace();
    for (std::size_t i = 0; i < last_->sockets.size(); ++i) {
      if (last_->sockets.state(i) == State::established) reached_->insert(last_->sockets[i].remote);
    }
  }
  return reached_->contains(server);
}

// The kernel does not tell which of several listeners took a connection: those whose queues are not empty may have.
void SocketSurvey::find_listener(const Address& address, Observation& seen) const {
  const std::vector<kernel::SocketFacts>& all = last_->sockets.listeners();
  seen.listener = listener_at(all, address);
  if (!seen.listener) return;
  seen.listener_owners = owners().of(seen.listener->inode);
  for (const kernel::SocketFacts& other : queues_at(all, address)) {
    if (other.inode == seen.listener->inode) continue;
    for (kernel::Owner& owner : owners().of(other.inode)) seen.listener_owners.push_back(std::move(owner));
  }
  if (seen.listener->recv_queue > 0) seen.out_of_descriptors = without_descriptors(seen.listener_owners);
}

// A child that inherited it, for instance. Programs of the same name are one program's processes.
std::optional<kernel::Owner> SocketSurvey::acceptor_of(const Observation& seen) const {
  if (seen.role != Role::server || seen.owners.empty()) return std::nullopt;
  for (const kernel::SocketFacts& each : last_->sockets.listeners()) {
    if (!has_address(each, seen.last.local)) continue;
    const std::vector<kernel::Owner> listening = owners().of(each.inode);
    const auto known = [&](const kernel::Owner& owner) { return owner.program == seen.owners.front().program; };
    if (listening.empty() || std::any_of(listening.begin(), listening.end(), known)) return std::nullopt;
    return listening.front();
  }
  return std::nullopt;
}

Observation SocketSurvey::seen_of(const kernel::SocketFacts& socket) const {
  Observation seen;
  auto before = first_->sockets.find(socket.local, socket.remote);
  bool same = before && (before->cookie == socket.cookie || socket.state == State::time_wait);
  seen.first = same ? *before : socket;
  seen.last = socket;
  seen.between = same ? between() : Duration{};
  seen.role = role_of(socket);
  seen.peer_takes_others = socket.state == State::syn_sent && takes_others(socket.remote);
  seen.peer_is_here = socket.remote.port() != 0 && is_here(socket.remote);
  if (seen.peer_is_here) {
    seen.peer_is_listened_at = is_listened_at(last_->sockets.listeners(), socket.remote);
    seen.peer = last_->sockets.find(socket.remote, socket.local);
    seen.peer_first = (same ? first_ : last_)->sockets.find(socket.remote, socket.local);
  }
  bool from_there = waits_for_accept(socket);
  bool to_here = seen.peer_is_here && (socket.state == State::syn_sent || (seen.peer && waits_for_accept(*seen.peer)));
  if (from_there || to_here) find_listener(from_there ? socket.local : socket.remote, seen);
  seen.owners = owners().of(socket.inode);
  if (socket.state == State::listen && socket.recv_queue > 0)
    seen.out_of_descriptors = without_descriptors(seen.owners);
  seen.acceptor = acceptor_of(seen);
  if (seen.peer) seen.peer_owners = owners().of(seen.peer->inode);
  seen.may_be_nat = may_be_nat_;
  seen.neighbour_failed = !failed_neighbours_.empty() && failed_neighbours_.contains(socket.remote.host());
  seen.moved = moved_;
  if (auto glanced = waits_.find(socket.cookie); glanced != waits_.end()) seen.waits = glanced->second;
  return seen;
}

// One that was there and is not, without a notice of its death: the kernel has ended it, and its process has not closed
// it yet.
std::vector<Death> SocketSurvey::new_deaths() {
  std::vector<Death> found;
  while (auto dead = deaths_.next()) {
    if (told_dead_.insert(dead->cookie).second) found.push_back({*std::move(dead), false, {}, {}, {}, 0});
  }
  std::unordered_set<std::uint64_t> here;
  for (std::size_t i = 0; i < last_->sockets.size(); ++i) here.insert(last_->sockets.cookie(i));
  for (std::size_t i = 0; i < first_->sockets.size(); ++i) {
    if (here.contains(first_->sockets.cookie(i))) continue;
    const kernel::SocketFacts known = first_->sockets[i];
    bool held = known.inode != 0 && known.state != State::listen && known.state != State::closed;
    if (!held || last_->sockets.find(known.local, known.remote)) continue;
    if (told_dead_.insert(known.cookie).second) found.push_back({known, true, {}, {}, {}, 0});
  }
  return found;
}

void SocketSurvey::find_alive(Death& death) const {
  for (const auto& look : {last_, first_}) {
    auto known = look->sockets.find_cookie(death.dead.cookie);
    if (!known) continue;
    death.alive = seen_of(*known);
    return;
  }
}

std::vector<Death> SocketSurvey::deaths() {
  std::vector<Death> found = new_deaths();
  if (!found.empty() && first_ != last_) {  // some may have died since the counters of the latest look were read
    last_->counters = kernel::read_counters();
    count();
  }
  for (Death& each : found) find_alive(each);
  for (Death& each : found) {
    each.moved = moved_;
    each.others = static_cast<int>(found.size()) - 1;
    const kernel::SocketFacts& named = each.alive ? each.alive->last : each.dead;
    for (const Death& other : found) {
      bool is_peer = named.remote.port() != 0 && other.dead.local.port() == named.remote.port() && &other != &each;
      if (!is_peer || (other.dead.remote.port() != 0 && other.dead.remote != named.local)) continue;
      if (other.alive && other.alive->last.remote != named.local) continue;
      if (!other.held) each.peer_dead = other.dead;
      --each.others;
    }
  }
  return found;
}

}  // namespace loquat::wire
