#include <stdexcept>
#include <utility>

#include "loquat/sync.h"

namespace loquat {

Barrier::Barrier(std::size_t parties, std::function<void()> action, AnyDuration timeout)
    : parties_(parties), action_(std::move(action)), timeout_(timeout) {
  if (parties == 0) throw std::invalid_argument("a barrier for no party");
}

std::size_t Barrier::wait() {
  const auto before = wait_until(sched::deadline_from_now(timeout_));
  if (!before) throw BrokenBarrierError();
  return *before;
}

std::optional<std::size_t> Barrier::wait_until(TimePoint deadline) {
  lock_.lock();
  while (acting_ != nullptr) {
    if (acting_ == sched::self()) {
      lock_.unlock();
      throw std::logic_error("the action of a barrier waits at that barrier: it would wait for itself");
    }
    sched::wait(lock_, newcomers_, never, nullptr, "Barrier::wait");
    lock_.lock();
  }
  if (broken_) {
    lock_.unlock();
    throw BrokenBarrierError();
  }
  const std::size_t round = round_, before = arrived_;
  if (++arrived_ == parties_) {
    open();
    return before;
  }
  sched::Waiter waiter;
  waiter.item = this;  // release() takes it out
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

// The parties that wait, taken off the list: none of them can give up any more.
struct Barrier::Waiting {
  sched::Waiter* first = nullptr;
  std::size_t count = 0;

  void release(bool passes) noexcept {
    while (first != nullptr) {
      sched::Waiter* const waiter = std::exchange(first, first->next);
      if (passes) waiter->item = nullptr;
      wake(waiter);
    }
  }
};

Barrier::Waiting Barrier::next_round() noexcept {
  Waiting here;
  sched::Waiter** last = &here.first;
  for (; sched::Waiter* const waiter = pop(waiters_); ++here.count) {
    *last = waiter;
    last = &waiter->next;
  }
  *last = nullptr;
  ++round_;
  arrived_ = 0;
  return here;
}

void Barrier::break_off() noexcept {
  next_round().release(false);
  broken_ = true;
  ++breaks_;
}

// The action has ended.
void Barrier::let_in() noexcept {
  acting_ = nullptr;
  while (sched::Waiter* const waiter = pop(newcomers_)) wake(waiter);
}

// The last party, with the lock, which it releases. If another one has left the list since it arrived, the round does
// not pass, although that party has not told so yet.
void Barrier::open() {
  Waiting others = next_round();
  bool passes = others.count + 1 == parties_;
  if (!passes) break_off();
  if (passes && action_) {
    const std::size_t breaks = breaks_;
    acting_ = sched::self();
    lock_.unlock();
    try {
      action_();
    } catch (...) {
      const sched::SpinGuard guard(lock_);
      let_in();
      others.release(false);
      break_off();
      throw;
    }
    lock_.lock();
    let_in();
    passes = breaks == breaks_;
  }
  others.release(passes);
  lock_.unlock();
  if (!passes) throw BrokenBarrierError();
}

// Somebody may have ended the round since the caller left the list.
void Barrier::give_up(std::size_t round) noexcept {
  const sched::SpinGuard guard(lock_);
  if (round == round_) break_off();
}

void Barrier::abort() noexcept {
  const sched::SpinGuard guard(lock_);
  break_off();
}

void Barrier::reset() noexcept {
  const sched::SpinGuard guard(lock_);
  break_off();
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
