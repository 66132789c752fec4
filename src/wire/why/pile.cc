#include "wire/why/pile.h"

#include <algorithm>

#include "wire/why/rules.h"

namespace loquat::wire {
namespace {

Verdict ports_run_short(const Address& peer, int waiting, int used, int ports) {
  return {.cause = Cause::time_wait_pile,
          .certainty = rules::certain_if(used > ports * 9 / 10),
          .sentence = texts::ports_run_short(waiting, peer.str(), ports),
          .evidence = {{texts::port_kept_60_s}, {texts::ports_all_used(used)}},
          .next = texts::reuse_connections};
}

Verdict ports_used_up(const Address& peer, int used, int ports) {
  return {.cause = Cause::port_exhaustion,
          .certainty = rules::certain_if(used >= ports),
          .sentence = texts::ports_used_up(used, peer.str(), ports),
          .evidence = {{texts::port_of_its_own}},
          .others = {texts::some_ports_are_left},
          .next = texts::use_fewer_connections(peer.str())};
}

Verdict client_may_not_reuse(const Address& here, const std::string& client, int waiting, int ports) {
  return {.cause = Cause::time_wait_pile,
          .certainty = Certainty::likely,
          .sentence = texts::client_may_not_reuse(waiting, client, here.str(), ports),
          .evidence = {{texts::port_kept_60_s}},
          .others = {texts::timestamps_allow_reuse},
          .next = texts::let_client_close_first};
}

}  // namespace

void Pile::add(const kernel::SocketFacts& socket) {
  if (socket.remote.port() == 0) return;
  const int waiting = socket.state == State::time_wait ? 1 : 0;
  for (Count* count : {&to_[{socket.local.host(), socket.remote}], &from_[{socket.local, socket.remote.host()}]}) {
    count->waiting += waiting;
    ++count->all;
  }
}

std::vector<Pile::Found> Pile::verdicts(int ports) const {
  std::vector<std::pair<int, Found>> found;
  auto enough = [ports](const Count& count) { return count.waiting > 0 && count.waiting >= ports / 2; };
  for (const auto& [ends, count] : to_) {
    const std::string name = ends.first + " -> " + ends.second.str();
    if (!enough(count) && count.all >= ports * 9 / 10)
      found.emplace_back(count.all,
                         Found{name, rules::without_others_if_certain(ports_used_up(ends.second, count.all, ports))});
    if (!enough(count)) continue;
    found.emplace_back(count.waiting, Found{name, ports_run_short(ends.second, count.waiting, count.all, ports)});
  }
  for (const auto& [ends, count] : from_) {
    if (!enough(count)) continue;
    found.emplace_back(count.waiting, Found{ends.first.str() + " -> " + ends.second,
                                            client_may_not_reuse(ends.first, ends.second, count.waiting, ports)});
  }
  std::stable_sort(found.begin(), found.end(), [](auto& a, auto& b) { return a.first > b.first; });
  std::vector<Found> verdicts;
  for (auto& [waiting, each] : found) verdicts.push_back(std::move(each));
  return verdicts;
}

}  // namespace loquat::wire
