#include "wire/why/upstreams.h"

#include <algorithm>

#include "wire/why/listening.h"
#include "wire/why/rules.h"
#include "wire/why/socket_survey.h"

namespace loquat::wire {

bool Upstreams::is_accepted(const kernel::SocketFacts& socket) const {
  return listener_at(listeners_, socket.local).has_value();
}

void Upstreams::add(const Observation& seen, const Verdict& verdict) {
  const kernel::SocketFacts& socket = seen.last;
  if (severity(verdict.cause) < 2 || seen.owners.empty() || socket.remote.port() == 0 || is_accepted(socket)) return;
  for (const kernel::Owner& owner : seen.owners) {
    of_[owner.pid].push_back({socket, verdict.cause, verdict.certainty, verdict.stuck});
  }
}

void Upstreams::explain(const Observation& of, Verdict& verdict) const {
  if (severity(verdict.cause) > 0 || of.owners.empty() || !rules::Reading(of).connected()) return;
  auto found = of_.find(of.owners.front().pid);
  if (found == of_.end() || !is_accepted(of.last)) return;
  const Upstream& worst = *std::max_element(found->second.begin(), found->second.end(), [](auto& a, auto& b) {
    return std::pair(a.certainty, a.stuck) < std::pair(b.certainty, b.stuck);
  });
  verdict.evidence.push_back({texts::program_may_wait_itself(
      rules::owner_text(of.owners, of.last), worst.socket.remote.str(), name(worst.cause), name(worst.certainty))});
}

Upstreams find_upstreams(const SocketSurvey& survey) {
  Upstreams found(survey.sockets().listeners());
  for (std::size_t i = 0; i < survey.sockets().size(); ++i) {
    const State state = survey.sockets().state(i);
    if (state == State::listen || state == State::time_wait) continue;
    const Observation seen = survey[i];
    found.add(seen, judge(seen));
  }
  return found;
}

}  // namespace loquat::wire
