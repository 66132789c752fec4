#include "sys/pool.h"

#include <signal.h>

#include <chrono>
#include <exception>
#include <thread>

namespace loquat::sys {
namespace {

// Threads of the pool block all signals: main() and Signals handle those.
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

Pool::~Pool() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  ready_.notify_all();
  while (threads_ != 0) ready_.wait(lock);
}

bool Pool::submit(Job* job) {
  const std::lock_guard lock(mutex_);
  if (queued_ >= idle_ && threads_ < max_threads_) {
    try {
      const AllSignalsBlocked quiet;
      std::thread([this] { work(); }).detach();
      ++threads_;
    } catch (const std::exception&) {   // system_error, bad_alloc
      if (threads_ == 0) return false;  // else a running thread will get to it
    }
  }
  job->next = nullptr;
  (head_ == nullptr ? head_ : tail_->next) = job;
  tail_ = job;
  ++queued_;
  ready_.notify_one();
  return true;
}

void Pool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    bool timed_out = false;
    while (head_ == nullptr) {
      if (timed_out || closing_) {
        --threads_;
        if (closing_) ready_.notify_all();
        return;
      }
      ++idle_;
      timed_out = ready_.wait_for(lock, std::chrono::seconds(10)) == std::cv_status::timeout;
      --idle_;
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
