#include "wire/capture/segment_kind.h"

#include <algorithm>

#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

namespace flag = codec::tcp;

constexpr std::int64_t ms = 1'000'000;  // ns

bool is_plain(const codec::Segment& segment) noexcept { return !segment.has(flag::syn | flag::fin | flag::rst); }

bool is_probe(const codec::Segment& segment, const SegmentPlace& place, const Direction& mine, const Direction& peers) {
  const ByteFlow& flow = mine.flow;
  if (!is_plain(segment) || segment.length > 1 || !flow.known()) return false;
  if (place.at + 1 == flow.sent_end() && flow.acked() == flow.sent_end()) return true;
  return segment.length == 1 && peers.window == 0u && place.at == flow.sent_end() && place.at == flow.acked();
}

// A copy by the path keeps the order of identifications; so does a host that numbers its packets.
bool was_overtaken(const codec::Segment& segment, const SegmentPlace& place, const Direction& mine,
                   const Direction& peers) {
  if (segment.identification != 0 && mine.advanced_id != 0) {
    const auto step = static_cast<std::int16_t>(segment.identification - mine.advanced_id);
    if (step != 0 && step > -1000 && step < 1000) return step < 0;
  }
  if (peers.duplicate_acks >= 2 && place.at == mine.flow.acked()) return false;
  const std::int64_t round_trip = mine.round_trip + peers.round_trip;
  return place.time - mine.gap_time < (round_trip > 0 ? round_trip : 3 * ms);
}

SegmentKind kind_of_sent(const codec::Segment& segment, const SegmentPlace& place, std::uint64_t unseen,
                         const Direction& mine, const Direction& peers) {
  const ByteFlow& flow = mine.flow;
  if (!flow.known() || place.at >= flow.sent_end()) return SegmentKind::ordinary;
  if (unseen == place.end - place.at && was_overtaken(segment, place, mine, peers)) return SegmentKind::out_of_order;
  if (segment.has(flag::syn)) return SegmentKind::retransmission;
  if (place.end <= flow.acked()) return SegmentKind::spurious_retransmission;
  const bool asked_for =
      peers.duplicate_acks >= 2 && place.at == flow.acked() && place.time - peers.last_time < 100 * ms;
  return asked_for ? SegmentKind::fast_retransmission : SegmentKind::retransmission;
}

// With SACK an ACK is a duplicate also if its window differs: RFC 6675 s.2.
bool reports_a_hole(const codec::Segment& segment) {
  const auto blocks = segment.options.sack();
  return std::any_of(blocks.begin(), blocks.end(),
                     [&](const auto& block) { return codec::seq_before(segment.ack, block.right); });
}

SegmentKind kind_of_ack(const codec::Segment& segment, const SegmentPlace& place, const Direction& mine,
                        const Direction& peers) {
  if (!segment.has(flag::ack) || !mine.has_acked || place.acked != mine.last_ack) return SegmentKind::ordinary;
  if (peers.last_kind == SegmentKind::keepalive) return SegmentKind::keepalive_ack;
  if (peers.last_kind == SegmentKind::window_probe && place.window == 0) return SegmentKind::window_probe_ack;
  if (place.window == 0) return SegmentKind::ordinary;
  if (mine.window != place.window && !reports_a_hole(segment)) return SegmentKind::window_update;
  const bool waits = peers.flow.sent_end() > peers.flow.acked() || peers.flow.has_islands();
  return waits && place.at == mine.flow.sent_end() ? SegmentKind::duplicate_ack : SegmentKind::ordinary;
}

bool fills_window(const codec::Segment& segment, const SegmentPlace& place, const Direction& mine,
                  const Direction& peers) {
  return segment.length > 0 && is_plain(segment) && peers.window > 0u && peers.has_acked &&
         place.end == peers.last_ack + *peers.window && place.end > mine.flow.sent_end();
}

// An ACK of something else than the SYN that it answers.
bool is_challenge(const codec::Segment& segment, const SegmentPlace& place, const Direction& mine,
                  const Direction& peers) {
  return segment.length == 0 && is_plain(segment) && segment.has(flag::ack) && !mine.flow.syn && peers.flow.syn &&
         !mine.has_acked && !peers.has_acked && place.acked != *peers.flow.syn + 1;
}

}  // namespace

SegmentFacts segment_facts(const codec::Segment& segment, const SegmentPlace& place, const Direction& mine,
                           const Direction& peers) {
  SegmentFacts facts;
  const ByteFlow& flow = mine.flow;
  if (segment.has(flag::rst)) return facts;
  if (is_challenge(segment, place, mine, peers)) {
    facts.kind = SegmentKind::challenge_ack;
    return facts;
  }
  if (is_probe(segment, place, mine, peers)) {
    facts.kind = peers.window == 0u ? SegmentKind::window_probe : SegmentKind::keepalive;
    return facts;
  }
  const std::uint64_t unseen = flow.known() ? flow.unseen_in(place.at, place.end) : place.end - place.at;
  const std::uint64_t control = (segment.has(flag::syn) ? 1u : 0u) + (segment.has(flag::fin) ? 1u : 0u);
  facts.new_bytes = std::min<std::uint64_t>(unseen > control ? unseen - control : 0, segment.length);
  if (flow.known() && place.at > flow.sent_end() && !segment.has(flag::syn))
    facts.unseen_before = place.at - flow.sent_end();
  facts.kind = place.end > place.at ? kind_of_sent(segment, place, unseen, mine, peers)
                                    : kind_of_ack(segment, place, mine, peers);
  facts.window_full = fills_window(segment, place, mine, peers);
  return facts;
}

void end_fragment(std::uint64_t at, Direction& direction) {
  constexpr std::uint64_t largest = 65'535;  // an IP packet
  ByteFlow& flow = direction.flow;
  if (direction.fragment == 0 || at <= flow.sent_end() || at - flow.sent_end() > largest) return;
  const std::uint64_t begin = flow.sent_end();
  flow.sent(begin, at, direction.fragment, direction.last_time);
  flow.arrived(begin, at);
  direction.fragment = 0;
}

bool acks_unseen(const SegmentPlace& place, const Direction& peers) {
  if (!peers.has_sent || place.acked == peers.probed) return false;
  return peers.flow.unseen_in(peers.flow.acked(), place.acked) > 0;
}

Text segment_remark(const codec::Segment& segment, const SegmentPlace& place, const SegmentFacts& facts,
                    const Direction& mine, const Direction& peers) {
  switch (facts.kind) {
    case SegmentKind::window_probe:
      return texts::window_probe;
    case SegmentKind::keepalive:
      return texts::keepalive_probe;
    case SegmentKind::out_of_order:
      return texts::was_overtaken;
    case SegmentKind::challenge_ack:
      return texts::challenges_syn;
    case SegmentKind::spurious_retransmission:
      return texts::acknowledged_already;
    case SegmentKind::fast_retransmission:
      return texts::sent_again_fast;
    case SegmentKind::retransmission:
      return facts.new_bytes > 0 && facts.new_bytes == segment.length ? Text(texts::fills_gap) : Text();
    default:
      break;
  }
  if (segment.has(flag::rst)) return {};
  if (facts.ports_reused) return texts::ports_used_again;
  if (facts.acks_unseen) return texts::acks_unseen_bytes;
  if (facts.unseen_before > 0) return texts::bytes_not_seen(facts.unseen_before);
  if (!is_plain(segment) || !segment.has(flag::ack)) return {};
  if (place.window == 0 && mine.window != 0u) return texts::buffer_is_full;
  if (mine.window == 0u && place.window != 0) return texts::window_open_again;
  const bool misses = peers.flow.has_islands() || segment.options.sack_count > 0;
  if (facts.kind == SegmentKind::duplicate_ack && misses) return texts::same_ack_again;
  if (facts.window_full) return texts::window_is_full;
  return {};
}

void note_segment(const codec::Segment& segment, const SegmentPlace& place, const SegmentFacts& facts,
                  Direction& mine) {
  mine.last_time = place.time;
  mine.last_kind = facts.kind;
  if (segment.has(flag::rst)) return;
  const bool repeats_ack = mine.has_acked && place.acked == mine.last_ack;
  if (facts.kind == SegmentKind::duplicate_ack) ++mine.duplicate_acks;
  if (segment.has(flag::ack) && !repeats_ack) mine.duplicate_acks = 0;
  if (segment.has(flag::ack) && facts.kind != SegmentKind::challenge_ack) {
    mine.last_ack = place.acked;
    mine.has_acked = true;
  }
  mine.window = place.window;
  mine.has_sent = true;
  if (facts.kind == SegmentKind::window_probe) mine.probed = place.end;
  if (place.end >= mine.flow.sent_end()) mine.advanced_id = segment.identification;
  if (facts.unseen_before > 0) mine.gap_time = place.time;
  if (facts.rtt && (mine.round_trip == 0 || facts.rtt->count() < mine.round_trip)) mine.round_trip = facts.rtt->count();
}

}  // namespace loquat::wire
