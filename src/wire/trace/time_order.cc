#include "wire/trace/time_order.h"

#include <algorithm>
#include <set>
#include <utility>

namespace loquat::wire {
namespace {

struct Dated {
  Duration at;
  Row row;
};

Duration time_of(const Row& row) {
  if (const auto* frame = std::get_if<Frame>(&row)) return frame->fate == Fate::held ? frame->sent : frame->delivered;
  if (const auto* action = std::get_if<Action>(&row)) return action->at;
  if (const auto* note = std::get_if<Note>(&row)) return note->at;
  return std::holds_alternative<Begin>(row) ? Duration::min() : Duration::max();
}

Frame as_held(const Frame& frame) {
  Frame held = frame;
  held.fate = Fate::held;
  held.delivered = {};
  held.arrived.clear();
  return held;
}

}  // namespace

Trace in_order_of_time(const Trace& trace) {
  std::set<int> told_held;
  std::vector<Dated> rows;
  for (const Row& row : trace) {
    if (const auto* frame = std::get_if<Frame>(&row)) {
      const bool first = told_held.insert(frame->number).second;
      if (frame->fate != Fate::held && first && frame->delivered > frame->sent)
        rows.push_back({frame->sent, as_held(*frame)});
    }
    rows.push_back({time_of(row), row});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Dated& a, const Dated& b) { return a.at < b.at; });
  Trace sorted;
  for (auto& dated : rows) sorted.push_back(std::move(dated.row));
  return sorted;
}

}  // namespace loquat::wire
