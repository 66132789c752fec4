#include "capi/runtime.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <mutex>
#include <new>
#include <string_view>
#include <thread>
#include <utility>

#include "capi/heartbeat.h"
#include "loquat/error.h"
#include "loquat/fiber.h"
#include "loquat/run.h"
#include "loquat/sync.h"
#include "sched/worker.h"

namespace loquat::capi {
namespace {

// A call, from the thread that makes it to the fiber in which it runs.
class Job {
 public:
  explicit Job(sched::Callable call) : call_(call) {}

  // On the worker: starts the fiber.
  void start() {
    auto fiber = spawn([this] { run(); });
    const sched::SpinGuard guard(lock_);
    fiber_ = fiber;
  }
  // In the thread: waits for the end. A signal may cancel the fiber, once. The wait has a time limit because the kernel
  // would restart one without after a handler with SA_RESTART.
  int wait(OnSignal on_signal) noexcept {
    const timespec hour{3600, 0};
    while (done_.load(std::memory_order_acquire) == 0) {
      const long result = ::syscall(SYS_futex, &done_, FUTEX_WAIT_PRIVATE, 0, &hour, nullptr, 0);
      if (result != 0 && errno == EINTR && on_signal == OnSignal::cancel) cancel();
    }
    return result_;
  }

 private:
  void run() noexcept {
    try {
      bool cancelled;
      {
        const sched::SpinGuard guard(lock_);
        running_ = true;
        cancelled = cancelled_;
      }
      if (cancelled) throw Cancelled{};
      call_();
    } catch (const Cancelled&) {
      result_ = -EINTR;
    }
    {
      const sched::SpinGuard guard(lock_);
      running_ = false;
    }
    done_.store(1, std::memory_order_release);
    ::syscall(SYS_futex, &done_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);  // the Job may be gone
  }
  // A fiber that is cancelled before it begins would never run, and nobody would wake the thread.
  void cancel() noexcept {
    const sched::SpinGuard guard(lock_);
    if (!std::exchange(cancelled_, true) && running_) fiber_.cancel();
  }

  sched::Callable call_;
  sched::SpinLock lock_;
  Fiber<> fiber_;
  bool running_ = false;
  bool cancelled_ = false;
  int result_ = 0;
  std::atomic<std::uint32_t> done_{0};
};

// A thread that runs one worker, and the jobs for it.
class Runtime {
 public:
  explicit Runtime(PollerKind kind) {
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);  // the threads that wait handle signals
    thread_ = std::thread([this, kind] { work(kind); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    started_.wait();
    if (error_ != 0) thread_.join();
  }
  ~Runtime() {
    jobs_.close();
    if (thread_.joinable()) thread_.join();
  }
  int error() const noexcept { return error_; }
  void submit(Job& job) { jobs_.put(&job); }
  // In the child of a fork(2), which has its memory but not its thread.
  void drop() noexcept { poller_->drop(); }

 private:
  void work(PollerKind kind) noexcept {
    try {
      RunOptions options;
      options.poller = kind;
      loquat::run(
          [&] {
            poller_ = &sched::Worker::current()->poller();
            started_.set();
            while (auto job = jobs_.get()) (*job)->start();
          },
          options);
    } catch (const OSError& e) {
      error_ = e.errc();
      started_.set();
    } catch (const std::bad_alloc&) {
      error_ = ENOMEM;
      started_.set();
    }
  }

  sched::Poller* poller_ = nullptr;
  Queue<Job*> jobs_;
  Event started_;  // or failed
  int error_ = 0;
  std::thread thread_;
};

std::mutex mutex;  // of both
std::shared_ptr<Runtime> present;
PollerKind wanted = PollerKind::automatic;
std::atomic<bool> in_fibers{false};

void before_fork() noexcept { mutex.lock(); }
void after_fork() noexcept { mutex.unlock(); }
// Its memory is not freed: fibers were running.
void in_child() noexcept {
  if (present) present->drop();
  new (&present) std::shared_ptr<Runtime>;
  mutex.unlock();
}

std::shared_ptr<Runtime> runtime() {
  [[maybe_unused]] static const int registered = ::pthread_atfork(before_fork, after_fork, in_child);
  const std::lock_guard lock(mutex);
  if (!present) {
    auto fresh = std::make_shared<Runtime>(wanted);
    if (fresh->error() != 0) throw_oserror(fresh->error(), {"loquat_run_in", {}, {}, 0});
    present = std::move(fresh);
  }
  return present;
}

}  // namespace

int run_in(const char* mode) noexcept {
  const std::string_view name(mode == nullptr ? "" : mode);
  if (name != "thread" && name != "epoll" && name != "uring") return -EINVAL;
  try {
    {
      const std::lock_guard lock(mutex);
      present.reset();
      wanted = name == "epoll" ? PollerKind::epoll : PollerKind::uring;
    }
    in_fibers = name != "thread";
    if (in_fibers) runtime();
    return 0;
  } catch (const OSError& e) {
    in_fibers = false;
    return -e.errc();
  } catch (const std::exception&) {
    in_fibers = false;
    return -ENOMEM;
  }
}

int begin_beating(Duration period) noexcept {
  if (!in_fibers) return -ENOTSUP;
  auto begin = [period] { spawn([period] { beat(period); }); };
  return make_call(begin);
}

int make_call(sched::Callable call, OnSignal on_signal) noexcept {
  try {
    if (!in_fibers) {
      call();
      return 0;
    }
    const std::shared_ptr<Runtime> keep = runtime();
    Job job(call);
    keep->submit(job);
    return job.wait(on_signal);
  } catch (const OSError& e) {
    return -e.errc();
  } catch (const std::exception&) {
    return -ENOMEM;
  }
}

}  // namespace loquat::capi
