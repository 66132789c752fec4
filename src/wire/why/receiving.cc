// The rules for the end that has received something and does not take it.
#include <chrono>

#include "wire/why/rules.h"

namespace loquat::wire::rules {
namespace {

using std::chrono::seconds;

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

Verdict leak(const Reading& r) {
  bool old = r.info.last_ack_received >= seconds(60), let_go = peer_has_let_go(r);
  bool certain = r.looked_long() && (let_go || old);
  Verdict v{
      .cause = Cause::close_wait_leak,
      .certainty = certain_if(certain),
      .sentence = texts::close_wait_leak(r.info.last_ack_received, owner_text(r.seen.owners, r.now)),
      .evidence = {socket_fact(r.now),
                   {r.now.recv_queue == 0 ? Text(texts::has_read_the_end) : texts::end_is_unread(unread_bytes(r.now))}},
      .others = {texts::may_be_half_close},
      .next = texts::find_forgotten_close,
      .stuck = r.info.last_ack_received,
      .look_longer = let_go && !r.looked_long()};
  if (certain && let_go) v.evidence.push_back({texts::peer_let_go});
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
  if (r.acked == 0 && r.consumed == 0 && r.info.last_data_sent >= r.seen.between) return leak(r);
  return Verdict{.cause = Cause::healthy,
                 .certainty = Certainty::likely,
                 .sentence = texts::our_side_in_use,
                 .evidence = {socket_fact(r.now)}};
}

}  // namespace loquat::wire::rules
