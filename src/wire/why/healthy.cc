// The rules for a connection with which nothing is wrong.
#include <chrono>

#include "wire/why/rules.h"

namespace loquat::wire::rules {
namespace {

using kernel::Spoke;

Text idle_sentence(Spoke last, Duration quiet) {
  if (last == Spoke::us) return texts::idle_we_spoke_last(quiet);
  if (last == Spoke::peer) return texts::idle_peer_spoke_last(quiet);
  return last == Spoke::nobody ? Text(texts::idle_nobody_spoke) : texts::idle(quiet);
}

// Whether an answer may be due. After the server's word nothing is: a kept connection waits for the next request.
bool may_owe(const Reading& r, Spoke last) {
  if (last == Spoke::us) return r.seen.role != Role::server;
  return last == Spoke::peer && r.seen.role != Role::client;
}

}  // namespace

bool peer_lives(const Reading& r) {
  if (r.peer_seen) return true;
  Duration recent = r.seen.between + std::chrono::seconds(2);
  return r.segments_in > 0 && (r.info.last_ack_received < recent || r.info.last_data_received < recent);
}

Answer moving(const Reading& r) {
  if (!r.connected() || !r.moving()) return std::nullopt;
  Verdict v{.cause = Cause::healthy,
            .certainty = Certainty::certain,
            .sentence = texts::healthy(r.seen.between, bytes_text(r.acked), bytes_text(r.received)),
            .evidence = {socket_fact(r.now),
                         {texts::round_trip_and_losses(r.info.rtt, r.info.total_retrans, r.info.data_segments_out),
                          Source::reported}}};
  if (auto handshake = slow_handshake_fact(r)) v.evidence.push_back(*std::move(handshake));
  if (auto time = where_the_time_went(r)) v.evidence.push_back(*std::move(time));
  const bool queued = r.info.rtt >= std::chrono::milliseconds(200) && r.info.rtt > 10 * r.info.min_rtt;
  if (queued && r.info.min_rtt.count() > 0)
    v.evidence.push_back({texts::long_queue_on_the_way(r.info.rtt, r.info.min_rtt), Source::reported});
  return v;
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
  const Spoke last = r.has_info ? kernel::who_spoke_last(r.info) : Spoke::unknown;
  const Duration quiet = kernel::quiet_for(r.info);
  Verdict v{.cause = Cause::idle,
            .certainty = certain_if(peer_lives(r) && !(last == Spoke::us && may_owe(r, last))),
            .sentence = idle_sentence(last, quiet),
            .evidence = {socket_fact(r.now)}};
  if (last == Spoke::us && may_owe(r, last)) {
    v.others.push_back(texts::may_have_nothing_to_say);
    v.next = texts::peer_owes_answer;
  }
  if (last == Spoke::peer && may_owe(r, last)) v.next = texts::we_owe_answer;
  if (!peer_lives(r)) v.others.push_back(texts::may_be_half_open_idle);
  if (r.peer_seen) v.evidence.push_back({texts::peer_is_idle_too(owner_text(r.seen.peer_owners, *r.seen.peer))});
  if (auto handshake = slow_handshake_fact(r)) v.evidence.push_back(*std::move(handshake));
  return v;
}

}  // namespace loquat::wire::rules
