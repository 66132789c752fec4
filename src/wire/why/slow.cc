// The rules for a connection that takes its time: nothing is stuck, and somebody waits.
#include <algorithm>
#include <chrono>

#include "wire/why/rules.h"

namespace loquat::wire::rules {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What was sent again without a byte of data was SYN or SYN,ACK, as long as no FIN of ours is on its way. 0: nothing
// was.
Duration handshake_time(const Reading& r) {
  const bool ours_is_open = r.is(State::established) || r.is(State::close_wait);
  if (!ours_is_open || r.info.total_retrans == 0 || r.info.bytes_retrans > 0) return {};
  if (r.info.timeout_wait.count() == 0) return seconds(r.info.total_retrans);
  // The kernel counts a client's time from its first timeout, which comes after one second.
  return r.info.timeout_wait + (r.seen.role == Role::client ? seconds(1) : seconds(0));
}

const char* sent_again(const Reading& r) {
  if (r.seen.role == Role::server) return "SYN,ACK";
  return r.seen.role == Role::client ? "SYN" : "SYN / SYN,ACK";
}

Verdict peer_is_slow_to_answer(const Reading& r, Duration waited) {
  Verdict v{.cause = Cause::slow_server,
            .sentence = texts::no_answer_yet(r.now.remote.str(), waited),
            .evidence = {socket_fact(r.now)},
            .others = {texts::may_have_nothing_to_say},
            .next = r.peer_seen ? Text(texts::see_what_it_works_on) : Text(texts::peer_owes_answer)};
  if (r.peer_seen) {
    v.evidence.push_back({texts::peer_holds_the_request(owner_text(r.seen.peer_owners, *r.seen.peer))});
    return with_state_of(r.seen.peer_owners, *r.seen.peer, std::move(v));
  }
  if (r.info.bytes_received == 0) v.others.push_back(texts::far_program_has_not_accepted);
  v.others.push_back(texts::answer_may_be_lost);
  if (!peer_lives(r)) v.others.push_back(texts::may_be_half_open_idle);
  return v;
}

Verdict we_are_slow_to_answer(const Reading& r, Duration waited) {
  return with_state_of(r.seen.owners, r.now,
                       {.cause = Cause::slow_server,
                        .sentence = texts::we_have_not_answered(owner_text(r.seen.owners, r.now), waited),
                        .evidence = {socket_fact(r.now)},
                        .others = {texts::needs_no_answer},
                        .next = texts::see_what_process_does(pid_text(r.seen.owners))});
}

}  // namespace

// The kernel does not know what is a request, so this is never more than possible. After ten minutes it is idle: few
// clients wait that long.
Answer slow_answer(const Reading& r) {
  if (!r.is(State::established) || !r.has_info || r.moving() || r.now.send_queue + r.now.recv_queue > 0)
    return std::nullopt;
  const Duration waited = std::min(r.info.last_data_sent, r.info.last_data_received);
  if (waited < milliseconds(500) || waited > std::chrono::minutes(10) || waited < handshake_time(r))
    return std::nullopt;
  const Spoke last = who_spoke_last(r.info);
  Answer answer;
  if (r.seen.role == Role::client && last == Spoke::us) answer = peer_is_slow_to_answer(r, waited);
  if (r.seen.role == Role::server && last == Spoke::peer) answer = we_are_slow_to_answer(r, waited);
  if (!answer) return std::nullopt;
  answer->stuck = waited;
  if (auto handshake = slow_handshake_fact(r)) answer->evidence.push_back(*std::move(handshake));
  return answer;
}

std::optional<Fact> slow_handshake_fact(const Reading& r) {
  const Duration took = handshake_time(r);
  if (took < milliseconds(500)) return std::nullopt;
  return Fact{texts::handshake_sent_again(took, sent_again(r), r.info.total_retrans + 1), Source::reported};
}

// Only while it is the greater part of the connection's life, as far as the kernel shows that.
Answer slow_to_open(const Reading& r) {
  const Duration took = handshake_time(r);
  const Duration since = std::max({r.info.last_data_sent, r.info.last_data_received, r.info.last_ack_received});
  if (took < milliseconds(500) || r.moving() || since > 2 * took || r.info.segments_in > 50) return std::nullopt;
  Verdict v{.cause = Cause::slow_handshake,
            .certainty = Certainty::likely,
            .sentence = texts::capture_slow_handshake(took),
            .evidence = {socket_fact(r.now), *slow_handshake_fact(r)},
            .others = {texts::backlog_was_full, texts::path_was_slow},
            .next = texts::look_at_server_backlog};
  v.others.insert(v.others.begin() + 1,
                  r.seen.role == Role::server ? Text(texts::syn_acks_were_lost) : Text(texts::syns_were_lost));
  return v;
}

}  // namespace loquat::wire::rules
