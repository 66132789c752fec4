#include <stdexcept>
#include <utility>

#include "loquat/sync.h"

namespace loquat {

Barrier::Barrier(std::size_t parties) : parties_(parties) {
  if (parties == 0) throw std::invalid_argument("a barrier for no party");
}

std::optional<std::size_t> Barrier::wait_until(TimePoint deadline) {
  lock_.lock();
  const std::size_t round = round_, before = arrived_;
  bool passed = !broken_;
  if (broken_ || ++arrived_ == parties_) {
    if (!broken_) passed = end_round(true);
    lock_.unlock();
    if (!passed) throw BrokenBarrierError();
    return before;
  }
  sched::Waiter waiter;
  waiter.item = this;  // end_round() takes it out
  try {
    if (!sched::wait(lock_, waiters_, deadline, waiter, "Barrier::wait")) {
      give_up(round);
      return std::nullopt;
    }
  } catch (...) {
    give_up(round);
    throw;
  }
  if (waiter.item != nullptr) throw BrokenBarrierError();
  return before;
}

// Somebody may have ended the round since the caller left the list.
void Barrier::give_up(std::size_t round) noexcept {
  const sched::SpinGuard guard(lock_);
  if (round == round_) end_round(false);
}

// Wakes the parties that wait. Returns whether the round passes: if a party has left the list since it arrived, it does
// not, although that party has not told so yet.
bool Barrier::end_round(bool complete) noexcept {
  sched::Waiter* first = nullptr;
  sched::Waiter** last = &first;
  std::size_t waiting = 0;
  for (; sched::Waiter* const waiter = pop(waiters_); ++waiting) {
    *last = waiter;
    last = &waiter->next;
  }
  *last = nullptr;
  const bool passes = complete && waiting + 1 == parties_;
  while (first != nullptr) {
    sched::Waiter* const waiter = std::exchange(first, first->next);
    if (passes) waiter->item = nullptr;
    wake(waiter);
  }
  ++round_;
  arrived_ = 0;
  broken_ = !passes;
  return passes;
}

void Barrier::abort() noexcept {
  const sched::SpinGuard guard(lock_);
  end_round(false);
}

void Barrier::reset() noexcept {
  const sched::SpinGuard guard(lock_);
  end_round(false);
  broken_ = false;
}

bool Barrier::broken() const noexcept {
  const sched::SpinGuard guard(lock_);
  return broken_;
}

std::size_t Barrier::n_waiting() const noexcept {
  const sched::SpinGuard guard(lock_);
  return arrived_;
}

}  // namespace loquat
