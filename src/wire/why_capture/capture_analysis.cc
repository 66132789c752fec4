#include "wire/why_capture/capture_analysis.h"

#include <algorithm>

#include "wire/capture/packet_segment.h"
#include "wire/why_capture/capture_rules.h"
#include "wire/why_capture/capture_waits.h"

namespace loquat::wire {
namespace {

using codec::seq_before;
using rules::second;
constexpr std::uint64_t longest_gap = std::uint64_t{1} << 20;  // a number farther away is no gap but damage
namespace flag = codec::tcp;

bool is_probe(SegmentKind kind) noexcept { return kind == SegmentKind::keepalive || kind == SegmentKind::window_probe; }

void note_window(const codec::Segment& segment, const SegmentFacts& facts, std::int64_t time, CapturedEnd& from) {
  from.window = facts.window;
  if (from.zero_windows > 0) from.longest_zero = std::max(from.longest_zero, time - from.first_zero);
  if (from.window > 0) {
    from.zero_windows = from.probes = 0;
  } else if (!segment.has(flag::rst) && from.zero_windows++ == 0) {
    from.first_zero = time;
  }
}

void note_repetition(const codec::Segment& segment, CapturedEnd& from, const CapturedEnd& to) {
  ++from.unanswered;
  if (segment.length == 0 && !segment.has(flag::fin)) return;
  if (to.syn_acks_after_ack > 0 && to.segments == to.syn_acks) return;  // the server has not opened yet
  ++from.retransmissions;
  if (from.repeats == 0 || from.repeated_seq != segment.seq) {
    from.repeats = 0;
    from.repeated = segment.length;
    from.repeated_seq = segment.seq;
    from.heard_since_repeated = to.duplicate_acks > 0;
  }
  ++from.repeats;
  from.repeated = std::min(from.repeated, segment.length);
}

void note_sent(const codec::Segment& segment, const SegmentFacts& facts, std::int64_t time, CapturedEnd& from,
               CapturedEnd& to) {
  if (is_probe(facts.kind)) {
    ++to.probes;
    ++from.unanswered;
    return;
  }
  if (facts.kind == SegmentKind::spurious_retransmission) ++from.spurious;
  if (facts.kind == SegmentKind::out_of_order) ++from.overtaken;
  if (facts.kind == SegmentKind::retransmission || facts.kind == SegmentKind::fast_retransmission)
    note_repetition(segment, from, to);
  if (segment.length > 0 || segment.has(flag::fin)) ++from.data_segments;
  if (segment.length > 0) {
    from.data_at = time;
    from.bytes += facts.new_bytes;
    if (to.fins > 0) from.late_bytes += facts.new_bytes;
    if (segment.length > from.largest) from.largest_end = segment.seq + static_cast<std::uint32_t>(segment.length);
    from.largest = std::max(from.largest, segment.length);
  }
  if (facts.unseen_before > 0 && facts.unseen_before < longest_gap) {
    from.missing += facts.unseen_before;
    from.missing_since = time;
  } else if (facts.new_bytes > 0 && from.has_sent && seq_before(segment.seq, from.next)) {
    from.missing -= std::min(from.missing, facts.new_bytes);
  }
  if (!from.has_sent || seq_before(from.next, segment.end())) from.next = segment.end();
  from.has_sent = true;
}

// A receiver acknowledges at once what it has already, with a D-SACK if it can (RFC 2883), and with the ACK that it
// has sent before.
bool reports_a_copy(const codec::Segment& segment, const CapturedEnd& from, const CapturedEnd& to) {
  const auto blocks = segment.options.sack();
  if (!blocks.empty() && !seq_before(segment.ack, blocks[0].right)) return true;
  if (blocks.size() > 1 && !seq_before(blocks[0].left, blocks[1].left) && !seq_before(blocks[1].right, blocks[0].right))
    return true;
  const bool again = segment.length == 0 && !segment.has(flag::syn | flag::fin) && from.acked == segment.ack;
  return again && to.reports_due > 0 && to.next == segment.ack;
}

void note_ack(const codec::Segment& segment, const SegmentFacts& facts, CapturedEnd& from, CapturedEnd& to) {
  if (!segment.has(flag::ack) || facts.kind == SegmentKind::challenge_ack) return;
  if (facts.kind == SegmentKind::duplicate_ack) ++from.duplicate_acks;
  const bool other_reason = facts.kind == SegmentKind::keepalive_ack || facts.kind == SegmentKind::window_update;
  if (from.has_acked && !other_reason && reports_a_copy(segment, from, to)) {
    ++to.arrived_twice;
    --to.reports_due;
  }
  if (from.has_acked && !seq_before(from.acked, segment.ack)) return;
  from.acked = segment.ack;
  from.has_acked = true;
  from.duplicate_acks = 0;
  if (to.repeats > 0 && seq_before(to.repeated_seq, segment.ack)) {
    to.reports_due = to.repeats;
    to.repeats = 0;
  }
  if (!seq_before(segment.ack, to.largest_end)) to.largest_acked = to.largest;
  if (to.next == segment.ack) to.missing = 0;
}

CapturedReset reset_of(const codec::Segment& segment, const CapturedConnection& c, std::size_t side,
                       std::int64_t time) {
  const CapturedEnd& from = c.ends[side];
  const CapturedEnd& to = c.ends[1 - side];
  const std::int64_t round_trip = c.round_trip.value_or(0);
  CapturedReset reset;
  reset.from = side;
  reset.with_ack = segment.has(flag::ack);
  reset.answers_syn = from.segments == 0 && to.syns > 0 && to.segments == to.syns;
  reset.answers_syn_ack = to.syn_acks > 0 && from.segments > 0 && from.segments == from.syns;
  reset.after_own_fin = from.fins > 0;
  reset.after_peers_fin = to.fins > 0;
  reset.spoke_since_data = c.last_data_from == side;
  reset.answers_at_once =
      c.last_from != side && to.segments > 0 && time - c.last < std::max(second / 2, 3 * round_trip);
  reset.spoke_just_now = from.segments > 0 && time - from.last < std::max(second / 10, 3 * round_trip);
  reset.alone = from.segments == 0 && to.segments == 0;
  reset.bytes_received = to.bytes;
  reset.late_bytes = to.late_bytes;
  reset.unacknowledged = unacknowledged(c, 0) + unacknowledged(c, 1);
  reset.unanswered = from.unanswered;
  reset.after_fin = from.fins > 0 ? std::max<std::int64_t>(to.data_at - from.fin_at, 0) : 0;
  reset.silence = c.silence;
  reset.unheard = time - to.last;
  reset.fits = from.has_sent && segment.seq == from.next;
  reset.seq = segment.seq;
  reset.window = segment.window;
  return reset;
}

void note_reset(const codec::Segment& segment, CapturedConnection& c, std::size_t side, std::int64_t time,
                std::uint8_t hops) {
  if (!c.reset) {
    c.reset = reset_of(segment, c, side, time);
  } else if (c.reset->from == side && c.last_from == side && c.reset->with_ack && segment.has(flag::ack)) {
    c.reset->differs_from_next = segment.seq != c.reset->seq || segment.window != c.reset->window;
  }
  c.reset->hops = hops;
}

void note_handshake(const codec::Segment& segment, std::int64_t time, std::size_t side, CapturedConnection& c) {
  CapturedEnd& from = c.ends[side];
  const bool syn = segment.has(flag::syn), ack = segment.has(flag::ack);
  if (syn) ++(ack ? from.syn_acks : from.syns);
  if (syn && ack) from.syn_ack_at = time;
  if (syn && ack && c.ends[1 - side].has_acked) {
    ++from.syn_acks_after_ack;
    c.connected.reset();  // the ACK has not been taken
  }
  if (syn && segment.length > 0) c.data_with_syn = true;
  c.crossed = c.crossed || (c.ends[0].syns > 0 && c.ends[1].syns > 0);
  if (!syn && ack && !c.connected && c.ends[1 - side].syn_acks > 0) c.connected = time;
}

// An end that goes on did not send the RST: it was forged. The other end ignores it if it does not fit (RFC 5961), and
// else falls silent.
void note_life_after_reset(CapturedConnection& c, std::size_t side) {
  if (!c.reset) return;
  if (c.reset->from == side && c.reset->fits)
    c.reset->disowned = true;
  else if (c.reset->from == side || c.reset->disowned)
    c.reset.reset();
}

void note_segment_of(CapturedConnection& c, const codec::Segment& segment, const SegmentFacts& facts, std::int64_t time,
                     std::size_t side) {
  CapturedEnd& from = c.ends[side];
  CapturedEnd& to = c.ends[1 - side];
  note_life_after_reset(c, side);
  note_wait(segment, facts, time, side, c);
  note_handshake(segment, time, side, c);
  note_sent(segment, facts, time, from, to);
  note_window(segment, facts, time, from);
  to.unanswered = 0;
  if (to.repeats > 0) to.heard_since_repeated = true;
  note_ack(segment, facts, from, to);
  if (segment.has(flag::fin) && from.fins++ == 0) from.fin_at = time;
  c.challenged = c.challenged || facts.kind == SegmentKind::challenge_ack;
  if (facts.rtt) c.round_trip = std::min(c.round_trip.value_or(facts.rtt->count()), facts.rtt->count());
  if (facts.new_bytes > 0) c.last_data_from = side;
  if (c.too_big && is_retransmission(facts.kind) && segment.length + 40 > c.too_big->mtu) ++c.after_too_big;
  ++from.segments;
}

}  // namespace

// What a server does with all who connect to it.
class ServedPort {
 public:
  void add(const CapturedConnection& c) {
    if (c.ends[1].syn_acks > 0) answered_ = std::max(answered_.value_or(c.ends[1].syn_ack_at), c.ends[1].syn_ack_at);
    if (is_dropped(c)) ++dropped_;
  }
  // It answers SYNs just before this connection or since, so no filter keeps them from it.
  bool answers_around(const CapturedConnection& c) const { return answered_ && *answered_ >= c.began - 30 * second; }
  bool drops_others(const CapturedConnection& c) const { return dropped_ > (is_dropped(c) ? 1 : 0); }

 private:
  static bool is_dropped(const CapturedConnection& c) {
    return c.ends[1].syn_acks_after_ack > 0 || (c.ends[0].syns > 1 && c.ends[1].segments == 0 && !c.reset);
  }
  std::optional<std::int64_t> answered_;  // last, ns
  int dropped_ = 0;                       // connections
};

std::uint64_t unacknowledged(const CapturedConnection& c, std::size_t side) {
  const CapturedEnd& from = c.ends[side];
  const CapturedEnd& to = c.ends[1 - side];
  if (!from.has_sent || !to.has_acked || !seq_before(to.acked, from.next)) return 0;
  return from.next - to.acked - (from.fins > 0 ? 1 : 0);
}

CapturedConnection& CaptureAnalysis::connection_of(const TrackedFrame& seen, std::int64_t time) {
  if (*seen.connection == connections_.size()) {
    CapturedConnection& made = connections_.emplace_back();
    const TrackedConnection& known = tracker_.connections()[*seen.connection];
    made.ends[0].endpoint = known.client;
    made.ends[1].endpoint = known.server;
    made.began = made.last = time;
    made.fates_known = fates_known_;
    const auto [newest, is_first] = newest_.try_emplace({known.client, known.server}, *seen.connection);
    if (!is_first) connections_[newest->second].replaced = true;
    newest->second = *seen.connection;
    newest_[{known.server, known.client}] = *seen.connection;
  }
  return connections_[*seen.connection];
}

void CaptureAnalysis::note_error(const codec::IcmpError& error) {
  const auto found = newest_.find({error.source, error.destination});
  if (found == newest_.end()) return;
  CapturedConnection& c = connections_[found->second];
  (error.reason == codec::IcmpReason::too_big ? c.too_big : c.refusal) = error;
}

void CaptureAnalysis::note_time(std::int64_t time) {
  constexpr std::int64_t day = 86'400 * second;
  const bool jumps = ends_.empty() || time - last_ > day || last_ - time > day;
  if (jumps) ends_.push_back(time);
  ends_.back() = std::max(ends_.back(), time);
  last_ = time;
}

void CaptureAnalysis::add(const codec::CapturedPacket& packet) {
  const std::int64_t time = packet.time_ns;
  note_time(time);
  const TrackedFrame seen = tracker_.add(packet);
  if (!seen.connection) {
    if (const auto error = codec::find_icmp_error(packet.bytes, packet.link)) note_error(*error);
    return;
  }
  const auto segment = segment_of(packet);
  CapturedConnection& c = connection_of(seen, time);
  const std::size_t side = seen.frame.from == Side::client ? 0 : 1;
  CapturedEnd& from = c.ends[side];
  if (seen.frame.copy_of != 0) {
    ++from.copies;
    return;
  }
  c.lost += seen.frame.fate == Fate::delivered ? 0 : 1;
  c.stretch = ends_.size() - 1;
  if (c.last - time >= second / 1000) ++c.out_of_time;
  c.silence = time - c.last;
  if (segment->has(flag::rst)) {
    note_reset(*segment, c, side, time, segment->hops);
  } else {
    note_segment_of(c, *segment, *seen.frame.facts, time, side);
    from.hops = segment->hops;
  }
  from.last = c.last = time;
  c.last_from = side;
}

void CaptureAnalysis::add_counters(const kernel::CounterValues& moved) {
  for (const auto& [name, by] : moved) counters_[name] += by;
}

std::vector<std::pair<std::string, Verdict>> CaptureAnalysis::verdicts() const {
  std::map<codec::Endpoint, ServedPort> servers;
  for (const CapturedConnection& each : connections_) servers[each.ends[1].endpoint].add(each);
  std::vector<std::pair<std::string, Verdict>> all;
  for (const CapturedConnection& each : connections_) {
    const ServedPort& server = servers[each.ends[1].endpoint];
    std::string what = each.ends[0].endpoint.text() + " -> " + each.ends[1].endpoint.text();
    all.emplace_back(what, judge_capture({each, ends_[each.stretch], counters_, server.answers_around(each),
                                          server.drops_others(each), connections_.size() == 1}));
  }
  return all;
}

}  // namespace loquat::wire
