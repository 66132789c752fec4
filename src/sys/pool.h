// pool.h - threads for what cannot be made to wait.
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
  // Runs the job on a thread of the pool. If no thread can be started and none is there, runs it here.
  void submit(Job* job);
  // In the child of a fork(2), where its threads are not.
  void begin_anew() noexcept { new (this) Pool; }

 private:
  void work();

  static constexpr int max_threads = 16;
  std::mutex mutex_;
  std::condition_variable ready_;
  Job* head_ = nullptr;
  Job* tail_ = nullptr;
  int queued_ = 0;
  int idle_ = 0;
  int threads_ = 0;
};

}  // namespace loquat::sys
