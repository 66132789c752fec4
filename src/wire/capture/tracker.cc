#include "wire/capture/tracker.h"

#include <algorithm>
#include <utility>

#include "codec/packet/packet.h"
#include "wire/capture/fate_comments.h"
#include "wire/capture/packet_segment.h"

namespace loquat::wire {
namespace {

namespace flag = codec::tcp;

constexpr std::uint64_t max_unseen = std::uint64_t{1} << 24;  // bytes that a capture may have missed in one piece

std::size_t side_index(Side side) noexcept { return static_cast<std::size_t>(side); }

// The sender of a frame without TCP: "10.0.0.1".
std::string host_of(const codec::CapturedPacket& packet) {
  for (const codec::Layer& layer : codec::dissect(packet.bytes, packet.link).layers) {
    for (const codec::Field& field : layer.fields) {
      if (field.name == "ip.src" || field.name == "ipv6.src" || field.name == "arp.src.proto_ipv4") return field.value;
    }
  }
  return {};
}

Fate fate_of(const codec::CapturedPacket& packet) {
  if (packet.comment.starts_with(lost_comment)) return Fate::dropped;
  if (packet.comment.starts_with(on_the_wire_comment)) return Fate::held;
  if (packet.comment.starts_with(turns_comment) || packet.comment.starts_with(turned_comment)) return Fate::corrupted;
  if (packet.direction == codec::CaptureDirection::out) return Fate::delivered;  // its checksum may come later
  const auto segment = codec::find_segment(packet.bytes, packet.link);
  const bool received = packet.direction == codec::CaptureDirection::in;
  return received && segment && segment->checksum == codec::Checksum::bad ? Fate::corrupted : Fate::delivered;
}

// The part of a comment that the row does not show anyway.
std::string told_why(std::string_view comment) {
  static constexpr std::array<std::string_view, 6> told = {lost_comment,   on_the_wire_comment,   turns_comment,
                                                           turned_comment, "retransmission of #", "a copy of #"};
  std::string why;
  while (!comment.empty()) {
    const std::string_view part = comment.substr(0, comment.find("; "));
    comment.remove_prefix(std::min(comment.size(), part.size() + 2));
    if (std::any_of(told.begin(), told.end(), [part](auto known) { return part.starts_with(known); })) continue;
    (why += why.empty() ? "" : "; ") += part;
  }
  return why;
}

// A SYN begins the flow, whatever came before it. Of several with different numbers the one that the other end has
// acknowledged counts.
bool begins_anew(const codec::Segment& segment, const Direction& mine, const Direction& peers) {
  if (!mine.flow.known()) return false;
  if (!mine.flow.syn) return true;
  const bool settled = peers.has_acked && peers.last_ack > *mine.flow.syn;
  return !settled && static_cast<std::uint32_t>(*mine.flow.syn) != segment.seq;
}

}  // namespace

Side Tracker::side_of(const codec::CapturedPacket& packet) {
  const std::string host = host_of(packet);
  const auto known = hosts_.find(host);
  if (known != hosts_.end()) return known->second;
  const Side side = hosts_.empty() ? Side::client : Side::server;
  if (hosts_.size() < 1000) hosts_[host] = side;
  return side;
}

TrackedFrame Tracker::add(const codec::CapturedPacket& packet) {
  if (frames_++ == 0) first_ns_ = last_ns_ = packet.time_ns;
  if (packet.time_ns < std::exchange(last_ns_, packet.time_ns)) ++unordered_;
  TrackedFrame seen;
  Frame& frame = seen.frame;
  frame.number = frames_;
  frame.fate = fate_of(packet);
  frame.sent = frame.delivered = Duration(std::max<std::int64_t>(packet.time_ns - first_ns_, 0));
  frame.bytes.assign(packet.bytes.begin(), packet.bytes.end());
  if (frame.fate == Fate::corrupted) frame.arrived = frame.bytes;
  frame.link = packet.link;
  frame.why.en = told_why(packet.comment);
  const auto segment = segment_of(packet);
  if (!segment) {
    frame.from = side_of(packet);
    return seen;
  }
  const Numbers numbers = numbering_.add(*segment);
  seen.connection = numbers.connection;
  frame.from = segment->source == numbering_.client(numbers.connection) ? Side::client : Side::server;
  hosts_.emplace(segment->source.address.text(), frame.from);
  hosts_.emplace(segment->destination.address.text(), other(frame.from));
  follow(frame, *segment, numbers, packet.time_ns);
  count(frame, *segment, numbers.connection, packet.time_ns);
  return seen;
}

// What the answer to a SYN, known before, says of the server.
void Tracker::supposed(const Frame& frame, const codec::Segment& segment, Ends& ends) const {
  if (answers_ == nullptr || !segment.has(flag::syn) || segment.has(flag::ack)) return;
  InferredEnd& server = ends.end[side_index(other(frame.from))];
  const bool idle = server.state() == State::unknown || server.state() == State::listen;
  if (!idle) return;
  switch (answers_->of(frame.number)) {
    case SynAnswers::Answer::accepted:
      server.suppose(State::listen);
      return;
    case SynAnswers::Answer::refused:
      return server.suppose(State::closed);
    case SynAnswers::Answer::crossed:
      return server.suppose(State::syn_sent);
    case SynAnswers::Answer::none:
      if (frame.fate == Fate::delivered) server.suppose(State::unknown);
  }
}

Tracker::Ends& Tracker::ends_of(const Numbers& numbers) {
  if (numbers.connection == ends_.size()) {
    ends_.emplace_back();
    connections_.emplace_back();
    connections_.back().client = numbering_.client(numbers.connection);
    connections_.back().server = numbering_.server(numbers.connection);
    if (answers_ != nullptr) ends_.back().end[1].suppose(answers_->server(numbers.connection));
  }
  return ends_[numbers.connection];
}

// Text that a comment has said already is not said again.
void add_remark(Text& why, const Text& remark) {
  if (remark.empty() || why.en.find(remark.en) != std::string::npos) return;
  if (!why.zh.empty() || !why.en.empty()) {
    why.zh = (why.zh.empty() ? why.en : why.zh) + "; " + remark.zh;
    why.en += "; " + remark.en;
    return;
  }
  why = remark;
}

void Tracker::follow(Frame& frame, const codec::Segment& segment, const Numbers& numbers, std::int64_t time) {
  Ends& ends = ends_of(numbers);
  const std::size_t from = side_index(frame.from), to = 1 - from;
  Direction &mine = ends.sent[from], &peers = ends.sent[to];
  const bool rst = segment.has(flag::rst), ack = segment.has(flag::ack);
  if (segment.has(flag::syn) && begins_anew(segment, mine, peers)) mine = {};
  SegmentPlace place{.at = mine.flow.position(segment.seq),
                     .acked = ack ? peers.flow.position(segment.ack) : 0,
                     .window = numbers.window,
                     .time = time};
  place.end = place.at + (segment.end() - segment.seq);
  if (!rst) end_fragment(place.at, mine);
  if (ack && !rst) end_fragment(place.acked, peers);

  frame.copy_of = ends.copies[from].add(frame, segment, time);
  SegmentFacts facts = segment_facts(segment, place, mine, peers);
  if (frame.copy_of != 0) {
    facts = {};
    facts.kind = SegmentKind::copy;
  }
  if (is_retransmission(facts.kind)) frame.retransmission_of = mine.flow.sent_before(place.at, place.end);
  facts.length = segment.length;
  facts.window = place.window;
  facts.ports_reused = numbers.ports_reused && segment.has(flag::syn) && !ack;
  const bool believed = ack && !rst && facts.kind != SegmentKind::challenge_ack;
  facts.acks_unseen = believed && acks_unseen(place, peers);
  if (believed) {
    const SentRange* timed = peers.flow.timed_by(place.acked);
    if (timed != nullptr && time >= timed->time) facts.rtt = Duration(time - timed->time);
    if (place.acked <= peers.flow.sent_end() + max_unseen) peers.flow.acknowledged(place.acked);
  }
  if (frame.copy_of == 0) add_remark(frame.why, segment_remark(segment, place, facts, mine, peers));

  frame.facts = facts;
  move_states(frame, segment, place, ends);
  if (segment.length > 0) frame.facts->in_flight = mine.flow.sent_end() - mine.flow.acked();
  if (frame.copy_of == 0) note_segment(segment, place, facts, mine);
  if (place.end == mine.flow.sent_end()) mine.fragment = segment.fragment ? frame.number : 0;
}

// The segment is sent, and arrives.
void Tracker::move_states(Frame& frame, const codec::Segment& segment, const SegmentPlace& place, Ends& ends) {
  const std::size_t from = side_index(frame.from), to = 1 - from;
  ByteFlow &flow = ends.sent[from].flow, &back = ends.sent[to].flow;
  const bool rst = segment.has(flag::rst);
  InferredEnd::Positions positions{.at = place.at, .acked = place.acked};
  ends.end[from].sends(segment, positions, flow, back);
  supposed(frame, segment, ends);
  frame.at_sending = {ends.end[0].state(), ends.end[1].state()};
  ends.end[from].sent();
  const SegmentKind kind = frame.facts->kind;
  const bool probe = kind == SegmentKind::window_probe || kind == SegmentKind::keepalive;
  const bool stray = segment.has(flag::syn) && flow.syn.value_or(place.at) != place.at;
  const bool counts = !rst && !probe && !stray;
  if (counts) flow.sent(place.at, place.end, frame.number, place.time);
  if (segment.has(flag::syn) && !stray) flow.syn = place.at;
  if (segment.has(flag::fin)) flow.fin = place.end - 1;
  if (frame.fate == Fate::delivered) {
    positions.expected = flow.next();
    if (counts) flow.arrived(place.at, place.end);
    ends.end[to].gets(segment, positions, back, flow);
  }
  frame.after = {ends.end[0].state(), ends.end[1].state()};
}

void Tracker::count(const Frame& frame, const codec::Segment& segment, std::size_t connection, std::int64_t time_ns) {
  TrackedConnection& tracked = connections_[connection];
  if (tracked.frames++ == 0) tracked.first_ns = time_ns;
  tracked.last_ns = time_ns;
  if (frame.from == Side::client && segment.has(flag::syn)) tracked.first_seq = segment.seq;
  tracked.bytes[side_index(frame.from)] += frame.facts->new_bytes;
  if (is_retransmission(frame.facts->kind)) ++tracked.retransmissions;
  if (const auto rtt = frame.facts->rtt) {
    auto& shortest = tracked.answered[side_index(frame.from)];
    shortest = std::min(shortest.value_or(*rtt), *rtt);
  }
  tracked.reset = tracked.reset || segment.has(flag::rst);
  tracked.states = frame.after;
}

}  // namespace loquat::wire
