#include "wire/capture/copies.h"

#include <algorithm>
#include <functional>
#include <string_view>

namespace loquat::wire {
namespace {

constexpr std::size_t max_seen = 32;
constexpr std::int64_t longest = 200'000'000, at_once = 1'000'000;  // ns

}  // namespace

bool Copies::is_copy(const Seen& later, const Seen& first, bool carries) const {
  const std::int64_t apart = later.time - first.time;
  const bool has_id = later.id != 0 && ids_vary_;
  const std::int64_t most = has_id ? longest : at_once;
  if (apart <= -most || apart >= most) return false;
  if (has_id) return later.with_id == first.with_id;
  return later.content == first.content && (carries || later.addresses != first.addresses);
}

int Copies::add(const Frame& frame, const codec::Segment& segment, std::int64_t time) {
  const std::hash<std::string_view> hash{};
  const std::string_view bytes(reinterpret_cast<const char*>(frame.bytes.data()), frame.bytes.size());
  const std::size_t up_to_checksum = hash(bytes.substr(segment.header_offset, 16));
  Seen seen{.id = segment.identification, .number = frame.number, .time = time};
  seen.with_id = (up_to_checksum * 31 + segment.length) * 31 + seen.id;
  seen.content = up_to_checksum * 31 + hash(bytes.substr(segment.header_offset + 18));
  if (frame.link == codec::LinkType::ethernet) seen.addresses = hash(bytes.substr(0, 12));

  const bool carries = segment.length > 0 || segment.has(codec::tcp::syn | codec::tcp::fin);
  const auto find = [&] {
    return std::find_if(seen_.begin(), seen_.end(), [&](const Seen& each) { return is_copy(seen, each, carries); });
  };
  auto first = find();
  if (first == seen_.end() && ids_vary_ && !seen_.empty() && seen.id == seen_.back().id) {
    ids_vary_ = false;
    first = find();
  }
  if (first != seen_.end()) return first->number;
  seen_.push_back(seen);
  if (seen_.size() > max_seen) seen_.pop_front();
  return 0;
}

}  // namespace loquat::wire
