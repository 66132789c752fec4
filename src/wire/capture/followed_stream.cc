#include "wire/capture/followed_stream.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>

#include "codec/network/segment.h"
#include "wire/trace/numbering.h"

namespace loquat::wire {
namespace {

constexpr std::int64_t max_step = std::int64_t{1} << 30;  // no window is larger: what is farther away is a stranger's

std::size_t side_number(Side side) noexcept { return static_cast<std::size_t>(side); }

// A segment that its receiver takes.
struct Taken {
  const Frame* frame;
  codec::Segment segment;
  std::int64_t from = 0, to = 0;        // its payload's positions; the first byte after a SYN has 1
  std::optional<std::int64_t> acked{};  // the other direction's position
};

// Positions out of relative sequence numbers, which wrap.
class Unwrapped {
 public:
  std::int64_t of(Side side, std::uint32_t number) const {
    const std::int64_t base = near_[side_number(side)];
    return base + static_cast<std::int32_t>(number - static_cast<std::uint32_t>(base));
  }
  void move(Side side, std::int64_t to) {
    std::int64_t& base = near_[side_number(side)];
    if (std::abs(to - base) < max_step) base = to;
  }

 private:
  std::array<std::int64_t, 2> near_{};  // where each direction is
};

// An ACK that a later one of the same end contradicts is a stranger's.
void drop_false_acks(std::vector<Taken>& taken) {
  std::array<std::optional<std::int64_t>, 2> later{};  // the lowest, by the Side that acknowledges
  for (auto each = taken.rbegin(); each != taken.rend(); ++each) {
    auto& lowest = later[side_number(each->frame->from)];
    if (!each->acked) continue;
    if (lowest && *each->acked > *lowest)
      each->acked = lowest;
    else
      lowest = each->acked;
  }
}

std::vector<Taken> taken_of(const Trace& trace) {
  std::vector<Taken> taken;
  Numbering numbering;
  Unwrapped positions;
  for (const Row& row : trace) {
    const auto* frame = std::get_if<Frame>(&row);
    if (frame == nullptr) continue;
    auto segment = codec::find_segment(frame->bytes, frame->link);
    if (!segment) continue;
    if (frame->facts) segment->length = frame->facts->length;
    const Numbers numbers = numbering.add(*segment);
    if (frame->fate != Fate::delivered || frame->copy_of != 0 || segment->has(codec::tcp::rst)) continue;
    Taken each{frame, *segment};
    each.from = positions.of(frame->from, numbers.seq) + (segment->has(codec::tcp::syn) ? 1 : 0);
    each.to = each.from + static_cast<std::int64_t>(segment->length);
    positions.move(frame->from, each.to);
    const bool challenge = frame->facts && frame->facts->kind == SegmentKind::challenge_ack;
    if (segment->has(codec::tcp::ack) && !challenge) each.acked = positions.of(other(frame->from), numbers.ack);
    taken.push_back(each);
  }
  drop_false_acks(taken);
  return taken;
}

// The bytes of one direction.
class SentBytes {
 public:
  // False if other bytes stand there already.
  bool add(const Taken& taken) {
    const auto& payload = taken.segment.payload;
    std::string_view captured(reinterpret_cast<const char*>(payload.data()), payload.size());
    if (fin_ && taken.from >= *fin_) return true;  // nothing follows a FIN
    if (taken.segment.has(codec::tcp::fin)) fin_ = taken.to;
    if (is_early_probe(taken)) {
      next_ = taken.to;
      return true;
    }
    captured.remove_prefix(
        std::min(captured.size(), static_cast<std::size_t>(std::max<std::int64_t>(1 - taken.from, 0))));
    return insert(std::max<std::int64_t>(taken.from, 1), captured, taken.frame->number);
  }
  void begin() { begun_ = true; }  // its SYN was seen

  // Its receiver says that it has all before `end`.
  void acknowledged(std::int64_t end) {
    end = std::min(end, fin_.value_or(end));
    const bool fin = end == last_end() + 1;  // one byte that nobody saw, and none behind it
    if (!fin && end - std::max(next_, last_end()) < max_step) complete(end);
  }
  // Of what stands before `end`, nothing will come that has not.
  void complete(std::int64_t end) { complete_ = std::max(complete_, end); }
  std::int64_t last_end() const { return pieces_.empty() ? 1 : end_of(*pieces_.rbegin()); }

  // What can be read when frame `number` has arrived, by `take(position, missing, bytes)`.
  template <class Take>
  void read(int number, Take take) {
    for (;;) {
      const auto piece = pieces_.lower_bound(next_);
      const bool stands_next = piece != pieces_.end() && piece->first == next_;
      if (stands_next && (piece->second.frame <= number || next_ < complete_)) {
        take(next_, std::int64_t{0}, piece->second.bytes);
        next_ = end_of(*piece);
      } else if (!stands_next && next_ < complete_) {
        const std::int64_t end = piece == pieces_.end() ? complete_ : std::min(complete_, piece->first);
        take(end, end - next_, std::string_view());
        next_ = end;
      } else {
        return;
      }
    }
  }

 private:
  struct Piece {
    std::string_view bytes;
    int frame = 0;
  };

  // Without a SYN, a first byte of zero is a keep-alive's, which stands for the byte before.
  bool is_early_probe(const Taken& taken) const {
    const auto& payload = taken.segment.payload;
    return !begun_ && pieces_.empty() && taken.from == 1 && payload.size() == 1 && payload.front() == std::byte{0};
  }

  using Pieces = std::map<std::int64_t, Piece>;

  static std::int64_t end_of(const Pieces::value_type& piece) {
    return piece.first + static_cast<std::int64_t>(piece.second.bytes.size());
  }

  // What stands there already stays.
  bool insert(std::int64_t from, std::string_view bytes, int frame) {
    bool same = true;
    auto piece = pieces_.upper_bound(from);
    if (piece != pieces_.begin()) --piece;
    while (!bytes.empty()) {
      while (piece != pieces_.end() && end_of(*piece) <= from) ++piece;
      std::size_t size = bytes.size();
      if (piece == pieces_.end() || piece->first > from) {
        if (piece != pieces_.end()) size = std::min(size, static_cast<std::size_t>(piece->first - from));
        pieces_.emplace(from, Piece{bytes.substr(0, size), frame});
      } else {
        const std::string_view known = piece->second.bytes.substr(static_cast<std::size_t>(from - piece->first));
        size = std::min(size, known.size());
        same = same && bytes.substr(0, size) == known.substr(0, size);
      }
      bytes.remove_prefix(size);
      from += static_cast<std::int64_t>(size);
    }
    return same;
  }

  Pieces pieces_;  // by their first position; they do not overlap
  std::int64_t next_ = 1, complete_ = 1;
  std::optional<std::int64_t> fin_;
  bool begun_ = false;
};

bool is_probe(const Taken& taken) {
  const auto& facts = taken.frame->facts;
  return facts && (facts->kind == SegmentKind::keepalive || facts->kind == SegmentKind::window_probe);
}

// Adds to `turns` what `direction` lets its receiver read when `frame` has arrived.
void read(SentBytes& direction, Side from, const Frame& frame, std::vector<Turn>& turns) {
  direction.read(frame.number, [&](std::int64_t position, std::int64_t missing, std::string_view bytes) {
    if (turns.empty() || turns.back().from != from || missing > 0)
      turns.push_back({from,
                       frame.number,
                       frame.delivered,
                       static_cast<std::uint64_t>(position - 1),
                       static_cast<std::uint64_t>(missing),
                       {}});
    turns.back().bytes += bytes;
  });
}

}  // namespace

FollowedStream follow_stream(const Trace& trace) {
  const std::vector<Taken> taken = taken_of(trace);
  std::array<SentBytes, 2> directions;
  FollowedStream followed;
  for (const Taken& each : taken) {
    const Side from = each.frame->from;
    if (each.segment.has(codec::tcp::syn)) directions[side_number(from)].begin();
    if (!directions[side_number(from)].add(each) && !is_probe(each))
      followed.changes.push_back({from, each.frame->number});
  }
  for (const Taken& each : taken) {
    const Side from = each.frame->from, to = other(from);
    SentBytes &mine = directions[side_number(from)], &others = directions[side_number(to)];
    if (each.acked) others.acknowledged(*each.acked);
    read(others, to, *each.frame, followed.turns);
    const bool cut = each.segment.payload.size() < each.segment.length;
    if (cut) mine.complete(each.to);
    read(mine, from, *each.frame, followed.turns);
  }
  for (const Side side : {Side::client, Side::server}) {
    SentBytes& direction = directions[side_number(side)];
    direction.complete(direction.last_end());
    if (!taken.empty()) read(direction, side, *taken.back().frame, followed.turns);
  }
  return followed;
}

}  // namespace loquat::wire
