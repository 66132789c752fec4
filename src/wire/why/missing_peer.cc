// The rules for a peer that does not exist any more, or does not answer.
#include "wire/why/rules.h"

namespace loquat::wire::rules {

Answer other_end_missing(const Reading& r) {
  bool would_be_there = r.seen.peer_is_here && !r.seen.peer_first && !r.seen.peer && r.connected();
  if (!would_be_there || (r.is(State::fin_wait_2) && r.now.inode == 0) || r.seen.first.state != r.now.state)
    return std::nullopt;
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
