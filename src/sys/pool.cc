#include "sys/pool.h"

#include <signal.h>

#include <chrono>
#include <system_error>
#include <thread>

namespace loquat::sys {
namespace {

// Threads of the pool take no signals: those are for main() and for Signals.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

void Pool::submit(Job* job) {
  std::unique_lock lock(mutex_);
  job->next = nullptr;
  (head_ == nullptr ? head_ : tail_->next) = job;
  tail_ = job;
  ++queued_;
  if (queued_ <= idle_ || threads_ == max_threads) {
    ready_.notify_one();
    return;
  }
  try {
    AllSignalsBlocked quiet;
    std::thread([this] { work(); }).detach();
    ++threads_;
  } catch (const std::system_error&) {
    if (threads_ > 0) return;  // the others will come to it
    head_ = tail_ = nullptr;
    --queued_;
    lock.unlock();
    job->run(job);
  }
}

void Pool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    while (head_ == nullptr) {
      ++idle_;
      auto result = ready_.wait_for(lock, std::chrono::seconds(10));
      --idle_;
      if (result == std::cv_status::timeout && head_ == nullptr) {
        --threads_;
        return;
      }
    }
    Job* job = head_;
    head_ = job->next;
    --queued_;
    lock.unlock();
    job->run(job);
    lock.lock();
  }
}

}  // namespace loquat::sys
