// workers.h - the set of workers of one run.
//
// Layer: sched.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include "loquat/detail/task.h"
#include "loquat/log.h"
#include "sched/poller.h"
#include "sched/worker.h"

namespace loquat::sched {

// What a debugger must know to list the fibers of a process, since without debug information it knows no offsets:
// `loquat_debug` in workers.cc, which packaging/gdb/loquat-gdb.py reads.
struct DebugTable {
  struct Field {
    const char* name;
    std::size_t offset;
  };
  static constexpr std::size_t max_fields = 32;

  std::size_t version;
  Workers* const* runs;
  Field fields[max_fields];  // up to the first whose name is nullptr

  static void add(Workers* run) noexcept;
  static void remove(Workers* run) noexcept;
  static constexpr DebugTable make() noexcept;
};

// Is told when a run is stuck: every fiber of every worker waits for what only another fiber could do.
struct DeadlockWatch {
  // Runs on one of the workers, between two fibers. May be called again, also when the run ends and cannot.
  virtual void stuck(Workers& workers) noexcept = 0;

 protected:
  ~DeadlockWatch() = default;
};

class Workers {
 public:
  struct Options {
    std::size_t stack_size = 64 * 1024;
    LogSink* log = nullptr;
    DeadlockWatch* watch = nullptr;
  };
  // Throws std::invalid_argument if a number is out of range; its text begins with `call`.
  static void check(const char* call, std::size_t workers, std::size_t stack_size);

  Workers(sys::World& world, const Options& options);

  // Waits until no thread is inside Worker::post() or writes to the log.
  ~Workers();

  // Call before the first fiber is started.
  void add(std::unique_ptr<Poller> poller);
  // Starts the main fiber, on worker 0. Its end calls stop().
  TaskRef start_main(Task* task);
  // Cancels every fiber, also those that start later.
  void stop() noexcept;
  bool stopping() const noexcept { return stopping_.load(std::memory_order_acquire); }
  // Whether stop() was called and no fiber is left.
  bool over() const noexcept;

  std::size_t size() const noexcept { return workers_.size(); }
  Worker& operator[](std::size_t index) const { return *workers_.at(index); }
  sys::World& world() const noexcept { return world_; }
  bool is_kernel() const noexcept { return is_kernel_; }
  // The time from a moment (Worker::turn_time()) until now.
  Duration since(std::uint64_t moment) const noexcept;
  LogSink* log() const noexcept;
  // To the run's log, or to standard error if it has none. Any thread may call it.
  void write_log(std::string_view line) noexcept;

  TaskRef start(Task* task, std::size_t index);

  bool is_watched() const noexcept { return options_.watch != nullptr; }
  // Worker::loop() sleeps until a message comes, without timers or anything else to wait for; it sleeps no more.
  void rest() noexcept;
  void resume() noexcept;

 private:
  friend class Worker;
  friend struct DebugTable;
  Workers* next_run_ = nullptr;  // all runs of the process, for debuggers
  sys::World& world_;
  const bool is_kernel_;
  const std::uint64_t first_ticks_;
  const TimePoint first_time_;
  Options options_;
  RunLog* const log_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::atomic<Task*> main_{nullptr};
  const std::exception_ptr no_memory_ = std::make_exception_ptr(std::bad_alloc());  // made while there is memory
  std::atomic<bool> stopping_{false};
  std::atomic<int> posting_{0};  // threads inside Worker::post()
  std::atomic<std::size_t> resting_{0};
  std::atomic<std::uint64_t> resumed_{0};
};

}  // namespace loquat::sched
