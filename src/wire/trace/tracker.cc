#include "wire/trace/tracker.h"

#include <algorithm>
#include <functional>

#include "codec/packet/packet.h"
#include "wire/trace/fate_comments.h"
#include "wire/trace/segment_kind.h"

namespace loquat::wire {
namespace {

namespace flag = codec::tcp;

constexpr std::size_t max_recent = 32;
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

// IPv4's identification tells a copy, which has the same, from a segment that is sent again.
bool has_identification(const Frame& frame, const codec::Segment& segment) noexcept {
  if (segment.header_offset < 20) return false;
  const std::byte* ip = frame.bytes.data() + segment.header_offset - 20;
  return ip[0] == std::byte{0x45} && (ip[4] != std::byte{0} || ip[5] != std::byte{0});
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
  if (frames_++ == 0) first_ns_ = packet.time_ns;
  TrackedFrame seen;
  Frame& frame = seen.frame;
  frame.number = frames_;
  frame.fate = fate_of(packet);
  frame.sent = frame.delivered = Duration(std::max<std::int64_t>(packet.time_ns - first_ns_, 0));
  frame.bytes.assign(packet.bytes.begin(), packet.bytes.end());
  if (frame.fate == Fate::corrupted) frame.arrived = frame.bytes;
  frame.link = packet.link;
  frame.why.en = told_why(packet.comment);
  const auto segment = codec::find_segment(frame.bytes, frame.link);
  if (!segment) {
    frame.from = side_of(packet);
    return seen;
  }
  const Numbers numbers = numbering_.add(*segment);
  seen.connection = numbers.connection;
  frame.from = segment->source == numbering_.client(numbers.connection) ? Side::client : Side::server;
  hosts_.emplace(segment->source.address.text(), frame.from);
  hosts_.emplace(segment->destination.address.text(), other(frame.from));
  follow(frame, *segment, numbers);
  count(frame, *segment, numbers.connection, packet.time_ns);
  return seen;
}

int Tracker::copy_of(const Frame& frame, const codec::Segment& segment, Ends& ends) {
  if (!has_identification(frame, segment)) return 0;
  auto& recent = ends.recent[side_index(frame.from)];
  const std::string_view bytes(reinterpret_cast<const char*>(frame.bytes.data()), frame.bytes.size());
  const std::size_t hash = std::hash<std::string_view>{}(bytes);
  const auto same = std::find_if(recent.begin(), recent.end(), [hash](const auto& r) { return r.first == hash; });
  if (same != recent.end()) return same->second;
  recent.emplace_back(hash, frame.number);
  if (recent.size() > max_recent) recent.pop_front();
  return 0;
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

void Tracker::follow(Frame& frame, const codec::Segment& segment, const Numbers& numbers) {
  if (numbers.connection == ends_.size()) {
    ends_.emplace_back();
    connections_.emplace_back();
    connections_.back().client = numbering_.client(numbers.connection);
    connections_.back().server = numbering_.server(numbers.connection);
    if (answers_ != nullptr) ends_.back().end[1].suppose(answers_->server(numbers.connection));
  }
  Ends& ends = ends_[numbers.connection];
  const std::size_t from = side_index(frame.from), to = 1 - from;
  ByteFlow &flow = ends.flow[from], &back = ends.flow[to];
  const bool rst = segment.has(flag::rst), ack = segment.has(flag::ack);
  InferredEnd::Positions place{.at = flow.position(segment.seq), .acked = ack ? back.position(segment.ack) : 0};
  if (ack && !rst && place.acked <= back.sent_end() + max_unseen) back.acknowledged(place.acked);
  const SegmentContext context{place.at,
                               flow,
                               back,
                               ends.window[from],
                               ends.window[to],
                               numbers.window,
                               ack && ends.last_ack[from] == place.acked};
  const std::uint64_t end = place.at + (segment.end() - segment.seq);
  frame.copy_of = copy_of(frame, segment, ends);
  if (frame.copy_of == 0 && !is_probe(segment, context) && !rst && end > place.at)
    frame.retransmission_of = flow.sent_before(place.at, end);
  if (frame.why.empty() && frame.copy_of == 0) frame.why = segment_remark(segment, context);

  ends.end[from].sends(segment, place, flow, back);
  supposed(frame, segment, ends);
  frame.at_sending = {ends.end[0].state(), ends.end[1].state()};
  ends.end[from].sent();
  if (!rst) flow.sent(place.at, end, frame.number);
  if (segment.has(flag::syn)) flow.syn = place.at;
  if (segment.has(flag::fin)) flow.fin = end - 1;
  if (ack) ends.last_ack[from] = place.acked;
  if (!rst) ends.window[from] = numbers.window;
  if (frame.fate == Fate::delivered) {
    place.expected = flow.next();
    if (!rst) flow.arrived(place.at, end);
    ends.end[to].gets(segment, place, back, flow);
  }
  frame.after = {ends.end[0].state(), ends.end[1].state()};
}

void Tracker::count(const Frame& frame, const codec::Segment& segment, std::size_t connection, std::int64_t time_ns) {
  TrackedConnection& tracked = connections_[connection];
  if (tracked.frames++ == 0) tracked.first_ns = time_ns;
  tracked.last_ns = time_ns;
  if (frame.retransmission_of == 0 && frame.copy_of == 0) tracked.bytes[side_index(frame.from)] += segment.length;
  if (frame.retransmission_of != 0) ++tracked.retransmissions;
  tracked.reset = tracked.reset || segment.has(flag::rst);
  tracked.states = frame.after;
}

}  // namespace loquat::wire
