#include "wire/why/absence.h"

#include <algorithm>

#include "wire/why/listening.h"
#include "wire/why/rules.h"

namespace loquat::wire {
namespace {

bool is_process(const Target& target) { return target.pid && !kernel::program_of(*target.pid).empty(); }

// The sockets that are asked for, if all of them are but remains of connections to a server here. The port of a client
// is the greater one as a rule.
std::optional<int> only_in_time_wait(const Target& target, const SocketSurvey& survey) {
  int count = 0;
  for (std::size_t index : choose(target, survey)) {
    const kernel::SocketFacts socket = survey.sockets()[index];
    const bool remains = socket.state == State::time_wait && socket.local.port() < socket.remote.port();
    if (!remains || !target.is_local(socket)) return std::nullopt;
    ++count;
  }
  return count;
}

}  // namespace

std::optional<Absence> find_absence(const Target& target, const SocketSurvey& survey) {
  auto here = [&](const Address& each) { return survey.is_here(each); };
  auto at = std::find_if(target.addresses.begin(), target.addresses.end(), here);
  const bool named = at != target.addresses.end();
  if (!named && (!target.port || is_process(target))) return std::nullopt;
  auto waiting = only_in_time_wait(target, survey);
  if (!waiting) return std::nullopt;
  Absence absence{named ? at->str() : "port " + std::to_string(*target.port), survey.may_be_nat(), *waiting, {}};
  if (!named) return absence;
  for (kernel::SocketFacts& each : listeners_elsewhere(survey.sockets().listeners(), *at)) {
    auto owners = survey.owners().of(each.inode);
    absence.elsewhere.push_back({std::move(each), std::move(owners)});
  }
  return absence;
}

Verdict judge_absent(const Absence& absence) {
  Verdict v{.cause = Cause::closed_port,
            .certainty = rules::certain_if(!absence.may_be_nat),
            .sentence = texts::nobody_listens(absence.where),
            .evidence = {{texts::port_is_unused}},
            .others = {texts::port_may_be_mapped},
            .next = texts::start_the_server};
  if (!absence.elsewhere.empty()) {
    const auto& [socket, owners] = absence.elsewhere.front();
    const std::string there = socket.local.str();
    v.sentence = texts::nobody_listens_here_but_there(absence.where, rules::owner_text(owners, socket), there);
    v.next = texts::connect_there_or_bind_here(there);
  }
  if (!absence.elsewhere.empty() || absence.in_time_wait > 0) v.evidence.clear();
  for (const auto& [socket, owners] : absence.elsewhere) {
    const Text owner = rules::owner_text(owners, socket);
    const std::string there = socket.local.str();
    v.evidence.push_back(
        {socket.v6_only ? texts::listens_v6_only(owner, there) : texts::listens_only_at(owner, there)});
  }
  if (absence.in_time_wait > 0) v.evidence.push_back({texts::time_wait_keeps_port(absence.in_time_wait)});
  return rules::without_others_if_certain(std::move(v));
}

}  // namespace loquat::wire
