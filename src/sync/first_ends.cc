// first_ends.cc - waits for some of many fibers (wait_first_n() in select.h).
#include <algorithm>
#include <deque>

#include "loquat/detail/select_case.h"

namespace loquat::sched {
namespace {

// Waits until one of them has ended. False: the deadline has passed.
bool wait_for_one(std::span<const TaskRef> tasks, std::span<const std::size_t> places, TimePoint deadline) {
  std::deque<EndCase> ends;
  std::vector<SelectCase*> cases, order(places.size());
  for (const std::size_t place : places) cases.push_back(&ends.emplace_back(*tasks[place]));
  std::vector<Case*> sorted(places.size());
  return Select::wait(cases, order.data(), sorted.data(), deadline, true).has_value();
}

}  // namespace

// If n of m fibers must still end, one of any m - n + 1 of them must: it is enough to wait for those.
std::vector<std::size_t> Select::first_ends(std::span<const TaskRef> tasks, std::size_t count, TimePoint deadline) {
  std::vector<std::size_t> ended, left(tasks.size());
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
  count = std::min(count, tasks.size());
  for (bool in_time = true;;) {
    const auto rest = std::stable_partition(left.begin(), left.end(), [&](std::size_t i) { return !tasks[i]->done(); });
    ended.insert(ended.end(), rest, left.end());
    left.erase(rest, left.end());
    if (ended.size() >= count || !in_time) break;
    in_time = wait_for_one(tasks, std::span(left).first(left.size() - (count - ended.size()) + 1), deadline);
  }
  const auto earlier = [&](std::size_t a, std::size_t b) { return tasks[a]->ended_at_ < tasks[b]->ended_at_; };
  std::stable_sort(ended.begin(), ended.end(), earlier);
  ended.resize(std::min(count, ended.size()));
  return ended;
}

}  // namespace loquat::sched
