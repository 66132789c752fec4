#include "wire/why/why.h"

#include <algorithm>
#include <array>
#include <map>

#include "wire/why/rules.h"

namespace loquat::wire {

Verdict judge(const Observation& seen) {
  using Rule = rules::Answer (*)(const rules::Reading&);
  // Causes come before their consequences.
  static constexpr std::array<Rule, 17> in_order = {rules::listener,
                                                    rules::syn_sent,
                                                    rules::syn_received,
                                                    rules::server_has_no_room,
                                                    rules::not_accepted,
                                                    rules::other_end_missing,
                                                    rules::not_read,
                                                    rules::close_wait,
                                                    rules::zero_window,
                                                    rules::arrived_unread,
                                                    rules::unanswered,
                                                    rules::losing,
                                                    rules::keepalive_unanswered,
                                                    rules::closing,
                                                    rules::moving,
                                                    rules::waiting_for_ack,
                                                    rules::idle};
  const rules::Reading reading(seen);
  for (Rule rule : in_order) {
    if (rules::Answer answer = rule(reading)) return rules::without_others_if_certain(*std::move(answer));
  }
  return {.sentence = texts::nothing_known(name(seen.last.state)), .evidence = {rules::socket_fact(seen.last)}};
}

Verdict judge_absent(const std::string& where, bool may_be_nat) {
  return rules::without_others_if_certain({.cause = Cause::closed_port,
                                           .certainty = rules::certain_if(!may_be_nat),
                                           .sentence = texts::nobody_listens(where),
                                           .evidence = {{texts::port_is_unused}},
                                           .others = {texts::port_may_be_mapped},
                                           .next = texts::start_the_server});
}

std::optional<Verdict> judge_pile(const std::vector<Observation>& all, int ports) {
  std::map<std::string, int> waiting;
  for (const Observation& each : all) {
    if (each.last.state == State::time_wait) ++waiting[each.last.remote.str()];
  }
  auto most = std::max_element(waiting.begin(), waiting.end(), [](auto& a, auto& b) { return a.second < b.second; });
  if (most == waiting.end() || most->second < ports / 2) return std::nullopt;
  return Verdict{.cause = Cause::time_wait_pile,
                 .certainty = rules::certain_if(most->second > ports * 9 / 10),
                 .sentence = texts::ports_run_short(most->second, most->first, ports),
                 .evidence = {{texts::port_kept_60_s}},
                 .next = texts::reuse_connections};
}

std::string_view name(Cause cause) noexcept {
  static constexpr std::array<std::string_view, 24> names = {"unknown",
                                                             "healthy",
                                                             "idle",
                                                             "listening",
                                                             "connecting",
                                                             "closing",
                                                             "closed",
                                                             "peer-not-reading",
                                                             "application-not-reading",
                                                             "close-wait-leak",
                                                             "not-accepting",
                                                             "backlog-full",
                                                             "syn-filtered",
                                                             "handshake-unanswered",
                                                             "closed-port",
                                                             "path-loss",
                                                             "peer-gone",
                                                             "half-open",
                                                             "fin-wait-2",
                                                             "time-wait-pile",
                                                             "reset-unread-data",
                                                             "reset-linger-0",
                                                             "reset-late-data",
                                                             "reset"};
  return names[static_cast<std::size_t>(cause)];
}

std::string_view name(Certainty certainty) noexcept {
  static constexpr std::array<std::string_view, 3> names = {"possible", "likely", "certain"};
  return names[static_cast<std::size_t>(certainty)];
}

int severity(Cause cause) noexcept {
  if (cause >= Cause::peer_not_reading) return cause == Cause::fin_wait_2 || cause == Cause::time_wait_pile ? 1 : 2;
  return 0;
}

std::string cause_text(const Verdict& verdict) {
  std::string text(name(verdict.cause));
  if (severity(verdict.cause) > 0 && verdict.certainty != Certainty::certain) text += '?';
  return text;
}

}  // namespace loquat::wire
