// Why a connection has died: from the kernel's last report on it and the counters that rose meanwhile.
#include <algorithm>
#include <chrono>

#include "wire/why/rules.h"

namespace loquat::wire {
namespace {

// What the death itself shows. A disconnected socket (SO_LINGER 0, a failed connect()) has lost its peer and counts.
struct DeathReading {
  explicit DeathReading(const Death& of) : death(of) {
    if (of.dead.info) info = *of.dead.info;
    if (of.alive) before = of.alive->last.state;
    disconnected = of.dead.remote.port() == 0;
    handshake_done = info.bytes_acked > 0 || info.bytes_received > 0 || info.rtt.count() > 0;
    was_connected = before != State::unknown ? before != State::listen && before != State::syn_sent : handshake_done;
    const kernel::SocketFacts& named = of.alive ? of.alive->last : of.dead;
    ends = named.local.str() + " -> " + named.remote.str();
  }
  std::int64_t moved(const char* counter) const { return death.rose(counter); }
  // If nothing else ended meanwhile, the counters are this connection's.
  Certainty if_alone() const { return rules::certain_if(death.others == 0); }

  const Death& death;
  kernel::TcpInfo info;
  std::string ends;
  State before = State::unknown;
  bool disconnected = false, handshake_done = false, was_connected = false;
};

// 1 may be the end of the stream, which counts as a byte.
bool unread(const kernel::SocketFacts& dead) { return dead.recv_queue > 1; }

Fact last_report(const DeathReading& r) {
  return {texts::last_report(r.ends, r.death.dead.recv_queue, r.death.dead.send_queue, r.info.segments_out,
                             r.info.segments_in),
          Source::reported};
}

// Bytes that were sent or queued and not acknowledged when it died; a FIN counts as one. A disconnected socket does not
// know any more: as of the last look.
std::uint32_t unacknowledged(const DeathReading& r) {
  if (!r.was_connected) return 0;
  const bool look = (r.disconnected || r.death.held) && r.death.alive;
  return look ? r.death.alive->last.send_queue : r.death.dead.send_queue;
}

// `counter`: the one that the verdict rests on, or "".
Verdict verdict(const DeathReading& r, Cause cause, Certainty certainty, Text sentence, const char* counter,
                Text next = {}) {
  Verdict v{.cause = cause,
            .certainty = certainty,
            .sentence = std::move(sentence),
            .evidence = {last_report(r)},
            .others = {texts::others_ended},
            .next = std::move(next)};
  if (auto by = r.moved(counter); by != 0) v.evidence.push_back({texts::counter_rose(counter, by), Source::reported});
  return v;
}

rules::Answer refused_by_icmp(const DeathReading& r) {
  // A blocking connect() that fails disconnects its socket: then it was seen in SYN-SENT, or no RST was counted.
  bool tried = !r.disconnected || r.before == State::syn_sent || r.moved("TcpAttemptFails") == 0;
  bool no_answer = !r.was_connected && tried && r.info.segments_in == 0 && r.death.dead.send_queue > 0;
  const char* counter = r.moved("IcmpInDestUnreachs") > 0 ? "IcmpInDestUnreachs" : "Icmp6InDestUnreachs";
  if (r.before == State::listen || !no_answer || r.moved(counter) == 0) return std::nullopt;
  if (r.moved("TCPAbortOnData") > 0 && !r.death.alive) return std::nullopt;
  if (r.death.alive && r.death.alive->neighbour_failed) {
    Verdict v = verdict(r, Cause::peer_gone, Certainty::likely,
                        texts::neighbour_missing(r.death.alive->last.remote.host()), "", texts::check_cabling);
    v.others = {texts::firewall_drops_arp};
    return v;
  }
  Verdict v = verdict(r, Cause::refused_by_icmp, Certainty::likely, texts::was_refused_by_icmp(r.ends), counter,
                      texts::look_for_reject_rule);
  v.evidence.push_back({texts::syn_got_no_segment});
  v.others = {texts::icmp_of_another};
  return v;
}

// Its program has not taken the error of connect() yet.
rules::Answer failed_and_held(const DeathReading& r) {
  if (!r.death.held || r.before != State::syn_sent) return std::nullopt;
  if (r.moved("TcpAttemptFails") > 0) {
    Verdict v = verdict(r, Cause::closed_port, Certainty::likely, texts::was_refused(r.ends), "TcpAttemptFails",
                        texts::is_server_up);
    v.others.push_back(texts::firewall_on_way_rejects);
    return v;
  }
  if (r.moved("TCPAbortOnTimeout") == 0) return std::nullopt;
  return verdict(r, Cause::syn_filtered, Certainty::likely, texts::gave_up_connecting(r.ends), "TCPAbortOnTimeout",
                 texts::look_for_drop_or_down);
}

rules::Answer never_opened(const DeathReading& r) {
  if (r.death.held || r.was_connected || r.before == State::listen || (r.before == State::unknown && r.disconnected))
    return std::nullopt;
  bool tried_again = r.info.total_retrans > 0 || (r.death.alive && r.death.alive->last.retransmits > 0);
  if (tried_again) {
    return verdict(r, Cause::syn_filtered, Certainty::likely, texts::gave_up_connecting(r.ends), "TCPAbortOnTimeout",
                   texts::look_for_drop_or_down);
  }
  bool answered = r.info.segments_in > 0 || (r.disconnected && r.moved("TcpAttemptFails") > 0);
  if (answered) {
    Verdict v = verdict(r, Cause::closed_port, Certainty::likely, texts::was_refused(r.ends), "TcpAttemptFails",
                        texts::is_server_up);
    v.others = {texts::firewall_on_way_rejects};
    return v;
  }
  if (r.before != State::syn_sent) return std::nullopt;
  return verdict(r, Cause::closed, r.if_alone(), texts::abandoned(r.ends), "");
}

rules::Answer we_reset(const DeathReading& r) {
  if (r.death.held) return std::nullopt;
  if (r.disconnected && r.was_connected && r.before != State::unknown && r.moved("TCPAbortOnData") > 0) {
    return verdict(r, Cause::reset_linger_0, r.if_alone(), texts::we_reset_by_linger(r.ends), "TCPAbortOnData",
                   texts::remove_linger);
  }
  if (unread(r.death.dead) && r.moved("TCPAbortOnClose") > 0) {
    return verdict(r, Cause::reset_unread_data, r.if_alone(),
                   texts::we_reset_by_unread_data(r.ends, r.death.dead.recv_queue), "TCPAbortOnClose",
                   texts::read_before_close);
  }
  return std::nullopt;
}

rules::Answer peer_here_reset(const DeathReading& r) {
  if (!r.death.peer_dead) return std::nullopt;
  const kernel::SocketFacts& peer = *r.death.peer_dead;
  if (peer.remote.port() == 0 && r.moved("TCPAbortOnData") > 0) {
    return verdict(r, Cause::reset_linger_0, r.if_alone(), texts::peer_here_reset_by_linger(r.ends), "TCPAbortOnData",
                   texts::remove_peers_linger);
  }
  if (unread(peer) && r.moved("TCPAbortOnClose") > 0) {
    return verdict(r, Cause::reset_unread_data, r.if_alone(),
                   texts::peer_here_reset_by_unread_data(r.ends, peer.recv_queue), "TCPAbortOnClose",
                   texts::peer_has_to_read_before_close);
  }
  return std::nullopt;
}

rules::Answer gave_up(const DeathReading& r) {
  if (r.moved("TCPAbortOnTimeout") == 0) return std::nullopt;
  bool waited = r.death.dead.send_queue > 0 || (r.death.alive && r.death.alive->last.retransmits > 0);
  if (!waited) return std::nullopt;
  return verdict(r, Cause::peer_gone, r.if_alone(), texts::timed_out(r.ends), "TCPAbortOnTimeout",
                 texts::ask_other_host_then_links);
}

// Both ends were silent, then we sent something, and RST came at once. If a process still holds the socket, only the
// namespace's counters tell whether it has sent.
bool was_quiet_and_spoke(const DeathReading& r) {
  if (!r.death.alive || !r.death.alive->last.info) return false;
  const kernel::TcpInfo& then = *r.death.alive->last.info;
  bool quiet = std::min(then.last_data_sent, then.last_data_received) >= std::chrono::seconds(1);
  bool spoke = r.death.held ? r.moved("TCPOrigDataSent") > 0 : r.info.data_segments_out > then.data_segments_out;
  return quiet && spoke;
}

std::vector<Text> why_a_peer_resets() {
  return {texts::peer_closed_unread, texts::closed_with_linger, texts::firewall_sent_rst};
}

Verdict unknown_to_peer(const DeathReading& r) {
  Verdict v = verdict(r, Cause::half_open, r.moved("TCPOrigDataSent") <= 10 ? Certainty::likely : Certainty::possible,
                      texts::was_half_open_unknown(r.ends), "TcpEstabResets", texts::keepalive_then_reconnect);
  v.others = why_a_peer_resets();
  return v;
}

rules::Answer peer_reset(const DeathReading& r) {
  if (r.moved("TcpEstabResets") == 0 || !r.was_connected) return std::nullopt;
  if (r.death.alive && judge(*r.death.alive).cause == Cause::half_open) {
    return verdict(r, Cause::half_open, r.if_alone(), texts::was_half_open(r.ends), "TcpEstabResets",
                   texts::keepalive_helps);
  }
  bool peer_had_closed = r.before == State::close_wait || (r.death.dead.recv_queue == 1 && r.death.dead.send_queue > 0);
  if (peer_had_closed) {
    return verdict(r, Cause::reset_late_data, Certainty::likely, texts::sent_after_peer_closed(r.ends),
                   "TcpEstabResets", texts::stop_sending_at_end);
  }
  if (was_quiet_and_spoke(r)) return unknown_to_peer(r);
  Verdict v = verdict(r, Cause::reset, Certainty::likely, texts::peer_reset(r.ends), "TcpEstabResets",
                      texts::follow_at_other_end);
  v.others = why_a_peer_resets();
  v.others.push_back(texts::peer_forgot_connection);
  return v;
}

// A reset in FIN-WAIT-1 or LAST-ACK is not counted by TcpEstabResets.
rules::Answer cut_off(const DeathReading& r) {
  if (r.death.held || unacknowledged(r) < 2) return std::nullopt;
  Verdict v = verdict(r, Cause::reset, Certainty::likely, texts::ended_unacknowledged(r.ends), "TcpOutRsts",
                      texts::follow_at_other_end);
  v.others = {};
  return v;
}

}  // namespace

Verdict judge_death(const Death& death) {
  const DeathReading reading(death);
  for (auto rule :
       {refused_by_icmp, failed_and_held, never_opened, we_reset, peer_here_reset, gave_up, peer_reset, cut_off}) {
    rules::Answer answer = rule(reading);
    if (!answer) continue;
    if (auto lost = unacknowledged(reading); lost > 0) answer->sentence = texts::data_lost(answer->sentence, lost);
    return rules::without_others_if_certain(*std::move(answer));
  }
  return {.cause = Cause::closed,
          .certainty = reading.if_alone(),
          .sentence = texts::closed_normally(reading.ends),
          .evidence = {last_report(reading)}};
}

}  // namespace loquat::wire
