// The rules for what the path does to segments.
#include <algorithm>

#include "wire/why_capture/capture_rules.h"
#include "wire/why_capture/capture_waits.h"

namespace loquat::wire::rules {
namespace {

Fact repetitions_of(const CapturedEnd& sender) {
  return captured(texts::data_sent_again(sender.endpoint.text(), sender.retransmissions, sender.data_segments));
}

// Both have closed, and only the last FIN gets no ACK: the other end does not remember any more.
Answer last_ack_missing(const CaptureEvidence& e, std::size_t side) {
  const CapturedEnd& sender = e.connection.ends[side];
  const CapturedEnd& other = e.connection.ends[1 - side];
  const bool repeats_fin = sender.unanswered > 0 && e.connection.last_from == side && sender.fins > 0;
  if (!repeats_fin || other.fins == 0 || unacknowledged(e.connection, side) > 0) return std::nullopt;
  return Verdict{.cause = Cause::closed,
                 .certainty = Certainty::likely,
                 .sentence = texts::closed_without_last_ack(sender.endpoint.text()),
                 .evidence = {captured(texts::last_segments_unanswered(sender.unanswered))},
                 .others = {texts::firewall_forgot}};
}

Answer falls_silent(const CaptureEvidence& e, std::size_t side) {
  const CapturedEnd& sender = e.connection.ends[side];
  if (sender.unanswered < 2 || e.connection.last_from != side || sender.retransmissions < 2) return std::nullopt;
  return Verdict{.cause = Cause::peer_gone,
                 .certainty = Certainty::likely,
                 .sentence = texts::capture_silent(e.connection.ends[1 - side].endpoint.text()),
                 .evidence = {repetitions_of(sender), captured(texts::last_segments_unanswered(sender.unanswered))},
                 .others = {texts::path_loses_most, texts::firewall_forgot, texts::full_sized_do_not_pass},
                 .next = texts::ask_that_host};
}

// Sent again though the first one had arrived.
int needless(const CapturedEnd& sender) {
  return std::max(sender.spurious, std::min(sender.arrived_twice, sender.retransmissions + sender.spurious));
}

// Sent again because the first one had not arrived, as far as that shows. What was sent with the SYN is sent again if
// the server takes no data there: RFC 7413 s.3.
int losses(const CaptureEvidence& e, std::size_t side) {
  const CapturedEnd& sender = e.connection.ends[side];
  const int with_syn = side == 0 && e.connection.data_with_syn ? 1 : 0;
  return std::max(sender.retransmissions + sender.spurious - needless(sender) - with_syn, 0);
}

// One or two losses matter if the connection waited for them.
bool cost_time(const CaptureEvidence& e) {
  const CapturedWaits& waits = e.connection.waits;
  const std::int64_t other = waits.answer + waits.handshake + waits.window[0] + waits.window[1];
  const std::int64_t life = e.connection.last - e.connection.began;
  if (waits.timer >= second) return true;
  return waits.timer >= second / 5 && waits.timer >= other && waits.timer * 10 >= life;
}

Answer loses(const CaptureEvidence& e, std::size_t side) {
  const CapturedEnd& sender = e.connection.ends[side];
  const int again = losses(e, side);
  const bool one_in_hundred = again * 100 >= sender.data_segments;
  if (again == 0 || !one_in_hundred) return std::nullopt;
  const bool many = e.connection.lost > 0 || again >= 3;
  if (!many && !cost_time(e)) return std::nullopt;
  Verdict verdict{.cause = Cause::path_loss,
                  .certainty = certain_if(many),
                  .sentence = texts::capture_lossy(again, sender.data_segments),
                  .evidence = {repetitions_of(sender)},
                  .others = {texts::only_delayed},
                  .next = texts::find_lossy_link_there};
  if (auto time = where_the_time_went(e)) verdict.evidence.push_back(*std::move(time));
  return verdict;
}

// Seen at the sender: it repeats a large segment and nothing acknowledges it, though small ones pass.
Answer large_repeat(const CaptureEvidence& e, std::size_t side) {
  const CapturedEnd& sender = e.connection.ends[side];
  const bool large = sender.repeated >= 1000 && sender.repeated > sender.largest_acked;
  if (!large || sender.repeats < 2) return std::nullopt;
  const bool heard = sender.heard_since_repeated;
  if (!heard && sender.largest_acked == 0) return std::nullopt;
  return Verdict{.cause = Cause::pmtu_black_hole,
                 .certainty = heard ? Certainty::likely : Certainty::possible,
                 .sentence = texts::capture_black_hole(sender.endpoint.text(), sender.repeated),
                 .evidence = {captured(texts::large_repeated(sender.repeats, sender.repeated, sender.largest_acked))},
                 .others = {heard ? Text(texts::path_loses_most) : Text(texts::other_end_is_gone)},
                 .next = texts::see_path_mtu};
}

// Seen at the receiver: a large piece never comes, though what was sent behind it does.
Answer large_missing(const CaptureEvidence& e, std::size_t side) {
  const CapturedEnd& sender = e.connection.ends[side];
  const bool waits = sender.missing >= 1000 && e.connection.ends[1 - side].duplicate_acks > 0;
  if (!waits || e.end - sender.missing_since < second || sender.largest > 1000 || sender.largest == 0)
    return std::nullopt;
  return Verdict{.cause = Cause::pmtu_black_hole,
                 .certainty = Certainty::likely,
                 .sentence = texts::capture_large_missing(sender.endpoint.text(), sender.missing),
                 .evidence = {captured(texts::small_arrived(sender.largest, Duration(e.end - sender.missing_since)))},
                 .others = {texts::path_loses_most},
                 .next = texts::see_path_mtu};
}

}  // namespace

Answer pmtu_black_hole(const CaptureEvidence& e) {
  const CapturedConnection& c = e.connection;
  for (std::size_t side : {0, 1}) {
    if (c.too_big && c.after_too_big >= 2 && c.ends[side].repeats >= 2) {
      return Verdict{.cause = Cause::pmtu_black_hole,
                     .certainty = Certainty::likely,
                     .sentence = texts::capture_too_big_ignored(c.ends[side].endpoint.text(), c.too_big->mtu),
                     .evidence = {captured(texts::too_big_from(c.too_big->from.text(), c.too_big->mtu))},
                     .others = {texts::path_loses_most},
                     .next = texts::let_icmp_through};
    }
    if (c.too_big) continue;
    if (Answer answer = large_repeat(e, side)) return answer;
    if (Answer answer = large_missing(e, side)) return answer;
  }
  return std::nullopt;
}

Answer lossy(const CaptureEvidence& e) {
  bool nothing_lost = e.connection.fates_known && e.connection.lost == 0;  // sent again because of a delay
  if (nothing_lost || e.connection.too_big) return std::nullopt;
  for (std::size_t side : {0, 1}) {
    if (Answer answer = last_ack_missing(e, side)) return answer;
    if (Answer answer = falls_silent(e, side)) return answer;
    if (Answer answer = loses(e, side)) return answer;
  }
  return std::nullopt;
}

Answer repeats_needlessly(const CaptureEvidence& e) {
  for (std::size_t side : {0, 1}) {
    const CapturedEnd& sender = e.connection.ends[side];
    const int twice = needless(sender);
    if (twice * 100 < sender.data_segments || (twice < 3 && !cost_time(e)) || twice == 0) continue;
    Verdict verdict{.cause = Cause::spurious_retransmissions,
                    .certainty = Certainty::likely,
                    .sentence = texts::capture_spurious(twice, sender.data_segments),
                    .evidence = {captured(texts::arrived_twice(e.connection.ends[1 - side].endpoint.text(), twice))},
                    .others = {texts::acks_were_lost},
                    .next = texts::find_what_delays};
    if (auto time = where_the_time_went(e)) verdict.evidence.push_back(*std::move(time));
    return verdict;
  }
  return std::nullopt;
}

Answer reorders(const CaptureEvidence& e) {
  for (const CapturedEnd& sender : e.connection.ends) {
    if (sender.overtaken == 0 || sender.overtaken * 100 < sender.data_segments) continue;
    return Verdict{.cause = Cause::reordering,
                   .certainty = Certainty::likely,
                   .sentence = texts::capture_reorders(sender.overtaken, sender.data_segments),
                   .evidence = {captured(texts::overtaken_from(sender.endpoint.text(), sender.overtaken))},
                   .others = {texts::capture_reordered},
                   .next = texts::find_parallel_links};
  }
  return std::nullopt;
}

std::optional<Fact> copies_in(const CaptureEvidence& e) {
  const CapturedEnd& client = e.connection.ends[0];
  const CapturedEnd& server = e.connection.ends[1];
  const int copies = client.copies + server.copies;
  const int first = client.segments + server.segments + (e.connection.reset ? 1 : 0);
  if (copies == 0 || copies * 20 < first) return std::nullopt;
  return captured(texts::capture_has_copies(copies, copies + first));
}

Answer seen_twice(const CaptureEvidence& e) {
  const CapturedEnd& client = e.connection.ends[0];
  const CapturedEnd& server = e.connection.ends[1];
  if (!copies_in(e)) return std::nullopt;
  const bool all = (client.copies + server.copies) * 2 > client.segments + server.segments;
  return Verdict{.cause = Cause::capture_duplicates,
                 .certainty = Certainty::likely,
                 .sentence = copies_in(e)->text,
                 .evidence = {captured(texts::same_identification)},
                 .others = {all ? Text(texts::path_doubles) : Text(texts::mirror_port)},
                 .next = texts::capture_at_one_place};
}

}  // namespace loquat::wire::rules
