// The rules for a connection that is being closed.
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

}  // namespace loquat::wire::rules
