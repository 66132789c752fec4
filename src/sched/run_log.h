// run_log.h - reports failures of fibers whose handles went without get() or join(): to the run's sink during the run,
// to standard error after it. A failed task may outlive its run, so this does too.
//
// Layer: sched.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <typeinfo>

#include "loquat/detail/task.h"
#include "loquat/log.h"

namespace loquat::sched {

// Where a fiber was spawned: "src/server.cc:12", or the type of its function.
std::string place_of(Place where, const std::type_info* body);

class RunLog {
 public:
  // The run holds the first reference.
  explicit RunLog(LogSink* sink) noexcept : sink_(sink) {}
  RunLog(const RunLog&) = delete;
  RunLog& operator=(const RunLog&) = delete;

  void hold() noexcept { refs_.fetch_add(1, std::memory_order_relaxed); }
  void drop() noexcept {
    if (refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  LogSink* sink() const noexcept { return sink_; }
  // Any thread may call it.
  void write_error(std::string_view line) noexcept;
  // Ends the use of the sink: waits for writers; later lines go to standard error.
  void close() noexcept;

 private:
  ~RunLog() = default;

  std::atomic<int> refs_{1};
  std::atomic<int> writing_{0};
  std::atomic<bool> closed_{false};
  LogSink* const sink_;
};

}  // namespace loquat::sched
