#include "sched/workers.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>

#include "base/ticks.h"
#include "sched/run_log.h"
#include "sched/stack/jump.h"
#include "sched/stack/sanitizers.h"

namespace loquat::sched {
namespace {

void check_range(const std::string& what, std::size_t value, const char* unit, std::size_t min, std::size_t max) {
  if (value >= min && value <= max) return;
  throw std::invalid_argument(what + std::to_string(value) + unit + std::to_string(min) + " to " + std::to_string(max) +
                              " are possible");
}

}  // namespace

void Workers::check(const char* call, std::size_t workers, std::size_t stack_size) {
  check_range(std::string(call) + ": ", workers, " workers; ", 1, 1024);
  check_range(std::string(call) + ": a stack of ", stack_size, " bytes; ", 16 * 1024, 1 << 30);
}

Workers::Workers(sys::World& world, const Options& options)
    : world_(world),
      is_kernel_(world.is_kernel()),
      first_ticks_(ticks()),
      first_time_(world.now()),
      options_(options),
      log_(new RunLog(options.log)) {
  DebugTable::add(this);
}

Workers::~Workers() {
  DebugTable::remove(this);
  while (posting_.load(std::memory_order_acquire) != 0) ::sched_yield();
  workers_.clear();
  log_->close();
  log_->drop();
}

void Workers::add(std::unique_ptr<Poller> poller) {
  workers_.push_back(std::make_unique<Worker>(*this, workers_.size(), std::move(poller),
                                              std::max(options_.stack_size, min_stack_size)));
}

void Workers::write_log(std::string_view line) noexcept { log_->write_error(line); }

LogSink* Workers::log() const noexcept { return log_->sink(); }

// Whatever may throw comes first: once the worker has its reference, the fiber runs.
TaskRef Workers::start(Task* task, std::size_t index) {
  task->refs_.store(1, std::memory_order_relaxed);
  TaskRef handle;
  handle.adopt(task);
  if (index >= workers_.size()) {
    throw std::out_of_range("spawn_on: there is no worker " + std::to_string(index) + "; this run has 0 to " +
                            std::to_string(workers_.size() - 1));
  }
  Worker& worker = *workers_[index];
  struct Arrival : Message {
    Worker* worker;
    Task* task;
  };
  auto* arrival = Worker::current() == &worker ? nullptr : new Arrival{};
  task->worker_ = &worker;
  task->refs_.store(2, std::memory_order_relaxed);  // the worker's, too; nobody else knows the task yet
  if (const Worker* const caller = Worker::of_fiber()) task->parent_ = caller->task()->number_;
  if (arrival == nullptr) {
    worker.started_.store(worker.started_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    worker.add(task);
    return handle;
  }
  worker.sent_.fetch_add(1, std::memory_order_relaxed);
  arrival->worker = &worker;
  arrival->task = task;
  arrival->run = [](Message* message) noexcept {
    auto* arrived = static_cast<Arrival*>(message);
    arrived->worker->add(arrived->task);
    delete arrived;
  };
  worker.post(arrival);
  return handle;
}

TaskRef Workers::start_main(Task* task) {
  main_ = task;
  return start(task, 0);
}

Duration Workers::since(std::uint64_t moment) const noexcept {
  const TimePoint present = world_.now();
  if (!is_kernel_) return present.time_since_epoch() - Duration(static_cast<Duration::rep>(moment));
  const auto all = static_cast<double>(ticks() - first_ticks_);
  const auto part = static_cast<double>(static_cast<std::int64_t>(ticks() - moment));
  if (all <= 0 || part <= 0) return Duration::zero();
  return Duration(static_cast<Duration::rep>(part / all * static_cast<double>((present - first_time_).count())));
}

void Workers::stop() noexcept {
  if (stopping_.exchange(true, std::memory_order_acq_rel)) return;
  for (auto& worker : workers_) worker->post(&worker->stop_message_);
}

// Reads the ended counts first. If both sums are equal, then between the two loops no fiber existed.
bool Workers::over() const noexcept {
  if (!stopping()) return false;
  std::uint64_t ended = 0;
  std::uint64_t started = 0;
  for (auto& worker : workers_) ended += worker->ended_count_.load(std::memory_order_acquire);
  for (auto& worker : workers_) {
    started += worker->started_.load(std::memory_order_acquire) + worker->sent_.load(std::memory_order_acquire);
  }
  return started == ended;
}

// The last worker to rest looks. Whoever has posted a message to another worker rests after that, so its message is in
// the mailbox, or that worker has resumed.
void Workers::rest() noexcept {
  const std::uint64_t resumed = resumed_.load();
  if (resting_.fetch_add(1) + 1 != size()) return;
  for (auto& worker : workers_) {
    if (worker->messages_.load() != nullptr) return;
  }
  if (resting_.load() == size() && resumed_.load() == resumed) options_.watch->stuck(*this);
}

// In this order: whoever counts it among those that rest has read resumed_ before it changes.
void Workers::resume() noexcept {
  resting_.fetch_sub(1);
  resumed_.fetch_add(1);
}

// --- for debuggers -------------------------------------------------------------------------------------------------

namespace {

constinit SpinLock runs_lock;
constinit Workers* newest_run = nullptr;

// The child of a fork(2) may call run(), and the fork may come while another thread has the lock.
[[maybe_unused]] const int runs_survive_forks =
    ::pthread_atfork([] { runs_lock.lock(); }, [] { runs_lock.unlock(); }, [] { runs_lock.unlock(); });

}  // namespace

void DebugTable::add(Workers* run) noexcept {
  const SpinGuard guard(runs_lock);
  run->next_run_ = newest_run;
  newest_run = run;
}

void DebugTable::remove(Workers* run) noexcept {
  const SpinGuard guard(runs_lock);
  Workers** at = &newest_run;
  while (*at != run) at = &(*at)->next_run_;
  *at = run->next_run_;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"  // of classes with a base: g++ and clang both know it

constexpr DebugTable DebugTable::make() noexcept {
  return {1,
          &newest_run,
          {
              {"Workers::next", offsetof(Workers, next_run_)},
              {"Workers::workers", offsetof(Workers, workers_)},
              {"Workers::is_kernel", offsetof(Workers, is_kernel_)},
              {"Workers::first_ticks", offsetof(Workers, first_ticks_)},
              {"Workers::first_time", offsetof(Workers, first_time_)},
              {"Worker::index", offsetof(Worker, index_)},
              {"Worker::tasks", offsetof(Worker, all_) + offsetof(TaskList, head_)},
              {"Worker::running", offsetof(Worker, running_)},
              {"Worker::turn_time", offsetof(Worker, turn_time_)},
              {"Worker::clock_turn", offsetof(Worker, clock_turn_)},
              {"Worker::clock_time", offsetof(Worker, clock_time_)},
              {"Worker::thread", offsetof(Worker, thread_)},
              {"Task::next", offsetof(Task, all_next_)},
              {"Task::done", offsetof(Task, done_)},
              {"Task::ready", offsetof(Task, ready_)},
              {"Task::call", offsetof(Task, call_)},
              {"Task::descriptor", offsetof(Task, descriptor_)},
              {"Task::waits_since", offsetof(Task, waits_since_)},
              {"Task::number", offsetof(Task, number_)},
              {"Task::locals", offsetof(Task, locals_) + offsetof(Locals, first)},
              {"Task::point", offsetof(Task, context_) + offsetof(Context, point)},
              {"Task::stack", offsetof(Task, context_) + offsetof(Context, stack)},
              {"Task::file", offsetof(Task, origin_) + offsetof(Place, file)},
              {"Task::line", offsetof(Task, origin_) + offsetof(Place, line)},
              {"Stack::low", offsetof(Stack, low)},
              {"Stack::size", offsetof(Stack, size)},
              {"Local::key", offsetof(Local, key_)},
              {"Local::next", offsetof(Local, next_)},
#if defined(__GLIBCXX__)                       // whose std::string begins with a pointer to its characters
              {"Local::name", sizeof(Local)},  // what a `Name` has of its own (fiber_local.cc)
#endif
#if defined(LOQUAT_BOOST_JUMP)
              {"boost jump", 1},
#endif
          }};
}

#pragma GCC diagnostic pop

extern "C" {
extern const DebugTable loquat_debug;
[[gnu::used]] constinit const DebugTable loquat_debug = DebugTable::make();
}

}  // namespace loquat::sched
