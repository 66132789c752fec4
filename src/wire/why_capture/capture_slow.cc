// The rules for a connection that loses nothing and takes its time all the same.
#include <algorithm>

#include "wire/why_capture/capture_rules.h"
#include "wire/why_capture/capture_waits.h"

namespace loquat::wire::rules {
namespace {

std::int64_t life_of(const CaptureEvidence& e) { return std::max<std::int64_t>(e.end - e.connection.began, 1); }

// The server has acknowledged what it has not answered: ns until the end of the capture.
std::int64_t unanswered_for(const CaptureEvidence& e) {
  const CapturedConnection& c = e.connection;
  const CapturedEnd& client = c.ends[0];
  const CapturedEnd& server = c.ends[1];
  const bool waits = c.last_data_from == 0U && unacknowledged(c, 0) == 0 && server.bytes > 0;
  return waits && client.fins == 0 && server.fins == 0 ? e.end - client.data_at : 0;
}

// The last message may need no answer. Only answers that came late make it likely.
Verdict slow(const CaptureEvidence& e, std::int64_t waited) {
  const bool came_late = e.connection.waits.answer * 2 > waited;
  Verdict verdict{.cause = Cause::slow_server,
                  .certainty = came_late ? Certainty::likely : Certainty::possible,
                  .sentence = texts::capture_slow_answers(e.connection.ends[1].endpoint.text(), Duration(waited),
                                                          Duration(life_of(e))),
                  .others = {came_late ? Text(texts::answers_late_on_purpose) : Text(texts::needs_no_answer)},
                  .next = texts::see_what_it_works_on};
  if (auto time = where_the_time_went(e)) verdict.evidence.push_back(*std::move(time));
  return verdict;
}

}  // namespace

Answer nagle_and_delayed_acks(const CaptureEvidence& e) {
  for (std::size_t side : {0, 1}) {
    const CapturedWaits& waits = e.connection.waits;
    if (waits.times_held_back[side] < 2 || waits.held_back[side] * 4 < e.connection.last - e.connection.began) continue;
    const CapturedEnd& sender = e.connection.ends[side];
    const Duration waited(waits.held_back[side]);
    return Verdict{.cause = Cause::nagle_delayed_ack,
                   .certainty = Certainty::likely,
                   .sentence = texts::capture_nagle(sender.endpoint.text(), waits.times_held_back[side], waited),
                   .evidence = {captured(
                       texts::small_after_ack(waits.times_held_back[side], waited / waits.times_held_back[side]))},
                   .others = {texts::sends_at_intervals},
                   .next = texts::set_nodelay};
  }
  return std::nullopt;
}

Answer slow_answers(const CaptureEvidence& e) {
  const CapturedWaits& waits = e.connection.waits;
  const std::int64_t waited = waits.answer + unanswered_for(e);
  const bool most = waited * 2 > life_of(e) && waited >= waits.pause[0] + waits.pause[1];
  if (waited < second || !most) return std::nullopt;
  return slow(e, waited);
}

std::optional<Fact> where_the_time_went(const CaptureEvidence& e) {
  const CapturedConnection& c = e.connection;
  const std::int64_t life = c.last - c.began;
  if (life < second / 2) return std::nullopt;
  Text parts;
  const auto add = [&](std::int64_t waited, const Text& what) {
    if (waited * 20 < life) return;
    const Text part = texts::time_for(Duration(waited), what);
    parts.en += (parts.en.empty() ? "" : ", ") + part.en;
    parts.zh += (parts.zh.empty() ? "" : "、") + part.zh;
  };
  add(c.waits.handshake, texts::time_of_handshake);
  add(c.waits.answer, texts::time_of_answers(c.ends[1].endpoint.text()));
  add(c.waits.timer, texts::time_of_timers);
  for (std::size_t side : {1, 0}) add(c.waits.window[side], texts::time_of_window(c.ends[side].endpoint.text()));
  for (std::size_t side : {0, 1}) add(c.waits.pause[side], texts::time_of_pauses(c.ends[side].endpoint.text()));
  if (parts.en.empty()) return std::nullopt;
  return captured(texts::time_went(Duration(life), parts));
}

}  // namespace loquat::wire::rules
