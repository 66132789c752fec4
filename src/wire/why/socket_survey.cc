#include "wire/why/socket_survey.h"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <fstream>
#include <sstream>

#include "wire/kernel/counters.h"
#include "wire/kernel/owners.h"

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

// IPv4 neighbours whose link address was asked for in vain: flags 0 in /proc/net/arp.
std::set<std::string> neighbours_that_failed() {
  std::set<std::string> found;
  std::ifstream file("/proc/thread-self/net/arp");
  std::string line, host, type, flags;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    if (fields >> host >> type >> flags && flags == "0x0") found.insert(host);
  }
  return found;
}

bool is_wildcard(const Address& address) { return address.host() == "0.0.0.0" || address.host() == "::"; }

std::vector<kernel::Owner> owners_of(const kernel::Owners& owners, const kernel::SocketFacts& socket) {
  auto found = socket.inode == 0 ? owners.by_inode.end() : owners.by_inode.find(socket.inode);
  return found == owners.by_inode.end() ? std::vector<kernel::Owner>{} : found->second;
}

std::optional<kernel::SocketFacts> copied(const kernel::SocketFacts* socket) {
  return socket == nullptr ? std::nullopt : std::optional(*socket);
}

}  // namespace

SocketSurvey::SocketSurvey()
    : local_hosts_(hosts_here()), failed_neighbours_(neighbours_that_failed()), may_be_nat_(connections_are_tracked()) {
  first_ = take(diag_);
  last_ = first_;
  owners_ = kernel::find_owners();
}

void SocketSurvey::look() {
  last_ = take(diag_);
  owners_ = kernel::find_owners();
  failed_neighbours_ = neighbours_that_failed();
}

void SocketSurvey::restart() {
  first_ = last_;
  new_deaths();
}

SocketSurvey::Snapshot SocketSurvey::take(kernel::SockDiag& diag) {
  Snapshot look{Clock::now(), diag.dump(), {}, kernel::read_counters()};
  for (std::size_t i = 0; i < look.sockets.size(); ++i) {
    look.by_ends[{look.sockets[i].local.str(), look.sockets[i].remote.str()}] = i;
  }
  return look;
}

const kernel::SocketFacts* SocketSurvey::find(const Snapshot& look, const Ends& ends) {
  auto found = look.by_ends.find(ends);
  return found == look.by_ends.end() ? nullptr : &look.sockets[found->second];
}

const kernel::SocketFacts* SocketSurvey::listener_at(const Address& address) const {
  for (const kernel::SocketFacts& each : last_.sockets) {
    bool there = each.state == State::listen && each.local.port() == address.port();
    if (there && (is_wildcard(each.local) || each.local.host() == address.host())) return &each;
  }
  return nullptr;
}

bool SocketSurvey::is_here(const Address& address) const {
  return address.is_loopback() || local_hosts_.contains(address.host());
}

Observation SocketSurvey::seen_of(const kernel::SocketFacts& socket) const {
  Observation seen;
  Ends ends{socket.local.str(), socket.remote.str()};
  const kernel::SocketFacts* before = find(first_, ends);
  bool same = before != nullptr && (before->cookie == socket.cookie || socket.state == State::time_wait);
  seen.first = same ? *before : socket;
  seen.last = socket;
  seen.between = same ? between() : Duration{};
  seen.peer_is_here = socket.remote.port() != 0 && is_here(socket.remote);
  seen.peer = copied(find(last_, {ends.second, ends.first}));
  seen.peer_first = copied(find(same ? first_ : last_, {ends.second, ends.first}));
  bool from_there = socket.state == State::syn_received;
  bool to_here =
      seen.peer_is_here && (socket.state == State::syn_sent || (seen.peer && seen.peer->state == State::syn_received));
  if (from_there || to_here) seen.listener = copied(listener_at(from_there ? socket.local : socket.remote));
  seen.owners = owners_of(owners_, socket);
  if (seen.peer) seen.peer_owners = owners_of(owners_, *seen.peer);
  seen.may_be_nat = may_be_nat_;
  seen.neighbour_failed = failed_neighbours_.contains(socket.remote.host());
  seen.moved = kernel::moved(first_.counters, last_.counters);
  return seen;
}

std::vector<Observation> SocketSurvey::seen(const std::function<bool(const Observation&)>& wanted) const {
  std::vector<Observation> found;
  for (const kernel::SocketFacts& socket : last_.sockets) {
    Observation seen = seen_of(socket);
    if (wanted(seen)) found.push_back(std::move(seen));
  }
  return found;
}

// One that was there and is not, without a notice of its death: the kernel has ended it, and its process has not closed
// it yet.
std::vector<Death> SocketSurvey::new_deaths() {
  std::vector<Death> found;
  while (auto dead = deaths_.next()) {
    if (told_dead_.insert(dead->cookie).second) found.push_back({*std::move(dead), false, {}, {}, {}, 0});
  }
  for (const kernel::SocketFacts& known : first_.sockets) {
    bool held = known.inode != 0 && known.state != State::listen && known.state != State::closed;
    if (!held || find(last_, {known.local.str(), known.remote.str()}) != nullptr) continue;
    if (told_dead_.insert(known.cookie).second) found.push_back({known, true, {}, {}, {}, 0});
  }
  return found;
}

void SocketSurvey::find_alive(Death& death) const {
  for (const Snapshot* look : {&last_, &first_}) {
    for (const kernel::SocketFacts& known : look->sockets) {
      if (known.cookie != death.dead.cookie) continue;
      death.alive = seen_of(known);
      return;
    }
  }
}

std::vector<Death> SocketSurvey::deaths() {
  std::vector<Death> found = new_deaths();
  auto moved = kernel::moved(first_.counters, last_.counters);
  for (Death& each : found) find_alive(each);
  for (Death& each : found) {
    each.moved = moved;
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
