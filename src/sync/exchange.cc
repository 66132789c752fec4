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

Waiter* Exchange::send_now(void* from) noexcept {
  Waiter* const receiver = receivers_.empty() ? nullptr : pop(receivers_);
  if (receiver == nullptr) return nullptr;
  move_(from, receiver->item);
  receiver->item = nullptr;
  return receiver;
}

Waiter* Exchange::receive_now(void* to) noexcept {
  Waiter* const sender = senders_.empty() ? nullptr : pop(senders_);
  if (sender == nullptr) return nullptr;
  move_(sender->item, to);
  sender->item = nullptr;
  return sender;
}

bool Exchange::send(void* from, TimePoint deadline) {
  spend_slice();
  lock_.lock();
  Waiter* const receiver = send_now(from);
  if (receiver == nullptr) return wait_to_meet(lock_, senders_, closed_, from, deadline, "Channel::send");
  return release_and_wake(receiver);
}

bool Exchange::receive(void* to, TimePoint deadline) {
  spend_slice();
  lock_.lock();
  Waiter* const sender = receive_now(to);
  if (sender == nullptr) return wait_to_meet(lock_, receivers_, closed_, to, deadline, "Channel::recv");
  return release_and_wake(sender);
}

bool Exchange::try_send(void* from) noexcept {
  lock_.lock();
  return release_and_wake(send_now(from));
}

bool Exchange::try_receive(void* to) noexcept {
  lock_.lock();
  return release_and_wake(receive_now(to));
}

// To wake a fiber of another worker may take a system call, during which nobody should spin for the lock.
bool Exchange::release_and_wake(Waiter* waiter) noexcept {
  lock_.unlock();
  if (waiter != nullptr) wake(waiter);
  return waiter != nullptr;
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
