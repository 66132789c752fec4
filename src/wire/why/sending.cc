// The rules for the end that has something to send and gets no further.
#include <algorithm>
#include <chrono>

#include "wire/why/rules.h"

namespace loquat::wire::rules {
namespace {

using std::chrono::seconds;

Fact window_fact(const Reading& r) {
  return {texts::window_and_unsent(r.info.send_window, r.info.not_sent, r.now.expires)};
}

Fact limited_fact(const Reading& r) {
  return {texts::waited_for_window(r.info.window_limited, r.info.busy), Source::reported};
}

Verdict window_is_zero(const Reading& r) {
  bool certain = r.peer_seen ? r.looked_long() : r.info.last_data_sent >= seconds(60);
  Verdict v{.cause = Cause::peer_not_reading,
            .certainty = certain_if(certain),
            .sentence = texts::peer_not_reading(r.info.last_data_sent, r.info.send_window),
            .evidence = {socket_fact(r.now), window_fact(r), limited_fact(r)},
            .others = {texts::reads_slowly},
            .next = texts::see_why_no_recv_network_is_well,
            .stuck = r.info.last_data_sent,
            .look_longer = !certain && r.seen.between < seconds(r.peer_seen ? 3 : 6)};
  if (r.peer_seen) {
    Text owner = owner_text(r.seen.peer_owners, *r.seen.peer);
    v.evidence.push_back({texts::peer_here_not_reading(owner, r.seen.peer->recv_queue, r.seen.between)});
    v.next = texts::see_what_process_does(pid_text(r.seen.peer_owners));
    return with_state_of(r.seen.peer_owners, *r.seen.peer, std::move(v));
  }
  return v;
}

Verdict slow_reader(const Reading& r) {
  return {.cause = Cause::healthy,
          .certainty = Certainty::certain,
          .sentence = texts::peer_is_slow(r.now.send_queue),
          .evidence = {socket_fact(r.now), limited_fact(r), {texts::acknowledged_within(r.seen.between, r.acked)}},
          .next = texts::peer_program_is_slow};
}

// The peer has dropped what it had no memory for: its queue is full of what nobody reads.
bool peer_has_no_memory(const Reading& r) {
  return r.peer_seen && r.seen.peer->recv_queue > 0 && r.seen.peer_first->recv_queue > 0 && r.peer_consumed == 0;
}

bool probes_fail(const Reading& r) { return r.now.retransmits >= 3 && r.segments_in == 0; }

// Something of full size is under way, and nothing of that size was ever acknowledged.
bool no_full_one_passed(const Reading& r) {
  const std::uint32_t full = r.info.send_mss;
  return full > 0 && r.now.send_queue >= full && r.info.bytes_acked < full;
}

Verdict nothing_comes_back(const Reading& r) {
  bool path = r.peer_seen;
  // It has lost segments before and went on: more probably it will again.
  bool lossy = !path && r.info.total_retrans > static_cast<std::uint32_t>(r.now.retransmits) + 2;
  Duration silent = r.info.last_ack_received;
  Verdict v{.cause = path || lossy ? Cause::path_loss : Cause::peer_gone,
            .certainty = certain_if(path && r.now.retransmits >= 3),
            .sentence = lossy  ? texts::path_loses(silent, r.info.total_retrans)
                        : path ? texts::path_drops_all(silent)
                               : texts::peer_silent(silent),
            .evidence = {socket_fact(r.now), {texts::nothing_came_back(r.now.retransmits, r.now.expires, silent)}},
            .others = {texts::firewall_drops_it, texts::server_took_no_ack,
                       path || lossy ? texts::may_be_half_open : texts::path_loses_most},
            .next = texts::ask_other_host,
            .stuck = silent,
            .look_longer = !r.looked_long()};
  if (!path && no_full_one_passed(r)) v.others.push_back(texts::full_sized_do_not_pass);
  return v;
}

// The peer was heard of until the first full-sized segment left. One that vanishes does so at any moment.
bool silent_since_it_left(const Reading& r) {
  const bool first_trouble = r.info.total_retrans <= static_cast<std::uint32_t>(r.now.retransmits) + 1;
  const bool small_ones_passed = r.info.bytes_acked > 1;  // a client's SYN counts as one
  const Duration sending_for = r.info.timeout_wait + seconds(1);
  return first_trouble && small_ones_passed && r.info.timeout_wait.count() > 0 &&
         r.info.last_ack_received < sending_for;
}

Fact what_passed(const Reading& r, bool small_pass) {
  if (small_pass) return {texts::small_ones_pass(r.info.sacked, r.received)};
  return {texts::small_ones_passed_before(r.info.bytes_acked)};
}

}  // namespace

Answer zero_window(const Reading& r) {
  bool waits = r.now.timer == kernel::Timer::persist || (r.has_info && r.info.send_window == 0 && r.info.not_sent > 0);
  if (!r.connected() || r.now.send_queue == 0 || !waits) return std::nullopt;
  if (!r.peer_seen && probes_fail(r)) {
    Verdict v = nothing_comes_back(r);
    v.evidence.push_back(window_fact(r));
    return v;
  }
  bool nothing_unread = r.peer_seen && r.seen.peer->recv_queue == 0 && r.seen.peer_first->recv_queue == 0;
  bool progress = r.peer_consumed > 0 || r.acked > 0;
  // The kernel arms the persist timer for local drops as well; then it has not waited for the window at all.
  bool never_waited = r.info.busy.count() > 0 && r.info.window_limited.count() == 0;
  if (progress && never_waited) return std::nullopt;
  // Losses keep a window closed, too: what came out of order fills the buffer, and a lost update is not repeated.
  if (nothing_unread || (progress && !r.peer_seen && r.retransmitted * 10 > r.data_segments)) return std::nullopt;
  return progress ? slow_reader(r) : window_is_zero(r);
}

Answer arrived_unread(const Reading& r) {
  bool waits = r.peer_seen && r.seen.peer->recv_queue > 1 && r.seen.peer_first->recv_queue > 1 && r.peer_consumed == 0;
  bool all_sent = r.connected() && r.now.send_queue == 0 && r.acked == 0;
  if (!waits || !all_sent || r.seen.peer->state == State::close_wait) return std::nullopt;
  return with_state_of(r.seen.peer_owners, *r.seen.peer,
                       {.cause = Cause::peer_not_reading,
                        .certainty = certain_if(r.looked_long()),
                        .sentence = texts::arrived_unread(r.seen.peer->recv_queue),
                        .evidence = {socket_fact(r.now), socket_fact(*r.seen.peer)},
                        .others = {texts::reads_later},
                        .next = texts::see_what_process_does(pid_text(r.seen.peer_owners)),
                        .stuck = r.info.last_data_sent,
                        .look_longer = !r.looked_long()});
}

// Small segments pass and full-sized ones never have. If nothing at all comes back, it is unanswered().
Answer black_hole(const Reading& r) {
  const std::uint32_t full = r.info.send_mss;
  bool again = r.now.timer == kernel::Timer::retransmit && r.now.retransmits >= 2;
  bool small_pass = r.info.sacked > 0 || r.received > 0;
  if (!r.connected() || !again || r.acked > 0 || !no_full_one_passed(r)) return std::nullopt;
  if (!small_pass && (r.peer_seen || !silent_since_it_left(r))) return std::nullopt;
  if (peer_has_no_memory(r)) return std::nullopt;
  const Duration stuck = std::max(r.info.last_data_sent, r.info.timeout_wait);  // the former: since the last repetition
  return Verdict{.cause = Cause::pmtu_black_hole,
                 .certainty = Certainty::likely,
                 .sentence = texts::pmtu_black_hole(stuck, full),
                 .evidence = {socket_fact(r.now),
                              {texts::full_ones_unacknowledged(r.now.retransmits, r.info.path_mtu)},
                              what_passed(r, small_pass)},
                 .others = {small_pass ? Text(texts::path_loses_the_first) : Text(texts::peer_vanished_then)},
                 .next = texts::lower_the_mtu,
                 .stuck = stuck,
                 .look_longer = !r.looked_long()};
}

Answer unanswered(const Reading& r) {
  bool again = r.now.timer == kernel::Timer::retransmit && r.now.retransmits >= 2;
  if (!r.connected() || r.now.send_queue == 0 || !again || r.acked > 0 || r.segments_in > 0) return std::nullopt;
  if (peer_has_no_memory(r)) return window_is_zero(r);
  return nothing_comes_back(r);
}

Answer losing(const Reading& r) {
  if (!r.connected() || !r.has_info || r.lost_so_far == 0) return std::nullopt;
  double of_all = static_cast<double>(r.lost_so_far) / (r.info.data_segments_out + 1.0);
  double of_these = static_cast<double>(r.retransmitted) / (static_cast<double>(r.data_segments) + 1.0);
  bool now = r.retransmitted > 0 || (r.now.timer == kernel::Timer::retransmit && r.now.retransmits > 0);
  bool sending = r.data_segments > 0 || r.now.send_queue > 0;
  // The past counts while these looks are too few to tell.
  bool before = of_all >= 0.03 && r.lost_so_far >= 3 && r.data_segments < 100;
  bool enough = (now && (of_these >= 0.01 || r.acked == 0)) || before;
  if (!sending || !enough) return std::nullopt;
  if (peer_has_no_memory(r) && r.acked == 0) return window_is_zero(r);
  return Verdict{
      .cause = Cause::path_loss,
      .certainty = certain_if(r.retransmitted >= 3 && r.acked > 0),
      .sentence =
          texts::path_lossy(r.retransmitted, r.data_segments, r.seen.between, r.lost_so_far, r.info.data_segments_out),
      .evidence = {socket_fact(r.now), {texts::in_flight(r.info.unacked, r.info.lost, r.info.rtt, r.info.rto)}},
      .others = {texts::only_delayed},
      .next = texts::find_lossy_link,
      .look_longer = !r.looked_long()};
}

}  // namespace loquat::wire::rules
