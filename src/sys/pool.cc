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

bool Pool::start_thread() {
  try {
    const AllSignalsBlocked quiet;
    std::thread([this] { work(); }).detach();
    ++threads_;
    return true;
  } catch (const std::exception&) {  // system_error, bad_alloc
    return false;
  }
}

bool Pool::submit(Job* job) {
  const std::lock_guard lock(mutex_);
  if (queued_ >= idle_ && threads_ < max_threads_ && !start_thread() && threads_ == 0) return false;
  job->next = nullptr;
  (head_ == nullptr ? head_ : tail_->next) = job;
  tail_ = job;
  ++queued_;
  ready_.notify_one();
  return true;
}

void Pool::resize(int max_threads) {
  const std::lock_guard lock(mutex_);
  max_threads_ = max_threads;
  for (int waiting = queued_ - idle_; waiting > 0 && threads_ < max_threads_ && start_thread(); --waiting) continue;
  if (threads_ > max_threads_) ready_.notify_all();
}

int Pool::size() {
  const std::lock_guard lock(mutex_);
  return max_threads_;
}

void Pool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    bool timed_out = false;
    while (head_ == nullptr || threads_ > max_threads_) {
      if (timed_out || closing_ || threads_ > max_threads_) {
        --threads_;
        if (closing_) ready_.notify_all();
        if (head_ != nullptr) ready_.notify_one();  // it may have been told of that job
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
