#include "loquat/detector.h"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "inspect/stack_of_thread.h"
#include "loquat/error.h"
#include "sched/workers.h"
#include "sys/kernel.h"

namespace loquat {
namespace {

std::string milliseconds(Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(time).count()) + " ms";
}

// The processor time that a thread of this process has used. Source: clock_getcpuclockid(3), whose numbers this makes.
Duration cpu_of(pid_t thread) {
  timespec used{};
  const auto clock = static_cast<clockid_t>((~static_cast<unsigned>(thread) << 3) | 6);
  if (::clock_gettime(clock, &used) != 0) return Duration::zero();
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

sched::Workers& workers_of_caller() {
  sched::Worker* const worker = sched::Worker::of_fiber();
  if (worker == nullptr || !worker->workers().is_kernel()) throw std::logic_error("a Detector outside of run()");
  return worker->workers();
}

}  // namespace

struct Detector::State {
  explicit State(DetectorOptions given);
  ~State();

  void watch();
  void look();
  void look_at(std::size_t worker, TimePoint present);
  void report_held(std::size_t worker, Duration held, const std::string& activity);
  void write(const std::string& line);

  // What was last seen of a worker.
  struct Seen {
    std::uint64_t pulse = 0;
    TimePoint since;
    Duration cpu{};  // that its thread had used by then
    bool reported = false;
  };

  const DetectorOptions options;
  const unsigned forks = sys::forks();
  sched::Workers& workers;
  std::optional<inspect::StackSignal> signal;
  std::vector<Seen> seen;
  std::atomic<std::uint64_t> reports{0};
  std::atomic<Duration::rep> longest{0};
  std::mutex mutex;
  std::condition_variable changed;
  bool ends = false;
  std::thread thread;
};

Detector::State::State(DetectorOptions given)
    : options(std::move(given)), workers(workers_of_caller()), seen(workers.size()) {
  if (options.limit < std::chrono::milliseconds(1)) throw std::invalid_argument("Detector: a limit below 1 ms");
  if (options.signal != 0) signal.emplace(options.signal);
  try {
    thread = std::thread([this] { watch(); });
  } catch (const std::system_error&) {
    throw_oserror(EAGAIN, {"Detector: no thread can be started", {}, {}, 0});
  }
}

Detector::State::~State() {
  {
    const std::lock_guard guard(mutex);
    ends = true;
  }
  changed.notify_one();
  thread.join();
  look();  // the end of what was reported
}

void Detector::State::watch() {
  sigset_t all;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);  // signals are for the program's own threads
  std::unique_lock lock(mutex);
  while (!changed.wait_for(lock, options.limit / 4, [this] { return ends; })) {
    lock.unlock();
    look();
    lock.lock();
  }
}

void Detector::State::look() {
  const TimePoint present = Clock::now();
  for (std::size_t i = 0; i < workers.size(); ++i) look_at(i, present);
}

void Detector::State::look_at(std::size_t worker, TimePoint present) {
  Seen& before = seen[worker];
  const std::uint64_t pulse = workers[worker].pulse();
  const Duration held = present - before.since;
  if (pulse == before.pulse && sched::Worker::is_in_fiber(pulse)) {
    if (held < options.limit || before.reported) return;
    const std::string activity = inspect::activity_of(workers[worker].thread());  // the signal interrupts it
    // On a busy machine the thread may have waited for a processor all the while.
    if (activity == inspect::own_code && cpu_of(workers[worker].thread()) - before.cpu < options.limit) return;
    before.reported = true;
    ++reports;
    return report_held(worker, held, activity);
  }
  if (before.reported) {
    if (held.count() > longest) longest = held.count();
    write("worker " + std::to_string(worker) + " is free again after " + milliseconds(held));
  }
  before = {pulse, present, cpu_of(workers[worker].thread()), false};
}

void Detector::State::report_held(std::size_t worker, Duration held, const std::string& activity) {
  std::optional<inspect::Held> fiber;
  if (signal) fiber = signal->ask(workers[worker], seen[worker].pulse);
  std::string line = "worker " + std::to_string(worker) + " has been held for " + milliseconds(held) + " by ";
  if (fiber) {
    line += "fiber " + std::to_string(fiber->number) + " (" + fiber->name + (fiber->name.empty() ? "" : ", ") +
            fiber->spawned + ")";
  } else {
    line += "a fiber";
  }
  if (!activity.empty()) line += ", in " + activity;
  write(line + (fiber && !fiber->frames.empty() ? ":" : ""));
  if (!fiber) return;
  for (void* const frame : fiber->frames) write("  at " + inspect::name_of_frame(frame));
}

void Detector::State::write(const std::string& line) {
  if (!options.report) return workers.write_log(line);
  try {
    options.report(line);
  } catch (...) {
    workers.write_log("the report function of a Detector threw");
  }
}

Detector::Detector(DetectorOptions options) : state_(std::make_unique<State>(std::move(options))) {}
// In the child of a fork(2) there is no thread to wait for.
Detector::~Detector() {
  if (state_->forks != sys::forks()) (void)state_.release();
}

std::uint64_t Detector::reports() const noexcept { return state_->reports; }
Duration Detector::longest() const noexcept { return Duration(state_->longest); }

}  // namespace loquat
