// The rules for a connection that ended with RST.
#include <array>
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

// The capture holds nothing but RSTs.
Answer begins_with_rst(const Reset& r) {
  if (!r.rst.alone) return std::nullopt;
  return Verdict{.cause = Cause::reset,
                 .sentence = texts::capture_begins_with_rst(r.from),
                 .others = {texts::firewall_sent_rst},
                 .next = texts::capture_earlier};
}

// RST in answer to the SYN,ACK, by the end that had sent the SYN.
Answer gave_up_connecting(const Reset& r) {
  if (!r.rst.answers_syn_ack) return std::nullopt;
  return Verdict{.cause = Cause::reset,
                 .certainty = Certainty::likely,
                 .sentence = texts::reset_in_handshake(r.from, r.to),
                 .evidence = {captured(texts::syn_ack_got_rst)},
                 .others = {texts::scans_ports, texts::syn_was_forged, texts::firewall_sent_rst},
                 .next = texts::see_connect_timeout};
}

// A kernel resets a connection once. One that is reset three times, with numbers that try out places, is shot down.
Answer sent_in_a_row(const Reset& r) {
  if (!r.rst.differs_from_next) return std::nullopt;
  return Verdict{.cause = Cause::reset,
                 .certainty = Certainty::likely,
                 .sentence = texts::box_sent_rst(r.from),
                 .evidence = {captured(texts::rsts_in_a_row)},
                 .others = {texts::stack_repeats_rst},
                 .next = texts::capture_at_other_end};
}

Answer disowned(const Reset& r) {
  if (!r.rst.disowned) return std::nullopt;
  return Verdict{.cause = Cause::reset,
                 .certainty = Certainty::likely,
                 .sentence = texts::box_sent_rst(r.from),
                 .evidence = {captured(texts::went_on_after_rst(r.from, r.to))},
                 .others = {texts::was_overtaken_by_rst},
                 .next = texts::capture_at_other_end};
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

// No kernel gives up within seconds: then its program did, for another reason.
Answer gave_up(const Reset& r) {
  if (!r.rst.with_ack || r.rst.unanswered < 2 || r.rst.unheard < 2 * second) return std::nullopt;
  return Verdict{.cause = Cause::peer_gone,
                 .certainty = Certainty::likely,
                 .sentence = texts::one_end_gave_up(r.from),
                 .evidence = {captured(texts::rst_after_silence(r.rst.unanswered))},
                 .others = {texts::firewall_forgot},
                 .next = texts::ask_that_host};
}

// Both ends had closed, and nothing is lost: RST stands for the last ACK.
Answer instead_of_last_ack(const Reset& r) {
  const bool closed = r.rst.after_own_fin && r.rst.after_peers_fin;
  if (!closed || r.rst.late_bytes > 0 || r.rst.unacknowledged > 0) return std::nullopt;
  return Verdict{.cause = Cause::closed,
                 .certainty = Certainty::likely,
                 .sentence = texts::closed_then_rst,
                 .evidence = {captured(texts::both_fins_then_rst(r.from))},
                 .others = {texts::firewall_sent_rst}};
}

Answer long_after_fin(const Reset& r) {
  if (r.rst.late_bytes == 0 || r.rst.after_fin < second) return std::nullopt;
  return Verdict{.cause = Cause::close_wait_leak,
                 .certainty = Certainty::likely,
                 .sentence = texts::stayed_in_close_wait(r.to, Duration(r.rst.after_fin), r.from),
                 .evidence = {captured(texts::fin_then_late_data_then_rst)},
                 .others = {texts::worked_on_answer},
                 .next = texts::program_there_forgets_close};
}

Answer soon_after_fin(const Reset& r) {
  if (r.rst.late_bytes == 0) return std::nullopt;
  return Verdict{.cause = Cause::reset_late_data,
                 .certainty = Certainty::likely,
                 .sentence = texts::data_after_close(r.from),
                 .evidence = {captured(texts::fin_then_data_then_rst)},
                 .others = {texts::closed_unread, texts::waited_for_forgotten_close},
                 .next = texts::other_end_should_stop};
}

// RST without ACK is a kernel's answer to what belongs to no socket. But this end had a socket just before.
Answer forgot_at_once(const Reset& r) {
  if (r.rst.with_ack || !r.rst.answers_at_once || !r.rst.spoke_just_now) return std::nullopt;
  return Verdict{.cause = Cause::reset,
                 .certainty = Certainty::likely,
                 .sentence = texts::reset_though_known(r.from),
                 .evidence = {captured(texts::rst_without_ack_though_known)},
                 .others = {texts::close_not_captured, texts::firewall_sent_rst},
                 .next = texts::capture_at_other_end};
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
  // The other end has closed, and all it had sent is acknowledged: a program that closes the hard way.
  bool all_done = r.rst.after_peers_fin && r.rst.unacknowledged == 0;
  bool is_unread = counted ? unread : may_be_unread && !r.rst.spoke_since_data && !all_done;
  bool long_ago = is_unread && r.rst.silence >= second;  // it had time to read
  Verdict v{
      .cause = is_unread ? Cause::reset_unread_data : Cause::reset_linger_0,
      .certainty = long_ago && !counted ? Certainty::possible : certain_if(counted && r.evidence.is_alone),
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
  static constexpr std::array in_order = {
      begins_with_rst, refused,        gave_up_connecting, sent_in_a_row,       disowned,       sent_by_another,
      gave_up,         long_after_fin, soon_after_fin,     instead_of_last_ack, forgot_at_once, unknown_connection};
  for (auto rule : in_order) {
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
