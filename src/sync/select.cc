// select.cc - which case of a select is taken (select.h, detail/select_case.h).
#include <algorithm>
#include <cstdint>

#include "loquat/detail/select_case.h"
#include "sched/worker.h"

namespace loquat::sched {
namespace {

// A number below `limit`. In a simulation it comes from the seed.
std::size_t any_below(std::size_t limit) {
  static thread_local std::uint32_t state = 2463534242u;  // of an xorshift generator (Marsaglia 2003)
  std::uint32_t number = 0;
  const Worker* const worker = Worker::of_fiber();
  if (worker != nullptr && !worker->world().is_kernel()) {
    worker->world().random(std::as_writable_bytes(std::span(&number, 1)));
  } else {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    number = state;
  }
  return number % limit;
}

// The index of the case that is taken now; cases.size() if none is ready. `locked` are the same cases.
std::size_t take_ready(std::span<SelectCase*> cases, std::span<Case* const> locked) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    std::swap(cases[i], cases[i + any_below(cases.size() - i)]);
    if (!cases[i]->begin()) continue;
    unlock_all(locked, cases[i]->lock);
    cases[i]->finish();
    return i;
  }
  return cases.size();
}

}  // namespace

std::optional<std::size_t> Select::wait(std::span<SelectCase* const> cases, SelectCase** order, Case** sorted,
                                        TimePoint deadline, bool may_wait) {
  if (may_wait) spend_slice();
  const auto number_of = [&](const Case* one) {
    return static_cast<std::size_t>(std::find(cases.begin(), cases.end(), one) - cases.begin());
  };
  const auto end = std::copy_if(cases.begin(), cases.end(), order, [](SelectCase* each) { return each->enabled(); });
  const std::span enabled(order, end);
  const std::span locked(sorted, std::copy(enabled.begin(), enabled.end(), sorted));
  lock_all(locked);
  if (const std::size_t taken = take_ready(enabled, locked); taken < enabled.size()) return number_of(enabled[taken]);
  if (!may_wait) {
    unlock_all(locked);
    return std::nullopt;
  }
  Case* const woken = wait_any(locked, deadline);
  if (woken == nullptr) return std::nullopt;
  static_cast<SelectCase*>(woken)->finish_woken();
  return number_of(woken);
}

}  // namespace loquat::sched
