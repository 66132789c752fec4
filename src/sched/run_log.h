// run_log.h - where the failures of fibers go that nobody asked for: the run's sink while the run lasts, else standard
// error. A failed task may outlive its run, and so does this.
//
// Layer: sched.
#pragma once

#include <atomic>
#include <string_view>

#include "loquat/log.h"

namespace loquat::sched {

class RunLog {
 public:
  // With one reference, the run's.
  explicit RunLog(LogSink* sink) noexcept : sink_(sink) {}
  RunLog(const RunLog&) = delete;
  RunLog& operator=(const RunLog&) = delete;

  void hold() noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }
  void drop() noexcept {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  LogSink* sink() const noexcept { return sink_; }
  // Any thread.
  void write_error(std::string_view line) noexcept;
  // The run is over: waits for those who write, and leaves the sink alone from then on.
  void close() noexcept;

 private:
  ~RunLog() = default;

  std::atomic<int> refs_{1};
  std::atomic<int> writing_{0};
  std::atomic<bool> closed_{false};
  LogSink* const sink_;
};

}  // namespace loquat::sched
