#include "wire/why/capture_analysis.h"

#include <algorithm>

#include "codec/network/network.h"
#include "wire/why/capture_rules.h"

namespace loquat::wire {
namespace {

using codec::seq_before;

// A probe of keepalive or of a closed window; the latter may carry one byte.
bool is_probe(const codec::Segment& segment, const CapturedEnd& from, const CapturedEnd& to) {
  return from.has_sent && (segment.length == 0 || (segment.length == 1 && to.window == 0)) &&
         segment.seq == from.next - 1 && !segment.has(codec::tcp::syn | codec::tcp::fin | codec::tcp::rst);
}

// ICMP: "fragmentation needed", "packet too big". RFC 1191, RFC 4443.
bool says_too_big(std::span<const std::byte> frame, codec::LinkType link) {
  auto ip = codec::find_network(frame, link);
  if (!ip || frame.size() < ip->payload + 2) return false;
  int type = std::to_integer<int>(frame[ip->payload]), code = std::to_integer<int>(frame[ip->payload + 1]);
  return (ip->protocol == 1 && type == 3 && code == 4) || (ip->protocol == 58 && type == 2);
}

void note_window(const codec::Segment& segment, std::int64_t time, CapturedEnd& from) {
  if (segment.has(codec::tcp::syn)) {
    from.scales = segment.options.window_scale.has_value();
    from.window_scale = std::min<std::uint8_t>(segment.options.window_scale.value_or(0), 14);
  }
  bool scaled = from.scales && !segment.has(codec::tcp::syn);
  from.window = static_cast<std::uint64_t>(segment.window) << (scaled ? from.window_scale : 0);
  if (from.zero_windows > 0) from.longest_zero = std::max(from.longest_zero, time - from.first_zero);
  if (from.window > 0) {
    from.zero_windows = from.probes = 0;
  } else if (!segment.has(codec::tcp::rst) && from.zero_windows++ == 0) {
    from.first_zero = time;
  }
}

void note_sequence(const codec::Segment& segment, std::int64_t time, CapturedEnd& from, CapturedEnd& to) {
  bool carries = segment.length > 0 || segment.has(codec::tcp::syn) || segment.has(codec::tcp::fin);
  bool again = from.has_sent && carries && seq_before(segment.seq, from.next);
  if (is_probe(segment, from, to)) {
    ++to.probes;
    ++from.unanswered;
  } else if (again) {
    from.retransmissions += segment.length > 0 || segment.has(codec::tcp::fin) ? 1 : 0;
    ++from.unanswered;
  }
  if (segment.length > 0 && !is_probe(segment, from, to)) {
    ++from.data_segments;
    from.data_at = time;
    bool new_bytes = !from.has_sent || seq_before(from.next, segment.end());
    if (new_bytes)
      from.bytes += from.has_sent && !segment.has(codec::tcp::syn)
                        ? std::min<std::uint32_t>(segment.end() - from.next, static_cast<std::uint32_t>(segment.length))
                        : segment.length;
  }
  if (!from.has_sent || seq_before(from.next, segment.end())) from.next = segment.end();
  from.has_sent = true;
}

CapturedReset reset_of(const codec::Segment& segment, const CapturedConnection& c, std::size_t side) {
  const CapturedEnd& from = c.ends[side];
  const CapturedEnd& to = c.ends[1 - side];
  CapturedReset reset;
  reset.from = side;
  reset.with_ack = segment.has(codec::tcp::ack);
  reset.answers_syn = from.segments == 0 && to.syns > 0 && to.segments == to.syns;
  reset.after_own_fin = from.fins > 0;
  reset.spoke_since_data = from.data_at > to.data_at;
  reset.answers_at_once = c.last_from != side && to.segments > 0;
  reset.bytes_received = to.bytes;
  reset.unanswered = from.unanswered;
  reset.after_fin = from.fins > 0 ? std::max<std::int64_t>(to.data_at - from.fin_at, 0) : 0;
  return reset;
}

}  // namespace

CapturedConnection& CaptureAnalysis::connection_of(const codec::Segment& segment, std::int64_t time) {
  Key key = std::minmax(segment.source, segment.destination);
  auto found = latest_.find(key);
  bool opens = segment.has(codec::tcp::syn) && !segment.has(codec::tcp::ack);
  bool over = false;
  if (found != latest_.end()) {
    const CapturedConnection& old = connections_[found->second];
    over = old.reset || (old.ends[0].fins > 0 && old.ends[1].fins > 0);
  }
  if (found == latest_.end() || (opens && over)) {
    latest_[key] = connections_.size();
    CapturedConnection& made = connections_.emplace_back();
    bool answers = segment.has(codec::tcp::syn) && segment.has(codec::tcp::ack);
    made.ends[0].endpoint = answers ? segment.destination : segment.source;
    made.ends[1].endpoint = answers ? segment.source : segment.destination;
    made.began = time;
    return made;
  }
  return connections_[found->second];
}

void CaptureAnalysis::add(std::int64_t time, std::span<const std::byte> frame, codec::LinkType link,
                          std::optional<bool> lost) {
  end_ = std::max(end_, time);
  auto segment = codec::find_segment(frame, link);
  if (!segment) {
    too_big_ = too_big_ || says_too_big(frame, link);
    return;
  }
  CapturedConnection& c = connection_of(*segment, time);
  std::size_t side = segment->source == c.ends[0].endpoint ? 0 : 1;
  CapturedEnd& from = c.ends[side];
  CapturedEnd& to = c.ends[1 - side];
  if (segment->has(codec::tcp::rst)) {
    if (!c.reset) c.reset = reset_of(*segment, c, side);
  } else {
    // An end that goes on did not send the RST: it was forged, and the other end ignored it (RFC 5961).
    if (c.reset && c.reset->from == side) c.reset.reset();
    note_sequence(*segment, time, from, to);
    note_window(*segment, time, from);
    to.unanswered = 0;
    if (segment->has(codec::tcp::syn)) {
      ++(segment->has(codec::tcp::ack) ? from.syn_acks : from.syns);
      if (segment->has(codec::tcp::ack) && to.has_acked) ++from.syn_acks_after_ack;
    }
    if (segment->has(codec::tcp::fin)) {
      ++from.fins;
      if (from.fin_at == 0) from.fin_at = time;
    }
    if (segment->has(codec::tcp::ack)) {
      from.acked = segment->ack;
      from.has_acked = true;
    }
    ++from.segments;
  }
  c.lost += lost.value_or(false) ? 1 : 0;
  c.fates_known = lost.has_value();
  from.last = c.last = time;
  c.last_from = side;
  c.last_length = static_cast<std::uint32_t>(segment->length);
}

void CaptureAnalysis::add_counters(const kernel::CounterValues& moved) {
  for (const auto& [name, by] : moved) counters_[name] += by;
}

// The same server has answered other SYNs, so no filter keeps them from it.
bool CaptureAnalysis::server_answers_others(const CapturedConnection& connection) const {
  return std::any_of(connections_.begin(), connections_.end(), [&](const CapturedConnection& each) {
    return each.ends[1].endpoint == connection.ends[1].endpoint && each.ends[1].syn_acks > 0;
  });
}

std::vector<std::pair<std::string, Verdict>> CaptureAnalysis::verdicts() const {
  std::vector<std::pair<std::string, Verdict>> all;
  for (const CapturedConnection& each : connections_) {
    std::string what = each.ends[0].endpoint.text() + " -> " + each.ends[1].endpoint.text();
    all.emplace_back(
        what, judge_capture({each, end_, counters_, server_answers_others(each), too_big_, connections_.size() == 1}));
  }
  return all;
}

}  // namespace loquat::wire
