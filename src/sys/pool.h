// pool.h - threads for calls that block whatever one does.
//
// Layer: sys.
#pragma once

#include <condition_variable>
#include <mutex>
#include <new>

#include "sys/world.h"

namespace loquat::sys {

class Pool {
 public:
  explicit Pool(int max_threads) : max_threads_(max_threads) {}
  // Blocks until its jobs are done and its threads gone.
  ~Pool();
  // Runs the job on a thread of the pool, in order of submission. Returns false if the pool has no thread and cannot
  // start one: then the job does not run.
  bool submit(Job* job);
  // Changes the number of threads. More start for the jobs that wait; of those that are too many each ends after its
  // job.
  void resize(int max_threads);
  int size();
  // For the child of a fork(2), which does not have the threads.
  void reset_after_fork() noexcept { new (this) Pool(max_threads_); }

 private:
  bool start_thread();
  void work();

  int max_threads_;
  std::mutex mutex_;
  std::condition_variable ready_;  // for a job, or for the destructor
  Job* head_ = nullptr;
  Job* tail_ = nullptr;
  int queued_ = 0;
  int idle_ = 0;
  int threads_ = 0;
  bool closing_ = false;
};

}  // namespace loquat::sys
