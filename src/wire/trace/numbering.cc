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

Numbering::Connection& Numbering::find(const Segment& segment, std::size_t& number) {
  const auto key = std::minmax(segment.source, segment.destination);
  const auto known = newest_.find(key);
  if (known != newest_.end()) {
    Connection& connection = connections_[known->second];
    const Direction& direction = connection.directions[segment.source == connection.ends[0] ? 0 : 1];
    if (!opens(segment) || !direction.base || *direction.base == segment.seq) {
      number = known->second;
      return connection;
    }
  }
  number = newest_[key] = connections_.size();
  Connection& connection = connections_.emplace_back();
  connection.ends = {segment.source, segment.destination};
  connection.client = client_of(segment);
  return connection;
}

Numbers Numbering::add(const Segment& segment) {
  Numbers numbers;
  Connection& connection = find(segment, numbers.connection);
  const std::size_t from = segment.source == connection.ends[0] ? 0 : 1;
  Direction& there = connection.directions[from];
  Direction& back = connection.directions[1 - from];
  const bool syn = segment.has(codec::tcp::syn), ack = segment.has(codec::tcp::ack);
  if (!there.base) there.base = syn ? segment.seq : segment.seq - 1;
  if (!back.base && ack) back.base = segment.ack - 1;
  if (syn) {
    there.syn_seen = true;
    there.scale = segment.options.window_scale;
  }
  numbers.seq = segment.seq - *there.base;
  if (ack) numbers.ack = segment.ack - *back.base;
  const bool scaled = !syn && there.syn_seen && back.syn_seen && there.scale && back.scale;
  const unsigned shift = scaled ? std::min<unsigned>(*there.scale, 14) : 0;
  numbers.window = static_cast<std::uint32_t>(segment.window) << shift;
  return numbers;
}

}  // namespace loquat::wire
