// The rules for a connection that is being closed, and for one whose other end has gone without a word.
#include <chrono>

#include "wire/why/rules.h"

namespace loquat::wire::rules {
namespace {

using std::chrono::seconds;

bool peer_keeps_it_open(const Reading& r) { return r.peer_seen && r.seen.peer->state == State::close_wait; }

Verdict stands_in_fin_wait_2(const Reading& r) {
  Verdict v{.cause = Cause::fin_wait_2,
            .certainty = certain_if(peer_keeps_it_open(r)),
            .sentence = texts::fin_wait_2,
            .evidence = {socket_fact(r.now)},
            .others = {texts::fin_was_lost, texts::peer_is_gone},
            .next = texts::peer_has_to_close};
  if (r.now.inode == 0) v.evidence.push_back({texts::orphan_ends_in(r.now.expires)});
  if (peer_keeps_it_open(r))
    v.evidence.push_back({texts::peer_in_close_wait(owner_text(r.seen.peer_owners, *r.seen.peer))});
  return v;
}

Verdict is_closing(const Reading& r, Text sentence) {
  return {.cause = Cause::closing,
          .certainty = Certainty::certain,
          .sentence = std::move(sentence),
          .evidence = {socket_fact(r.now)}};
}

Answer fin_wait_2(const Reading& r) {
  if (r.received > 0) return std::nullopt;
  bool peer_could_close =
      peer_keeps_it_open(r) && r.seen.peer->recv_queue == 0 && r.info.last_ack_received > seconds(5);
  return r.now.inode == 0 || peer_could_close ? stands_in_fin_wait_2(r) : is_closing(r, texts::waits_for_answer);
}

}  // namespace

Answer closing(const Reading& r) {
  switch (r.now.state) {
    case State::fin_wait_2:
      return fin_wait_2(r);
    case State::time_wait:
      return is_closing(r, texts::time_wait(r.now.expires));
    case State::fin_wait_1:
    case State::closing:
    case State::last_ack:
      return is_closing(r, texts::fin_unacknowledged(wire::name(r.now.state)));
    default:
      return std::nullopt;
  }
}

Answer other_end_missing(const Reading& r) {
  bool would_be_there = r.seen.peer_is_here && !r.seen.peer_first && !r.seen.peer && r.connected();
  if (!would_be_there || (r.is(State::fin_wait_2) && r.now.inode == 0) || r.seen.first.state != r.now.state)
    return std::nullopt;
  // Where addresses are rewritten, the other end has another one here, unless a program listens at just this one.
  if (r.seen.may_be_nat && !r.seen.peer_is_listened_at) return std::nullopt;
  if (r.is(State::close_wait)) return std::nullopt;  // the peer has closed, and its end may be gone by now
  if (r.seen.between.count() > 0 && r.received > 0) return std::nullopt;  // something still arrives from there
  return Verdict{.cause = Cause::half_open,
                 .certainty = certain_if(!r.seen.may_be_nat),
                 .sentence = texts::half_open(wire::name(r.now.state), r.now.remote.str()),
                 .evidence = {socket_fact(r.now), {texts::no_other_end}},
                 .others = {texts::may_be_nat},
                 .next = texts::next_send_gets_rst};
}

Answer keepalive_unanswered(const Reading& r) {
  bool probing = r.now.timer == kernel::Timer::keepalive && r.now.retransmits > 0;
  if (!r.is(State::established) && !r.is(State::close_wait)) return std::nullopt;
  if (!probing || r.segments_in > 0) return std::nullopt;
  return Verdict{.cause = Cause::peer_gone,
                 .certainty = r.now.retransmits >= 2 ? Certainty::likely : Certainty::possible,
                 .sentence = texts::keepalive_unanswered(r.now.retransmits),
                 .evidence = {socket_fact(r.now), {texts::last_heard(r.info.last_ack_received, r.now.expires)}},
                 .others = {texts::firewall_forgot},
                 .next = texts::ask_host_keepalive,
                 .stuck = r.info.last_ack_received,
                 .look_longer = !r.looked_long()};
}

}  // namespace loquat::wire::rules
