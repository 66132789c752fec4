// The rules for listeners and for the handshake.
#include <chrono>

#include "wire/why/rules.h"

namespace loquat::wire::rules {
namespace {

bool full(const kernel::SocketFacts& listener) { return listener.recv_queue > listener.send_queue; }

// The handshake is done, and no descriptor refers to it yet.
bool in_queue(const kernel::SocketFacts& socket) {
  return socket.inode == 0 && (socket.state == State::established || socket.state == State::close_wait);
}

Fact backlog_fact(const kernel::SocketFacts& listener) {
  return {texts::listener_queue(listener.local.str(), listener.recv_queue, listener.send_queue)};
}

// They count for the whole namespace, so they are evidence only if the queue is full.
void add_overflows(const Observation& seen, Verdict& v) {
  for (const char* each : {"ListenOverflows", "ListenDrops", "TCPReqQFullDrop"}) {
    if (auto by = seen.rose(each); by > 0)
      v.evidence.push_back({texts::counter_rose_within(each, by, seen.between), Source::reported});
  }
}

Verdict backlog(const Observation& seen, const kernel::SocketFacts& listener, bool certain) {
  Verdict v{.cause = Cause::backlog_full,
            .certainty = certain_if(certain),
            .sentence = texts::backlog_full(listener.local.str(), listener.recv_queue),
            .evidence = {backlog_fact(listener)},
            .others = {texts::burst_is_over},
            .next = texts::accept_then_enlarge,
            .look_longer = !certain};
  add_overflows(seen, v);
  return v;
}

std::vector<Text> where_a_syn_may_end() { return {texts::backlog_may_be_full, texts::host_may_be_down}; }

// Since the first SYN. Without the kernel's own count (before Linux 6.7), what the first retransmissions take at least.
Duration connecting_for(const Reading& r) {
  const bool counted = r.info.timeout_wait.count() > 0;
  return counted ? r.info.timeout_wait + std::chrono::seconds(1) : std::chrono::seconds(r.now.retransmits);
}

Verdict filtered(const Reading& r) {
  Verdict v{.cause = Cause::syn_filtered,
            .certainty = Certainty::likely,
            .sentence = texts::syn_unanswered(connecting_for(r), r.now.retransmits + 1, r.now.remote.str()),
            .evidence = {socket_fact(r.now), {texts::syn_sent_again(r.now.retransmits, r.now.expires)}},
            .others = where_a_syn_may_end(),
            .next = texts::look_for_drop_rule,
            .stuck = connecting_for(r),
            .look_longer = !r.looked_long()};
  if (r.seen.peer_is_here) {
    v.others = {texts::rule_sends_elsewhere};
    v.evidence.push_back({r.seen.listener ? texts::listener_has_room : texts::address_is_ours});
  }
  return v;
}

// A firewall that drops SYNs to that port would have dropped those of the others.
Verdict no_room_there(const Reading& r) {
  return {.cause = Cause::backlog_full,
          .certainty = Certainty::likely,
          .sentence = texts::far_backlog_drops_syns(connecting_for(r), r.now.retransmits + 1, r.now.remote.str()),
          .evidence = {socket_fact(r.now),
                       {texts::syn_sent_again(r.now.retransmits, r.now.expires)},
                       {texts::others_are_connected}},
          .others = {texts::firewall_limits, texts::syns_were_lost},
          .next = texts::why_no_accept_there,
          .stuck = connecting_for(r),
          .look_longer = !r.looked_long()};
}

Verdict nobody_at_that_address(const Reading& r) {
  return {.cause = Cause::peer_gone,
          .certainty = Certainty::likely,
          .sentence = texts::neighbour_missing(r.now.remote.host()),
          .evidence = {socket_fact(r.now), {texts::neighbour_failed}},
          .others = {texts::firewall_drops_arp},
          .next = texts::check_cabling};
}

// The counters are those of the whole namespace.
Verdict listens(const Reading& r, const Text& owner) {
  Verdict v{.cause = Cause::listening,
            .certainty = Certainty::certain,
            .sentence = texts::listens(owner, r.now.recv_queue, r.now.send_queue),
            .evidence = {backlog_fact(r.now)}};
  for (const char* each : {"TCPReqQFullDoCookies", "TCPReqQFullDrop"}) {
    const auto by = r.seen.rose(each);
    if (by == 0) continue;
    v.certainty = Certainty::likely;
    v.sentence = texts::too_many_handshakes(owner);
    v.evidence.push_back({texts::counter_rose_within(each, by, r.seen.between), Source::reported});
    v.others = {texts::another_listener_is_meant};
    v.next = texts::count_them;
  }
  return v;
}

// A SYN-ACK without an ACK is sent again after a second. One that is not has got its ACK: the kernel waits for data.
bool waits_for_data(const kernel::SocketFacts& first, const kernel::SocketFacts& last, Duration between) {
  const bool open = first.state == State::syn_received && last.state == State::syn_received;
  return open && last.retransmits == 0 && between >= std::chrono::milliseconds(1500);
}

}  // namespace

Answer listener(const Reading& r) {
  if (!r.is(State::listen)) return std::nullopt;
  const kernel::SocketFacts& now = r.now;
  if (full(now)) {
    Verdict v = backlog(r.seen, now, full(r.seen.first) && r.seen.between.count() > 0);
    return with_state_of_acceptor(r.seen, r.seen.owners, now, std::move(v));
  }
  Text owner = owner_text(r.seen.owners, now);
  if (now.recv_queue > 0 && r.seen.first.recv_queue >= now.recv_queue) {
    return with_state_of_acceptor(r.seen, r.seen.owners, now,
                                  {.cause = Cause::not_accepting,
                                   .certainty = Certainty::likely,
                                   .sentence = texts::none_accepted(now.recv_queue, owner, r.seen.between),
                                   .evidence = {backlog_fact(now)},
                                   .others = {texts::accepts_later},
                                   .next = texts::see_why_no_accept(pid_text(r.seen.owners)),
                                   .look_longer = !r.looked_long()});
  }
  return listens(r, owner);
}

Answer syn_sent(const Reading& r) {
  if (!r.is(State::syn_sent)) return std::nullopt;
  if (r.seen.neighbour_failed) return nobody_at_that_address(r);
  if (r.now.retransmits > 0) {
    if (r.seen.listener && full(*r.seen.listener)) return backlog(r.seen, *r.seen.listener, true);
    return r.seen.peer_takes_others && !r.seen.peer_is_here ? no_room_there(r) : filtered(r);
  }
  return Verdict{.cause = Cause::connecting,
                 .certainty = Certainty::likely,
                 .sentence = texts::connecting_syn,
                 .evidence = {socket_fact(r.now)},
                 .others = where_a_syn_may_end(),
                 .look_longer = !r.looked_long()};
}

Answer syn_received(const Reading& r) {
  if (!r.is(State::syn_received)) return std::nullopt;
  if (r.seen.listener && full(*r.seen.listener)) return backlog(r.seen, *r.seen.listener, true);
  if (waits_for_data(r.seen.first, r.now, r.seen.between)) {
    return Verdict{.cause = Cause::connecting,
                   .certainty = Certainty::likely,
                   .sentence = texts::listener_defers_accept(r.now.remote.str()),
                   .evidence = {socket_fact(r.now), {texts::syn_ack_not_repeated(r.seen.between)}},
                   .others = {texts::queue_was_full_at_ack},
                   .next = texts::client_has_to_speak};
  }
  if (r.now.retransmits == 0) {
    return Verdict{.cause = Cause::connecting,
                   .certainty = Certainty::likely,
                   .sentence = texts::connecting_syn_ack,
                   .evidence = {socket_fact(r.now)},
                   .look_longer = !r.looked_long()};
  }
  return Verdict{.cause = Cause::handshake_unanswered,
                 .certainty = Certainty::likely,
                 .sentence = texts::syn_ack_unanswered(r.now.remote.str(), r.now.retransmits),
                 .evidence = {socket_fact(r.now)},
                 .others = {texts::may_be_flood, texts::way_back_is_cut},
                 .next = texts::count_them};
}

Answer not_accepted(const Reading& r) {
  if (!in_queue(r.now) || !in_queue(r.seen.first)) return std::nullopt;
  return with_state_of_acceptor(r.seen, r.seen.listener_owners, r.now,
                                {.cause = Cause::not_accepting,
                                 .certainty = certain_if(r.looked_long()),
                                 .sentence = texts::waits_in_backlog(r.seen.between),
                                 .evidence = {socket_fact(r.now), {texts::no_descriptor}},
                                 .others = {texts::accepts_later},
                                 .next = texts::see_why_no_accept(pid_text(r.seen.listener_owners)),
                                 .look_longer = !r.looked_long()});
}

Answer not_accepted_by_peer(const Reading& r) {
  if (!r.peer_seen || !in_queue(*r.seen.peer) || !in_queue(*r.seen.peer_first)) return std::nullopt;
  if (!r.is(State::established) || !r.seen.listener) return std::nullopt;
  const kernel::SocketFacts& there = *r.seen.listener;
  return with_state_of_acceptor(r.seen, r.seen.listener_owners, there,
                                {.cause = Cause::not_accepting,
                                 .certainty = certain_if(r.looked_long()),
                                 .sentence = texts::server_has_not_accepted(r.info.last_ack_received, there.local.str(),
                                                                            owner_text(r.seen.listener_owners, there)),
                                 .evidence = {socket_fact(r.now), socket_fact(*r.seen.peer), backlog_fact(there)},
                                 .others = {texts::accepts_later},
                                 .next = texts::see_why_no_accept(pid_text(r.seen.listener_owners)),
                                 .stuck = r.info.last_ack_received,
                                 .look_longer = !r.looked_long()});
}

Answer server_has_no_room(const Reading& r) {
  if (!r.peer_seen || r.seen.peer->state != State::syn_received || !r.connected()) return std::nullopt;
  bool no_room = r.seen.listener && full(*r.seen.listener);
  if (!no_room && r.seen.peer->retransmits == 0) {
    const bool sure = waits_for_data(*r.seen.peer_first, *r.seen.peer, r.seen.between);
    return Verdict{.cause = Cause::idle,
                   .certainty = sure ? Certainty::likely : Certainty::possible,
                   .sentence = texts::server_waits_for_our_data,
                   .evidence = {socket_fact(r.now), socket_fact(*r.seen.peer)},
                   .others = {texts::queue_was_full_at_ack},
                   .next = texts::client_has_to_speak,
                   .look_longer = !sure && !r.looked_long()};
  }
  Verdict v = backlog(r.seen, r.seen.listener.value_or(*r.seen.peer), no_room);
  v.evidence.push_back({texts::last_ack_dropped});
  return v;
}

}  // namespace loquat::wire::rules
