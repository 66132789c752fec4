#include "wire/trace/numbering.h"

#include <algorithm>

namespace loquat::wire {
namespace {

using codec::Segment;

bool opens(const Segment& segment) noexcept { return segment.has(codec::tcp::syn) && !segment.has(codec::tcp::ack); }

// Which of the two ends, by the first segment that was seen of a connection, opened it.
std::size_t client_of(const Segment& first) noexcept {
  if (first.has(codec::tcp::syn)) return opens(first) ? 0 : 1;
  return first.source.port >= first.destination.port ? 0 : 1;  // servers have low ports
}

}  // namespace

Numbering::Connection& Numbering::begin(const Segment& first, std::size_t& number) {
  const auto [newest, is_first] = newest_.try_emplace(std::minmax(first.source, first.destination));
  Connection& connection = connections_.emplace_back();
  connection.ends = {first.source, first.destination};
  connection.client = client_of(first);
  if (!is_first) connection.before = newest->second;
  number = newest->second = connections_.size() - 1;
  return connection;
}

Numbering::Connection& Numbering::find(const Segment& segment, std::size_t& number) {
  const auto known = newest_.find(std::minmax(segment.source, segment.destination));
  if (known == newest_.end()) return begin(segment, number);
  Connection& connection = connections_[known->second];
  const std::size_t from = segment.source == connection.ends[0] ? 0 : 1;
  const Direction &mine = connection.directions[from], &peers = connection.directions[1 - from];
  const bool closed = mine.fin_seen && peers.fin_seen;
  if (opens(segment) && mine.base && (*mine.base != segment.seq || closed)) return begin(segment, number);
  const bool unanswered = mine.syn_seen && !peers.syn_seen && connection.before.has_value();
  const bool fits = mine.base && segment.seq - *mine.base < std::uint32_t{1} << 24;
  if (unanswered && !fits && !segment.has(codec::tcp::syn | codec::tcp::rst)) known->second = *connection.before;
  number = known->second;
  return connections_[number];
}

Numbers Numbering::add(const Segment& segment) {
  Numbers numbers;
  Connection& connection = find(segment, numbers.connection);
  const std::size_t from = segment.source == connection.ends[0] ? 0 : 1;
  Direction& there = connection.directions[from];
  Direction& back = connection.directions[1 - from];
  const bool syn = segment.has(codec::tcp::syn), ack = segment.has(codec::tcp::ack);
  const bool late_syn =
      syn && !there.syn_seen && there.base != segment.seq;  // an older connection's segment came first
  if (!there.base || late_syn) there.base = syn ? segment.seq : segment.seq - 1;
  if (!back.base && ack) back.base = segment.ack - 1;
  if (syn) {
    there.syn_seen = true;
    there.answers = ack;
    there.scale = segment.options.window_scale;
  }
  if (segment.has(codec::tcp::fin)) there.fin_seen = true;
  numbers.seq = segment.seq - *there.base;
  if (ack) numbers.ack = segment.ack - *back.base;
  numbers.ports_reused = connection.before.has_value();
  // A SYN,ACK offers scaling only if the SYN did: RFC 7323 s.2.2.
  const bool back_scales = back.syn_seen ? back.scale.has_value() : there.answers;
  const bool scaled = !syn && there.syn_seen && there.scale && back_scales;
  const unsigned shift = scaled ? std::min<unsigned>(*there.scale, 14) : 0;
  numbers.window = static_cast<std::uint32_t>(segment.window) << shift;
  return numbers;
}

}  // namespace loquat::wire
