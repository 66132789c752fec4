// The rules for a connection that ended with RST.
#include <cstdlib>

#include "wire/why_capture/capture_rules.h"

namespace loquat::wire::rules {
namespace {

// What the rules below know: the RST, the end that sent it, and the other end.
struct Reset {
  explicit Reset(const CaptureEvidence& of)
      : evidence(of),
        rst(*of.connection.reset),
        from(of.connection.ends[rst.from].endpoint.text()),
        to(of.connection.ends[1 - rst.from].endpoint.text()) {}

  const CaptureEvidence& evidence;
  const CapturedReset& rst;
  std::string from, to;
};

Answer refused(const Reset& r) {
  if (!r.rst.answers_syn) return std::nullopt;
  return Verdict{.cause = Cause::closed_port,
                 .certainty = Certainty::likely,
                 .sentence = texts::refused(r.from),
                 .evidence = {captured(texts::syn_got_rst)},
                 .others = {texts::firewall_rejects},
                 .next = texts::is_server_up};
}

// Another number of hops than its segments have: a box between sent it.
Answer sent_by_another(const Reset& r) {
  const auto usual = r.evidence.connection.ends[r.rst.from].hops;
  if (!usual || r.rst.hops == 0 || std::abs(*usual - r.rst.hops) < 2) return std::nullopt;
  return Verdict{.cause = Cause::reset,
                 .certainty = Certainty::likely,
                 .sentence = texts::box_sent_rst(r.from),
                 .evidence = {captured(texts::other_ttl(r.rst.hops, *usual))},
                 .others = {texts::stack_uses_another_ttl},
                 .next = texts::capture_at_other_end};
}

Answer gave_up(const Reset& r) {
  if (!r.rst.with_ack || r.rst.unanswered < 2) return std::nullopt;
  return Verdict{.cause = Cause::peer_gone,
                 .certainty = Certainty::likely,
                 .sentence = texts::one_end_gave_up(r.from),
                 .evidence = {captured(texts::rst_after_silence(r.rst.unanswered))},
                 .others = {texts::firewall_forgot},
                 .next = texts::ask_that_host};
}

Answer long_after_fin(const Reset& r) {
  if (r.rst.with_ack || !r.rst.after_own_fin || r.rst.after_fin < second) return std::nullopt;
  return Verdict{.cause = Cause::close_wait_leak,
                 .certainty = Certainty::likely,
                 .sentence = texts::stayed_in_close_wait(r.to, Duration(r.rst.after_fin), r.from),
                 .evidence = {captured(texts::fin_then_late_data_then_rst)},
                 .others = {texts::worked_on_answer},
                 .next = texts::program_there_forgets_close};
}

Answer soon_after_fin(const Reset& r) {
  if (r.rst.with_ack || !r.rst.after_own_fin) return std::nullopt;
  return Verdict{.cause = Cause::reset_late_data,
                 .certainty = Certainty::likely,
                 .sentence = texts::data_after_close(r.from),
                 .evidence = {captured(texts::fin_then_data_then_rst)},
                 .others = {texts::closed_unread, texts::waited_for_forgotten_close},
                 .next = texts::other_end_should_stop};
}

Answer unknown_connection(const Reset& r) {
  if (r.rst.with_ack || !r.rst.answers_at_once) return std::nullopt;
  Verdict verdict{.cause = Cause::half_open,
                  .certainty = Certainty::likely,
                  .sentence = texts::capture_half_open(r.from),
                  .evidence = {captured(texts::rst_without_ack)},
                  .others = {texts::firewall_sent_rst},
                  .next = texts::was_restarted};
  if (r.rst.silence >= 60 * second)
    verdict.others = {texts::box_forgot_after(Duration(r.rst.silence)), texts::firewall_sent_rst};
  return verdict;
}

// An RST,ACK on the end's own initiative: SO_LINGER 0 or unread data. The counters of a recording settle it.
Verdict aborted(const Reset& r) {
  const kernel::CounterValues& counters = r.evidence.counters;
  bool unread = kernel::value(counters, "TCPAbortOnClose") > 0, linger = kernel::value(counters, "TCPAbortOnData") > 0;
  bool counted = unread != linger, may_be_unread = r.rst.bytes_received > 0;
  bool is_unread = counted ? unread : may_be_unread && !r.rst.spoke_since_data;
  Verdict v{
      .cause = is_unread ? Cause::reset_unread_data : Cause::reset_linger_0,
      .certainty = certain_if(counted && r.evidence.is_alone),
      .sentence = is_unread ? texts::capture_reset_by_unread_data(r.from) : texts::capture_reset_by_linger(r.from),
      .evidence = {captured(r.rst.spoke_since_data ? texts::rst_ack_after_answer(r.from, r.rst.bytes_received)
                                                   : texts::rst_ack_from(r.from, r.rst.bytes_received))}};
  if (counted) {
    v.evidence.push_back({texts::kernel_counted(is_unread ? "TCPAbortOnClose" : "TCPAbortOnData"), Source::reported});
    v.others = {texts::counter_of_another};
    return v;
  }
  v.others = {is_unread ? texts::closed_with_linger : texts::closed_unread, texts::timeout_ran_out,
              texts::firewall_sent_rst};
  if (!may_be_unread) v.others = {texts::listener_closed_first, texts::firewall_sent_rst};
  v.next = texts::packets_cannot_tell;
  return v;
}

Verdict verdict_of(const Reset& reset) {
  for (auto rule : {refused, sent_by_another, gave_up, long_after_fin, soon_after_fin, unknown_connection}) {
    if (Answer answer = rule(reset)) return *std::move(answer);
  }
  return aborted(reset);
}

}  // namespace

Answer was_reset(const CaptureEvidence& evidence) {
  if (!evidence.connection.reset) return std::nullopt;
  const Reset reset(evidence);
  Verdict verdict = verdict_of(reset);
  if (reset.rst.unacknowledged > 0)
    verdict.evidence.push_back(captured(texts::bytes_unacknowledged(reset.rst.unacknowledged)));
  return verdict;
}

}  // namespace loquat::wire::rules
