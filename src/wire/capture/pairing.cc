#include "wire/capture/pairing.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace loquat::wire {
namespace {

namespace flag = codec::tcp;
using Positions = std::set<std::uint32_t>;

// What a segment says: a piece of data, or SYN, FIN, RST or an ACK alone.
struct Unit {
  std::uint16_t flags = 0;  // 0: data
  std::uint32_t from = 0, to = 0;
  auto operator<=>(const Unit&) const = default;
  std::size_t bytes() const noexcept { return flags == 0 ? to - from : 0; }
};
using Places = std::map<Unit, std::vector<std::size_t>>;

std::vector<Unit> units_of(const Sighting& s, const Positions& cuts) {
  constexpr std::uint16_t control = flag::syn | flag::fin | flag::rst;
  std::vector<Unit> units;
  const auto length = static_cast<std::uint32_t>(s.segment.length);
  for (std::uint32_t at = s.seq, end = s.seq + length; at != end;) {
    const auto next = cuts.upper_bound(at);
    const std::uint32_t to = next != cuts.end() && *next - at < end - at ? *next : end;
    units.push_back({0, at, to});
    at = to;
  }
  if (s.segment.has(control)) {
    const auto which = static_cast<std::uint16_t>(s.segment.flags & (control | flag::ack));
    units.push_back({which, s.seq + length, s.segment.has(flag::syn) ? s.ack : 0});
  }
  if (units.empty()) units.push_back({flag::ack, s.seq, s.ack});
  return units;
}

Places places_of(const std::vector<Sighting>& all, const Positions& cuts) {
  Places places;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (const Unit& unit : units_of(all[i], cuts)) places[unit].push_back(i);
  }
  return places;
}

// The least time between what was sent once and received once; if there is no such thing, between the last ones.
std::optional<std::int64_t> shortest_way(const Places& there, const Places& here, const std::vector<Sighting>& sent,
                                         const std::vector<Sighting>& received) {
  std::optional<std::int64_t> shortest, of_last;
  for (const auto& [unit, from] : there) {
    const auto found = here.find(unit);
    if (found == here.end()) continue;
    const std::int64_t took = received[found->second.back()].time - sent[from.back()].time;
    auto& least = from.size() == 1 && found->second.size() == 1 ? shortest : of_last;
    least = std::min(least.value_or(took), took);
  }
  return shortest ? shortest : of_last;
}

class Matcher {
 public:
  Matcher(const std::vector<Sighting>& sent, const std::vector<Sighting>& received) : sent_(sent), received_(received) {
    Positions cuts;
    for (const auto* all : {&sent, &received}) {
      for (const Sighting& s : *all) {
        cuts.insert(s.seq);
        cuts.insert(s.seq + static_cast<std::uint32_t>(s.segment.length));
      }
    }
    there_ = places_of(sent, cuts);
    here_ = places_of(received, cuts);
    result_.sent.resize(sent.size());
    result_.shortest = shortest_way(there_, here_, sent, received);
  }

  Pairing match() {
    std::set<std::size_t> known, twice;
    for (const auto& [unit, places] : here_) {
      for (const std::size_t place : places) (match(unit, place) ? known : twice).insert(place);
    }
    for (const auto& [unit, places] : there_) {
      for (const std::size_t place : places) {
        if (matched_.count({unit, place}) == 0) result_.sent[place].missing += std::max<std::size_t>(unit.bytes(), 1);
      }
    }
    for (std::size_t i = 0; i < received_.size(); ++i) {
      if (known.count(i) != 0) continue;
      (seen_before_.count(i) != 0 ? result_.doubled : result_.unknown).push_back(i);
    }
    return std::move(result_);
  }

 private:
  // Finds who was sent for what was received at `place`.
  bool match(const Unit& unit, std::size_t place) {
    const auto from = there_.find(unit);
    if (from == there_.end()) return false;
    seen_before_.insert(place);
    const Sighting& here = received_[place];
    const std::uint16_t id = here.segment.identification;
    std::optional<std::size_t> best;
    for (const std::size_t candidate : from->second) {
      if (matched_.count({unit, candidate}) != 0) continue;
      const bool same = id != 0 && sent_[candidate].segment.identification == id;
      const bool before = !result_.shortest || sent_[candidate].time + *result_.shortest <= here.time + slack;
      if (!same && !before && best) break;
      if (!best || before || same) best = candidate;
      if (same) break;
      if (from->second.size() <= here_[unit].size()) break;  // nothing of it was lost: in their order
    }
    if (!best) return false;
    matched_.insert({unit, *best});
    Pair& pair = result_.sent[*best];
    if (!pair.received) pair.received = place;
    pair.time = std::max(pair.time, here.time);
    return true;
  }

  static constexpr std::int64_t slack = 100'000;  // ns

  const std::vector<Sighting>& sent_;
  const std::vector<Sighting>& received_;
  Places there_, here_;
  std::set<std::pair<Unit, std::size_t>> matched_;
  std::set<std::size_t> seen_before_;  // received, and sent at some time
  Pairing result_;
};

}  // namespace

Pairing pair_up(const std::vector<Sighting>& sent, const std::vector<Sighting>& received) {
  return Matcher(sent, received).match();
}

}  // namespace loquat::wire
