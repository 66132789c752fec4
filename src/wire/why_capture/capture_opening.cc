// The rules for a connection that is not open yet, or took long to open.
#include "wire/why_capture/capture_rules.h"
#include "wire/why_capture/capture_waits.h"

namespace loquat::wire::rules {
namespace {

Text reason_of(codec::IcmpReason reason) {
  switch (reason) {
    case codec::IcmpReason::no_route:
      return texts::icmp_no_route;
    case codec::IcmpReason::prohibited:
      return texts::icmp_prohibited;
    case codec::IcmpReason::port_unreachable:
      return texts::icmp_port_unreachable;
    case codec::IcmpReason::expired:
      return texts::icmp_expired;
    default:
      return texts::icmp_other;
  }
}

// The kernel has counted full queues (only a recording of ours says so), or others fare the same.
bool is_counted_or_common(const CaptureEvidence& e) {
  return e.server_drops_others || kernel::value(e.counters, "ListenOverflows") > 0;
}

}  // namespace

Answer refused_by_icmp(const CaptureEvidence& e) {
  const CapturedConnection& c = e.connection;
  if (!c.refusal || c.connected || c.ends[1].segments > 0) return std::nullopt;
  const codec::IcmpError& error = *c.refusal;
  return Verdict{.cause = Cause::refused_by_icmp,
                 .certainty = Certainty::certain,
                 .sentence = texts::capture_refused_by_icmp(error.from.text(), reason_of(error.reason)),
                 .evidence = {captured(texts::icmp_about_syn(error.type, error.code, error.from.text()))},
                 .next = texts::see_icmp_sender(error.from.text())};
}

// An answer was acknowledged that the capture does not hold.
Answer one_direction_alone(const CaptureEvidence& e) {
  for (std::size_t side : {0, 1}) {
    const CapturedEnd& seen = e.connection.ends[side];
    if (e.connection.ends[1 - side].segments > 0 || !seen.has_acked) continue;
    if (seen.syns + seen.syn_acks == seen.segments) continue;
    return Verdict{.cause = Cause::unknown,
                   .sentence = texts::one_direction(seen.endpoint.text()),
                   .evidence = {captured(texts::other_acknowledged(seen.endpoint.text()))},
                   .next = texts::capture_both_ways};
  }
  return std::nullopt;
}

Answer syn_ack_unanswered(const CaptureEvidence& e) {
  const CapturedEnd& client = e.connection.ends[0];
  const CapturedEnd& server = e.connection.ends[1];
  if (server.syn_acks == 0 || e.connection.connected || client.has_acked) return std::nullopt;
  if (client.segments > client.syns) return std::nullopt;
  const bool again = server.syn_acks > 1;
  if (e.connection.reset && (e.connection.reset->from == 0 || !again)) return std::nullopt;
  const Duration waited(e.end - e.connection.began);
  if (!again && e.end - server.last < second)
    return Verdict{.cause = Cause::connecting, .sentence = texts::capture_ends_in_handshake};
  return Verdict{.cause = Cause::handshake_unanswered,
                 .certainty = again ? Certainty::likely : Certainty::possible,
                 .sentence = texts::capture_syn_ack_unanswered(server.endpoint.text(), client.endpoint.text()),
                 .evidence = {captured(texts::syn_acks_sent(server.syn_acks, client.syns, waited))},
                 .others = {texts::syn_was_forged, texts::client_is_gone, texts::ack_not_captured},
                 .next = texts::look_at_return_path};
}

Answer backlog_drops_ack(const CaptureEvidence& e) {
  const CapturedEnd& client = e.connection.ends[0];
  const CapturedEnd& server = e.connection.ends[1];
  bool again_and_again = server.syn_acks_after_ack > 1 || (server.syn_acks_after_ack == 1 && client.syns == 1);
  const bool went_on = server.segments > server.syn_acks;
  if (!again_and_again || went_on || e.connection.crossed) return std::nullopt;
  const bool refuses_data = unacknowledged(e.connection, 0) > 0;
  const bool sure = server.syn_acks_after_ack > 1 || refuses_data || is_counted_or_common(e);
  return Verdict{.cause = Cause::backlog_full,
                 .certainty = sure ? Certainty::likely : Certainty::possible,
                 .sentence = texts::capture_backlog_dropped_ack(server.endpoint.text()),
                 .evidence = {captured(texts::syn_ack_after_ack(server.syn_acks_after_ack))},
                 .others = {texts::ack_was_lost, texts::waits_for_data},
                 .next = texts::why_no_accept_there};
}

Answer syn_unanswered(const CaptureEvidence& e) {
  const CapturedEnd& client = e.connection.ends[0];
  const CapturedEnd& server = e.connection.ends[1];
  if (client.syns == 0 || server.segments > 0) return std::nullopt;
  Fact seen = captured(texts::syns_without_answer(client.syns, Duration(client.last - e.connection.began)));
  if (client.syns == 1)
    return Verdict{.cause = Cause::connecting, .sentence = texts::one_syn, .evidence = {std::move(seen)}};
  if (e.server_answers_others) {
    return Verdict{.cause = Cause::backlog_full,
                   .certainty = is_counted_or_common(e) ? Certainty::likely : Certainty::possible,
                   .sentence = texts::capture_backlog_drops_syns(server.endpoint.text()),
                   .evidence = {std::move(seen)},
                   .others = {texts::firewall_limits, texts::stamps_go_back, texts::syns_were_lost},
                   .next = texts::why_no_accept_there};
  }
  return Verdict{.cause = Cause::syn_filtered,
                 .certainty = Certainty::likely,
                 .sentence = texts::capture_syn_filtered(server.endpoint.text()),
                 .evidence = {std::move(seen)},
                 .others = {texts::capture_backlog_full, texts::host_is_down},
                 .next = texts::drop_rule_or_other_port};
}

Answer slow_handshake(const CaptureEvidence& e) {
  const CapturedConnection& c = e.connection;
  if (!c.connected) return std::nullopt;
  const std::int64_t took = *c.connected - c.began, all = std::max<std::int64_t>(c.last - c.began, 1);
  if (took < second / 2 || took * 3 < all || took < 5 * c.round_trip.value_or(0)) return std::nullopt;
  const CapturedEnd& client = c.ends[0];
  const CapturedEnd& server = c.ends[1];
  const bool again = client.syns > 1 || server.syn_acks > 1;
  if (c.challenged) {
    return Verdict{.cause = Cause::slow_handshake,
                   .certainty = Certainty::certain,
                   .sentence = texts::capture_challenged(Duration(took), server.endpoint.text()),
                   .evidence = {captured(texts::challenge_then_rst)},
                   .next = texts::was_restarted};
  }
  return Verdict{.cause = Cause::slow_handshake,
                 .certainty = again ? Certainty::likely : Certainty::possible,
                 .sentence = texts::capture_slow_handshake(Duration(took)),
                 .evidence = {captured(texts::handshake_segments(client.syns, server.syn_acks))},
                 .others = {texts::backlog_was_full, texts::syns_were_lost, texts::path_was_slow},
                 .next = texts::look_at_server_backlog};
}

}  // namespace loquat::wire::rules
