#include "wire/why_capture/capture_rules.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "codec/network/segment.h"

namespace loquat::wire {
namespace {

using rules::Answer;
using rules::captured;
using rules::certain_if;
using rules::second;

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
    if (e.connection.waits.timer > reader.longest_zero) continue;
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

Answer closed_by_one(const CaptureEvidence& e) {
  for (std::size_t side : {0, 1}) {
    const CapturedEnd& closer = e.connection.ends[side];
    const CapturedEnd& keeper = e.connection.ends[1 - side];
    if (closer.fins == 0 || keeper.fins > 0) continue;
    const std::string closed = closer.endpoint.text(), kept = keeper.endpoint.text();
    std::int64_t stood = e.end - std::max(closer.fin_at, keeper.data_at);
    bool fin_is_acknowledged = keeper.has_acked && !codec::seq_before(keeper.acked, closer.next);
    bool long_ago = stood >= 3 * second && fin_is_acknowledged;
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

// A new connection of the same ports, though nobody had closed this one.
Answer begun_anew(const CaptureEvidence& e) {
  const CapturedConnection& c = e.connection;
  if (!c.replaced || c.ends[0].fins > 0 || c.ends[1].fins > 0 || !c.ends[0].has_sent || !c.ends[1].has_sent)
    return std::nullopt;
  const std::string client = c.ends[0].endpoint.text();
  return Verdict{.cause = Cause::half_open,
                 .certainty = Certainty::likely,
                 .sentence = texts::capture_begun_anew(client),
                 .evidence = {captured(texts::syn_of_the_same_ports)},
                 .others = {texts::close_not_captured},
                 .next = texts::was_restarted};
}

Verdict nothing_is_wrong(const CaptureEvidence& e) {
  const CapturedConnection& c = e.connection;
  Fact bytes = captured(
      texts::bytes_each_way(c.ends[0].bytes, c.ends[1].bytes, c.ends[0].retransmissions + c.ends[1].retransmissions));
  std::vector<Fact> facts = {std::move(bytes)};
  if (auto time = rules::where_the_time_went(e)) facts.push_back(*std::move(time));
  if (c.ends[0].fins > 0 && c.ends[1].fins > 0)
    return {Cause::closed, Certainty::certain, texts::capture_closed, std::move(facts)};
  if (e.end - c.last >= second) {
    return {.cause = Cause::idle,
            .certainty = Certainty::likely,
            .sentence = texts::capture_idle(Duration(e.end - c.last)),
            .evidence = std::move(facts),
            .others = {texts::end_may_have_vanished}};
  }
  return {.cause = Cause::healthy,
          .certainty = Certainty::likely,
          .sentence = texts::capture_healthy,
          .evidence = std::move(facts),
          .others = {texts::stood_after_capture}};
}

// Rules read the order of segments. In another order than that of time it proves little.
Verdict hedged(Verdict verdict, const CapturedConnection& c) {
  if (c.out_of_time == 0) return verdict;
  verdict.certainty = Certainty::possible;
  verdict.evidence.push_back(captured(texts::segments_out_of_time(c.out_of_time)));
  return verdict;
}

}  // namespace

Verdict judge_capture(const CaptureEvidence& evidence) {
  static constexpr std::array in_order = {rules::refused_by_icmp,
                                          rules::syn_ack_unanswered,
                                          rules::was_reset,
                                          rules::one_direction_alone,
                                          rules::backlog_drops_ack,
                                          rules::syn_unanswered,
                                          window_closed,
                                          rules::pmtu_black_hole,
                                          window_was_closed,
                                          rules::lossy,
                                          begun_anew,
                                          closed_by_one,
                                          rules::slow_handshake,
                                          rules::nagle_and_delayed_acks,
                                          rules::slow_answers,
                                          rules::repeats_needlessly,
                                          rules::reorders,
                                          rules::seen_twice};
  for (auto rule : in_order) {
    Answer answer = rule(evidence);
    if (!answer) continue;
    auto copies = rules::copies_in(evidence);
    if (copies && answer->cause != Cause::capture_duplicates) answer->evidence.push_back(*std::move(copies));
    return rules::without_others_if_certain(hedged(*std::move(answer), evidence.connection));
  }
  return hedged(nothing_is_wrong(evidence), evidence.connection);
}

}  // namespace loquat::wire
