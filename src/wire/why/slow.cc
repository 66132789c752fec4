// The rules for a connection that takes its time: nothing is stuck, and somebody waits.
#include <algorithm>
#include <chrono>

#include "wire/why/rules.h"

namespace loquat::wire::rules {
namespace {

using kernel::Spoke;
using kernel::Wait;
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

// Answers came between the looks, and most of that time the client waited for one of them.
Answer came_late(const Reading& r) {
  const bool server = r.seen.role == Role::server;
  const Wait word = server ? Wait::our_word : Wait::peers_word;
  const Duration waited = r.waits.part_of(word, r.seen.between);
  if (r.seen.role == Role::unknown || r.acked == 0 || r.received == 0) return std::nullopt;
  if (r.waits.longest(word) < milliseconds(500) || waited * 2 < r.seen.between) return std::nullopt;
  const Text who = server ? owner_text(r.seen.owners, r.now) : Text{r.now.remote.str(), r.now.remote.str()};
  Verdict v{.cause = Cause::slow_server,
            .certainty = Certainty::likely,
            .sentence = texts::capture_slow_answers(who, waited, r.seen.between),
            .evidence = {socket_fact(r.now)},
            .others = {texts::answers_late_on_purpose},
            .next = texts::see_what_it_works_on};
  if (server) v.next = texts::see_what_process_does(pid_text(r.seen.owners));
  if (auto time = where_the_time_went(r)) v.evidence.push_back(*std::move(time));
  return v;
}

}  // namespace

Answer held_back(const Reading& r) {
  const int held = r.waits.seen(Wait::small_segment), looks = r.waits.looks();
  if (held < 5 || held * 6 < looks) return std::nullopt;
  const Duration waited = r.waits.part_of(Wait::small_segment, r.seen.between);
  Verdict v{.cause = Cause::nagle_delayed_ack,
            .certainty = Certainty::likely,
            .sentence = texts::nagle_holds_back(waited, r.seen.between, r.now.local.str()),
            .evidence = {socket_fact(r.now), {texts::small_one_was_unsent(held, looks, r.info.min_rtt)}},
            .others = {texts::path_delays_acks},
            .next = texts::set_nodelay};
  if (auto time = where_the_time_went(r)) v.evidence.push_back(*std::move(time));
  return v;
}

// The kernel does not know what is a request, so an answer that has not come is never more than possible. After ten
// minutes it is idle: few clients wait that long.
Answer slow_answer(const Reading& r) {
  if (!r.is(State::established) || !r.has_info) return std::nullopt;
  if (Answer late = came_late(r)) return late;
  if (r.moving() || r.now.send_queue + r.now.recv_queue > 0) return std::nullopt;
  const Duration waited = kernel::quiet_for(r.info);
  if (waited < milliseconds(500) || waited > std::chrono::minutes(10) || waited < handshake_time(r))
    return std::nullopt;
  const Spoke last = kernel::who_spoke_last(r.info);
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

std::optional<Fact> where_the_time_went(const Reading& r) {
  const Duration all = r.seen.between;
  if (!r.has_info || all < milliseconds(500)) return std::nullopt;
  Text parts;
  const auto add = [&](Duration waited, const Text& what) {
    if (waited * 20 < all) return;
    const Text part = texts::time_for(std::min(waited, all), what);
    parts.en += (parts.en.empty() ? "" : ", ") + part.en;
    parts.zh += (parts.zh.empty() ? "" : "、") + part.zh;
  };
  const std::string us = r.now.local.str(), peer = r.now.remote.str();
  const bool server = r.seen.role == Role::server;
  const auto part = [&](Wait wait) { return r.waits.part_of(wait, all); };
  const auto counted = [&](Duration kernel::TcpInfo::*time) { return r.info.*time - (*r.seen.first.info).*time; };
  // An end that says nothing meanwhile gives no answers: the other one speaks when it likes.
  const Text for_peer = r.received == 0 ? texts::time_of_pauses(us)
                        : server        ? texts::time_of_pauses(peer)
                                        : texts::time_of_answers(peer);
  const Text for_us = r.acked == 0 ? texts::time_of_pauses(peer)
                      : server     ? texts::time_of_answers(us)
                                   : texts::time_of_pauses(us);
  add(part(Wait::peers_word), for_peer);
  add(part(Wait::our_word), for_us);
  add(part(Wait::small_segment), texts::time_of_nagle);
  add(counted(&kernel::TcpInfo::timeout_wait), texts::time_of_timers);
  add(counted(&kernel::TcpInfo::window_limited), texts::time_of_window(peer));
  add(counted(&kernel::TcpInfo::buffer_limited), texts::time_of_own_buffer);
  if (parts.en.empty()) return std::nullopt;
  return Fact{texts::time_went(all, parts), Source::reported};
}

}  // namespace loquat::wire::rules
