#include "wire/why/capture_rules.h"

#include <algorithm>
#include <chrono>

namespace loquat::wire {
namespace {

using rules::Answer;
using rules::captured;
using rules::certain_if;
using rules::second;

Answer backlog_drops_ack(const CaptureEvidence& e) {
  const CapturedEnd& client = e.connection.ends[0];
  const CapturedEnd& server = e.connection.ends[1];
  bool again_and_again = server.syn_acks_after_ack > 1 || (server.syn_acks_after_ack == 1 && client.syns == 1);
  if (!again_and_again || server.bytes > 0) return std::nullopt;
  return Verdict{.cause = Cause::backlog_full,
                 .certainty = Certainty::likely,
                 .sentence = texts::capture_backlog_dropped_ack(server.endpoint.text()),
                 .evidence = {captured(texts::syn_ack_after_ack(server.syn_acks_after_ack))},
                 .others = {texts::ack_was_lost},
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
                   .certainty = Certainty::likely,
                   .sentence = texts::capture_backlog_drops_syns(server.endpoint.text()),
                   .evidence = {std::move(seen)},
                   .others = {texts::firewall_limits, texts::syns_were_lost},
                   .next = texts::why_no_accept_there};
  }
  return Verdict{.cause = Cause::syn_filtered,
                 .certainty = Certainty::likely,
                 .sentence = texts::capture_syn_filtered(server.endpoint.text()),
                 .evidence = {std::move(seen)},
                 .others = {texts::capture_backlog_full, texts::host_is_down},
                 .next = texts::drop_rule_or_other_port};
}

Answer window_closed(const CaptureEvidence& e) {
  for (const CapturedEnd& reader : e.connection.ends) {
    if (reader.zero_windows == 0 || e.connection.ends[0].fins + e.connection.ends[1].fins > 1) continue;
    Duration closed_for(e.end - reader.first_zero);
    return Verdict{.cause = Cause::peer_not_reading,
                   .certainty = certain_if(reader.zero_windows >= 2 && closed_for >= std::chrono::seconds(3)),
                   .sentence = texts::capture_window_zero(closed_for, reader.endpoint.text()),
                   .evidence = {captured(texts::zero_window_announced(reader.zero_windows, reader.probes))},
                   .others = {texts::capture_too_short},
                   .next = texts::see_why_no_recv_there};
  }
  return std::nullopt;
}

// It was closed for most of the time, or for long, and has been opened since.
Answer window_was_closed(const CaptureEvidence& e) {
  for (std::size_t side : {0, 1}) {
    const CapturedEnd& reader = e.connection.ends[side];
    std::int64_t all = e.connection.last - e.connection.began;
    if (reader.longest_zero < second / 2 || (reader.longest_zero < 2 * second && reader.longest_zero * 3 < all))
      continue;
    if (e.connection.ends[1 - side].retransmissions >= 3) continue;
    Duration closed_for(reader.longest_zero);
    return Verdict{.cause = Cause::peer_not_reading,
                   .certainty = Certainty::likely,
                   .sentence = texts::window_was_zero(closed_for, Duration(all), reader.endpoint.text()),
                   .evidence = {captured(texts::window_reopened(reader.endpoint.text(), closed_for))},
                   .others = {texts::pause_is_meant},
                   .next = texts::see_why_it_did_not_recv};
  }
  return std::nullopt;
}

Fact repetitions_of(const CapturedEnd& sender) {
  return captured(texts::data_sent_again(sender.endpoint.text(), sender.retransmissions, sender.data_segments));
}

Answer falls_silent(const CaptureEvidence& e, std::size_t side) {
  const CapturedEnd& sender = e.connection.ends[side];
  if (sender.unanswered < 2 || e.connection.last_from != side || sender.retransmissions < 2) return std::nullopt;
  return Verdict{.cause = Cause::peer_gone,
                 .certainty = Certainty::likely,
                 .sentence = texts::capture_silent(e.connection.ends[1 - side].endpoint.text()),
                 .evidence = {repetitions_of(sender), captured(texts::last_segments_unanswered(sender.unanswered))},
                 .others = {texts::path_loses_most, texts::firewall_forgot},
                 .next = texts::ask_that_host};
}

Answer loses(const CaptureEvidence& e, std::size_t side) {
  const CapturedEnd& sender = e.connection.ends[side];
  int again = sender.retransmissions;
  bool one_in_hundred = again * 100 >= sender.data_segments;
  if (again == 0 || (again < 3 && !one_in_hundred)) return std::nullopt;
  bool many = e.connection.lost > 0 || (again >= 3 && one_in_hundred);
  if (!many && again >= 3) return std::nullopt;
  return Verdict{.cause = Cause::path_loss,
                 .certainty = certain_if(many),
                 .sentence = texts::capture_lossy(again, sender.data_segments),
                 .evidence = {repetitions_of(sender)},
                 .others = {texts::only_delayed},
                 .next = texts::find_lossy_link_there};
}

Answer lossy(const CaptureEvidence& e) {
  bool nothing_lost = e.connection.fates_known && e.connection.lost == 0;  // sent again because of a delay
  if (nothing_lost || e.too_big) return std::nullopt;
  for (std::size_t side : {0, 1}) {
    if (Answer answer = falls_silent(e, side)) return answer;
    if (Answer answer = loses(e, side)) return answer;
  }
  return std::nullopt;
}

Answer closed_by_one(const CaptureEvidence& e) {
  for (std::size_t side : {0, 1}) {
    const CapturedEnd& closer = e.connection.ends[side];
    const CapturedEnd& keeper = e.connection.ends[1 - side];
    if (closer.fins == 0 || keeper.fins > 0) continue;
    const std::string closed = closer.endpoint.text(), kept = keeper.endpoint.text();
    std::int64_t stood = e.end - std::max(closer.fin_at, keeper.data_at);
    bool long_ago = stood >= 3 * second;
    if (keeper.data_at > closer.fin_at && !long_ago)
      return Verdict{Cause::healthy, Certainty::likely, texts::one_still_sends(closed, kept)};
    if (!long_ago) return Verdict{Cause::closing, Certainty::possible, texts::capture_ends_in_close(closed)};
    return Verdict{.cause = Cause::close_wait_leak,
                   .certainty = Certainty::likely,
                   .sentence = texts::capture_close_wait(kept, Duration(stood), closed),
                   .evidence = {captured(texts::fin_from_one(closed, kept))},
                   .others = {texts::works_on_answer},
                   .next = texts::program_there_forgets_close};
  }
  return std::nullopt;
}

Verdict nothing_is_wrong(const CaptureEvidence& e) {
  const CapturedConnection& c = e.connection;
  Fact bytes = captured(
      texts::bytes_each_way(c.ends[0].bytes, c.ends[1].bytes, c.ends[0].retransmissions + c.ends[1].retransmissions));
  if (c.ends[0].fins > 0 && c.ends[1].fins > 0)
    return {Cause::closed, Certainty::certain, texts::capture_closed, {std::move(bytes)}};
  if (e.end - c.last >= second) {
    return {.cause = Cause::idle,
            .certainty = Certainty::likely,
            .sentence = texts::capture_idle(Duration(e.end - c.last)),
            .evidence = {std::move(bytes)},
            .others = {texts::end_may_have_vanished}};
  }
  return {.cause = Cause::healthy,
          .certainty = Certainty::likely,
          .sentence = texts::capture_healthy,
          .evidence = {std::move(bytes)},
          .others = {texts::stood_after_capture}};
}

}  // namespace

Verdict judge_capture(const CaptureEvidence& evidence) {
  for (auto rule :
       {rules::was_reset, backlog_drops_ack, syn_unanswered, window_closed, window_was_closed, lossy, closed_by_one}) {
    if (Answer answer = rule(evidence)) return rules::without_others_if_certain(*std::move(answer));
  }
  return nothing_is_wrong(evidence);
}

}  // namespace loquat::wire
