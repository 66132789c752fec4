#include "wire/why/why.h"

#include <array>

#include "wire/why/rules.h"

namespace loquat::wire {

namespace {

struct CauseRow {
  std::string_view name;
  int severity;
};

// In the order of Cause.
constexpr std::array<CauseRow, 33> causes = {{
    {"unknown", 0},
    {"healthy", 0},
    {"idle", 0},
    {"listening", 0},
    {"connecting", 0},
    {"closing", 0},
    {"closed", 0},
    {"peer-not-reading", 2},
    {"application-not-reading", 2},
    {"close-wait-leak", 2},
    {"not-accepting", 2},
    {"backlog-full", 2},
    {"syn-filtered", 2},
    {"handshake-unanswered", 2},
    {"closed-port", 2},
    {"path-loss", 2},
    {"peer-gone", 2},
    {"half-open", 2},
    {"fin-wait-2", 1},
    {"time-wait-pile", 1},
    {"port-exhaustion", 2},
    {"reset-unread-data", 2},
    {"reset-linger-0", 2},
    {"reset-late-data", 2},
    {"reset", 2},
    {"refused-by-icmp", 2},
    {"pmtu-black-hole", 2},
    {"nagle-delayed-ack", 1},
    {"slow-handshake", 1},
    {"slow-server", 1},
    {"reordering", 1},
    {"capture-duplicates", 0},
    {"spurious-retransmissions", 1},
}};
static_assert(causes.size() == static_cast<std::size_t>(Cause::spurious_retransmissions) + 1);

}  // namespace

Verdict judge(const Observation& seen) {
  using Rule = rules::Answer (*)(const rules::Reading&);
  // Causes come before their consequences.
  static constexpr std::array<Rule, 22> in_order = {rules::listener,
                                                    rules::syn_sent,
                                                    rules::syn_received,
                                                    rules::server_has_no_room,
                                                    rules::not_accepted,
                                                    rules::not_accepted_by_peer,
                                                    rules::other_end_missing,
                                                    rules::not_read,
                                                    rules::close_wait,
                                                    rules::zero_window,
                                                    rules::arrived_unread,
                                                    rules::black_hole,
                                                    rules::unanswered,
                                                    rules::losing,
                                                    rules::keepalive_unanswered,
                                                    rules::closing,
                                                    rules::held_back,
                                                    rules::slow_answer,
                                                    rules::slow_to_open,
                                                    rules::moving,
                                                    rules::waiting_for_ack,
                                                    rules::idle};
  const rules::Reading reading(seen);
  for (Rule rule : in_order) {
    rules::Answer answer = rule(reading);
    if (!answer) continue;
    if (seen.acceptor) {
      const Text listener = rules::owner_text({*seen.acceptor}, seen.last);
      answer->evidence.push_back({texts::held_by_another(listener, rules::owner_text(seen.owners, seen.last))});
    }
    return rules::without_others_if_certain(*std::move(answer));
  }
  return {.sentence = texts::nothing_known(name(seen.last.state)), .evidence = {rules::socket_fact(seen.last)}};
}

std::string_view name(Cause cause) noexcept { return causes[static_cast<std::size_t>(cause)].name; }

std::string_view name(Certainty certainty) noexcept {
  static constexpr std::array<std::string_view, 3> names = {"possible", "likely", "certain"};
  return names[static_cast<std::size_t>(certainty)];
}

int severity(Cause cause) noexcept { return causes[static_cast<std::size_t>(cause)].severity; }

Urgency urgency(const Verdict& verdict) noexcept {
  const int severe = severity(verdict.cause);
  return {severe, severe > 0 ? verdict.certainty : Certainty::possible, verdict.stuck};
}

std::string cause_text(const Verdict& verdict) {
  std::string text(name(verdict.cause));
  if (severity(verdict.cause) > 0 && verdict.certainty != Certainty::certain) text += '?';
  return text;
}

}  // namespace loquat::wire
