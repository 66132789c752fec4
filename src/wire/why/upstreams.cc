#include "wire/why/upstreams.h"

#include "wire/why/listening.h"
#include "wire/why/rules.h"
#include "wire/why/socket_survey.h"

namespace loquat::wire {

namespace {

// Nothing is stuck, and we spoke last.
bool awaits_answer(const kernel::SocketFacts& socket, Cause cause) {
  const bool quiet = cause == Cause::idle || cause == Cause::slow_server;
  return quiet && socket.info && kernel::who_spoke_last(*socket.info) == kernel::Spoke::us;
}

// A client's connection that its own program keeps waiting, for a reason that may lie behind the program.
bool may_be_explained(Cause cause) {
  return severity(cause) == 0 || cause == Cause::slow_server || cause == Cause::application_not_reading;
}

// What we sent to `upstream` after the client's request came may be what the client waits for.
bool asked_for(const kernel::SocketFacts& client, const kernel::SocketFacts& upstream) {
  if (!client.info || !upstream.info || kernel::who_spoke_last(*client.info) != kernel::Spoke::peer) return false;
  return upstream.info->last_data_sent <= client.info->last_data_received;
}

}  // namespace

bool Upstreams::is_accepted(const kernel::SocketFacts& socket) const {
  return is_listened_at(listeners_, socket.local);
}

void Upstreams::add(const Observation& seen, const Verdict& verdict) {
  const kernel::SocketFacts& socket = seen.last;
  const bool stuck = severity(verdict.cause) == 2 || awaits_answer(socket, verdict.cause);
  if (!stuck || seen.owners.empty() || socket.remote.port() == 0 || is_accepted(socket)) return;
  for (const kernel::Owner& owner : seen.owners) {
    of_[owner.pid].push_back({socket, verdict.cause, verdict.certainty, urgency(verdict)});
  }
}

void Upstreams::explain(const Observation& of, Verdict& verdict) const {
  if (!may_be_explained(verdict.cause) || of.owners.empty() || !rules::Reading(of).connected()) return;
  auto found = of_.find(of.owners.front().pid);
  if (found == of_.end() || !is_accepted(of.last)) return;
  const Upstream* worst = nullptr;
  for (const Upstream& each : found->second) {
    if (awaits_answer(each.socket, each.cause) && !asked_for(of.last, each.socket)) continue;
    if (worst == nullptr || worst->urgency < each.urgency) worst = &each;
  }
  if (worst == nullptr) return;
  const Text program = rules::owner_text(of.owners, of.last);
  const std::string peer = worst->socket.remote.str();
  verdict.evidence.push_back(
      {awaits_answer(worst->socket, worst->cause)
           ? texts::program_may_await_answer(program, peer, worst->socket.info->last_data_sent)
           : texts::program_may_wait_itself(program, peer, name(worst->cause), name(worst->certainty))});
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
