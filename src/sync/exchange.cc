// exchange.cc - how a sender meets a receiver (detail/exchange.h).
#include "loquat/detail/exchange.h"

#include "sched/worker.h"

namespace loquat::sched {
namespace {

// Waits on one side, with the lock held, which is released.
bool wait_to_meet(SpinLock& lock, WaitList& side, bool closed, void* item, TimePoint deadline, const char* call) {
  if (closed) {
    lock.unlock();
    return false;
  }
  Waiter waiter;
  waiter.item = item;
  return wait(lock, side, deadline, waiter, call) && waiter.item == nullptr;
}

}  // namespace

bool Exchange::send_now(void* from) noexcept {
  Waiter* const receiver = receivers_.empty() ? nullptr : pop(receivers_);
  if (receiver == nullptr) return false;
  move_(from, receiver->item);
  receiver->item = nullptr;
  wake(receiver);
  return true;
}

bool Exchange::receive_now(void* to) noexcept {
  Waiter* const sender = senders_.empty() ? nullptr : pop(senders_);
  if (sender == nullptr) return false;
  move_(sender->item, to);
  sender->item = nullptr;
  wake(sender);
  return true;
}

bool Exchange::send(void* from, TimePoint deadline) {
  spend_slice();
  lock_.lock();
  if (!send_now(from)) return wait_to_meet(lock_, senders_, closed_, from, deadline, "Channel::send");
  lock_.unlock();
  return true;
}

bool Exchange::receive(void* to, TimePoint deadline) {
  spend_slice();
  lock_.lock();
  if (!receive_now(to)) return wait_to_meet(lock_, receivers_, closed_, to, deadline, "Channel::recv");
  lock_.unlock();
  return true;
}

bool Exchange::try_send(void* from) noexcept {
  const SpinGuard guard(lock_);
  return send_now(from);
}

bool Exchange::try_receive(void* to) noexcept {
  const SpinGuard guard(lock_);
  return receive_now(to);
}

void Exchange::close() noexcept {
  const SpinGuard guard(lock_);
  closed_ = true;
  while (Waiter* const waiter = pop(senders_)) wake(waiter);
  while (Waiter* const waiter = pop(receivers_)) wake(waiter);
}

bool Exchange::closed() const noexcept {
  const SpinGuard guard(lock_);
  return closed_;
}

}  // namespace loquat::sched
