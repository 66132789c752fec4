// The rules for a connection with which nothing is wrong.
#include <algorithm>
#include <chrono>

#include "wire/why/rules.h"

namespace loquat::wire::rules {
namespace {

bool peer_lives(const Reading& r) {
  if (r.peer_seen) return true;
  Duration recent = r.seen.between + std::chrono::seconds(2);
  return r.segments_in > 0 && (r.info.last_ack_received < recent || r.info.last_data_received < recent);
}

}  // namespace

Answer moving(const Reading& r) {
  if (!r.connected() || !r.moving()) return std::nullopt;
  return Verdict{.cause = Cause::healthy,
                 .certainty = Certainty::certain,
                 .sentence = texts::healthy(r.seen.between, bytes_text(r.acked), bytes_text(r.received)),
                 .evidence = {socket_fact(r.now),
                              {texts::round_trip_and_losses(r.info.rtt, r.info.total_retrans, r.info.data_segments_out),
                               Source::reported}}};
}

Answer waiting_for_ack(const Reading& r) {
  if (!r.connected() || r.now.send_queue == 0) return std::nullopt;
  return Verdict{.cause = Cause::healthy,
                 .certainty = Certainty::possible,
                 .sentence = texts::on_their_way(r.now.send_queue, r.now.expires),
                 .evidence = {socket_fact(r.now)},
                 .others = {texts::first_sign_of_loss},
                 .look_longer = !r.looked_long()};
}

Answer idle(const Reading& r) {
  if (!r.is(State::established)) return std::nullopt;
  bool ours_last = r.info.last_data_sent < r.info.last_data_received;
  Duration quiet = std::min(r.info.last_data_sent, r.info.last_data_received);
  Verdict v{.cause = Cause::idle,
            .certainty = certain_if(peer_lives(r)),
            .sentence = texts::idle(quiet, ours_last ? texts::this_end : texts::the_peer),
            .evidence = {socket_fact(r.now)},
            .others = {texts::may_be_half_open_idle},
            .next = ours_last ? texts::peer_owes_answer : texts::we_owe_answer};
  if (r.peer_seen) v.evidence.push_back({texts::peer_is_idle_too});
  return v;
}

}  // namespace loquat::wire::rules
