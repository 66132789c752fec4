// The rules for the end that has received something and does not take it.
#include "wire/why/rules.h"

namespace loquat::wire::rules {
namespace {

// The FIN counts as one byte of Recv-Q until the application has read the end.
std::uint32_t unread_bytes(const kernel::SocketFacts& socket) {
  bool end_too = socket.state == State::close_wait && socket.recv_queue > 0;
  return socket.recv_queue - (end_too ? 1 : 0);
}

Verdict reads_slowly(const Reading& r) {
  return {.cause = Cause::healthy,
          .certainty = Certainty::certain,
          .sentence = texts::we_read_slowly(r.consumed, r.seen.between, r.now.recv_queue),
          .evidence = {socket_fact(r.now)}};
}

bool peer_has_let_go(const Reading& r) {
  if (!r.seen.peer_is_here) return false;
  return !r.seen.peer || r.seen.peer->inode == 0;  // an orphan in FIN-WAIT-2, or gone
}

// The peer's last word was a message, not just the end; the end counts as a byte.
bool peer_may_be_unanswered(const Reading& r) {
  return r.info.bytes_received > 1 && kernel::who_spoke_last(r.info) == kernel::Spoke::peer;
}

// The server is at work on a request and has not come to read that the client has gone.
Verdict client_gave_up(const Reading& r) {
  const Text owner = owner_text(r.seen.owners, r.now);
  return with_state_of(r.seen.owners, r.now,
                       {.cause = Cause::slow_server,
                        .certainty = Certainty::likely,
                        .sentence = texts::client_gave_up(owner, r.info.last_data_received, r.info.last_ack_received),
                        .evidence = {socket_fact(r.now), {texts::end_is_unread(unread_bytes(r.now))}},
                        .others = {texts::connection_is_forgotten, texts::may_be_half_close},
                        .next = texts::see_what_process_does(pid_text(r.seen.owners)),
                        .stuck = r.info.last_data_received});
}

std::vector<Text> other_than_a_leak(const Reading& r, bool let_go) {
  std::vector<Text> others;
  if (!let_go) others.push_back(texts::may_be_half_close);
  if (r.now.recv_queue > 0) others.push_back(texts::busy_before_the_end);
  if (r.now.recv_queue == 0 && peer_may_be_unanswered(r)) others.push_back(texts::still_works_on_it);
  if (r.seen.role == Role::client) others.push_back(texts::pool_keeps_it);
  return others;
}

Verdict leak(const Reading& r) {
  const bool let_go = peer_has_let_go(r), unread = r.now.recv_queue > 0;
  const bool certain = r.looked_long() && let_go && !unread && !peer_may_be_unanswered(r);
  Verdict v{.cause = Cause::close_wait_leak,
            .certainty = certain_if(certain),
            .sentence = texts::close_wait_leak(r.info.last_ack_received, owner_text(r.seen.owners, r.now)),
            .evidence = {socket_fact(r.now),
                         {unread ? texts::end_is_unread(unread_bytes(r.now)) : Text(texts::has_read_the_end)}},
            .others = other_than_a_leak(r, let_go),
            .next = unread ? texts::see_what_process_does(pid_text(r.seen.owners)) : Text(texts::find_forgotten_close),
            .stuck = r.info.last_ack_received,
            .look_longer = let_go && !r.looked_long()};
  if (let_go && r.looked_long()) v.evidence.push_back({texts::peer_let_go});
  return with_state_of(r.seen.owners, r.now, std::move(v));
}

}  // namespace

Answer not_read(const Reading& r) {
  bool open = r.is(State::established) || r.is(State::fin_wait_1) || r.is(State::fin_wait_2);
  if (!open || r.now.recv_queue == 0 || r.seen.first.recv_queue == 0) return std::nullopt;
  if (r.consumed > 0) return reads_slowly(r);
  Text owner = owner_text(r.seen.owners, r.now);
  Verdict v{.cause = Cause::application_not_reading,
            .certainty = certain_if(r.looked_long()),
            .sentence = texts::we_do_not_read(owner, r.now.recv_queue, r.info.last_data_received),
            .evidence = {socket_fact(r.now), {texts::read_nothing_within(r.seen.between, r.received)}},
            .others = {texts::reads_later},
            .next = texts::see_what_process_does(pid_text(r.seen.owners)),
            .stuck = r.info.last_data_received,
            .look_longer = !r.looked_long()};
  if (r.now.send_queue > 0 && r.now.timer == kernel::Timer::persist) v.evidence.push_back({texts::both_only_write});
  return with_state_of(r.seen.owners, r.now, std::move(v));
}

Answer close_wait(const Reading& r) {
  if (!r.is(State::close_wait) || r.seen.first.state != State::close_wait) return std::nullopt;
  if (r.now.send_queue > 0) return std::nullopt;  // still sending: the rules for senders
  if (r.acked == 0 && r.consumed == 0 && r.info.last_data_sent >= r.seen.between) {
    const bool at_work = r.seen.role == Role::server && r.now.recv_queue == 1 && peer_may_be_unanswered(r);
    return at_work ? client_gave_up(r) : leak(r);
  }
  return Verdict{.cause = Cause::healthy,
                 .certainty = Certainty::likely,
                 .sentence = texts::our_side_in_use,
                 .evidence = {socket_fact(r.now)}};
}

}  // namespace loquat::wire::rules
