// deadlock.h - RunOptions::detect_deadlock: lists the fibers of a run that is stuck, and ends it.
//
//   1. The worker that found it asks all workers for their fibers, by messages, since it cannot see those of others.
//   2. Who answers last writes the text and stops the run.
//   3. If a run that ends is stuck, since fibers refuse to end, the log gets the list: nothing else will tell.
//
// Layer: net.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "loquat/inspect.h"
#include "sched/workers.h"

namespace loquat::net {

class DeadlockReport final : public sched::DeadlockWatch {
 public:
  explicit DeadlockReport(std::size_t workers);

  void stuck(sched::Workers& workers) noexcept override;
  // Why the run was stopped; empty if it was not. Call after the run.
  const std::string& verdict() const noexcept { return verdict_; }

 private:
  struct Question : sched::Message {
    DeadlockReport* report;
    sched::Worker* worker;
  };
  void answer(sched::Worker& worker) noexcept;
  void conclude(sched::Workers& workers) noexcept;
  std::string text(const char* what) noexcept;

  std::atomic<bool> found_{false};
  std::atomic<bool> cannot_end_{false};
  std::vector<Question> questions_;  // one for each worker
  std::atomic<std::size_t> missing_{0};
  std::mutex mutex_;  // of the rest
  std::vector<FiberInfo> fibers_;
  std::string verdict_;
};

}  // namespace loquat::net
