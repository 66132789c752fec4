// A fiber that holds its worker is named, with its stack and what it does (loquat/detector.h).
#include "loquat/detector.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "inspect/stack_of_thread.h"
#include "loquat/fiber.h"
#include "loquat/run.h"
#include "sched/workers.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

#if defined(__SANITIZE_THREAD__)
constexpr bool has_signals = false;  // TSan delivers none to code that calls nothing
#else
constexpr bool has_signals = true;
#endif

// The lines of a detector, from its thread.
class Report {
 public:
  DetectorOptions options(Duration limit = 20ms) {
    return {.limit = limit, .report = [this](const std::string& line) {
              const std::lock_guard guard(mutex_);
              lines_.push_back(line);
              if (line.find("has been held") != line.npos) held_ = true;
            }};
  }
  bool held() const { return held_; }
  std::vector<std::string> lines() {
    const std::lock_guard guard(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::atomic<bool> held_{false};
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

// Runs body() in a named fiber while a detector watches, and waits until the worker is free again.
std::vector<std::string> reported(const std::function<void(const Report&)>& body) {
  Report report;
  run([&] {
    const Detector detector(report.options());
    spawn([&] {
      set_fiber_name("holder");
      body(report);
    }).join();
    while (report.lines().empty() || !has(report.lines().back(), "is free again")) sleep(1ms);
    EXPECT_EQ(detector.reports(), 1u);
    EXPECT_GE(detector.longest(), 20ms);
  });
  return report.lines();
}

[[gnu::noinline]] void spins(const Report& report) {
  while (!report.held()) continue;
}

TEST(DetectorOf, AFiberThatSpins) {
  const std::vector<std::string> lines = reported(spins);
  ASSERT_GE(lines.size(), 2u);
  EXPECT_TRUE(has(lines.front(), "worker 0 has been held for ")) << lines.front();
  EXPECT_TRUE(has(lines.front(), "in its own code")) << lines.front();
  if (!has_signals) return;
  EXPECT_TRUE(has(lines.front(), " by fiber 2 (holder, src/inspect/detector_test.cc:")) << lines.front();
  EXPECT_GE(lines.size(), 4u) << "its stack";
  EXPECT_EQ(lines[1].find("  at "), 0u) << lines[1];
}

TEST(DetectorOf, ASystemCallThatBlocks) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::vector<std::string> lines = reported([&](const Report& report) {
    std::thread writer([&] {
      while (!report.held()) ::usleep(1000);
      EXPECT_EQ(::write(ends[1], "x", 1), 1);
    });
    char byte = 0;
    EXPECT_EQ(::read(ends[0], &byte, 1), 1) << "the signal does not end it";
    writer.join();
  });
  ASSERT_GE(lines.size(), 2u);
  EXPECT_TRUE(has(lines.front(), "in read(2)")) << lines.front();
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(DetectorOf, WithoutASignalOnlyTheWorkerIsNamed) {
  Report report;
  run([&] {
    DetectorOptions options = report.options();
    options.signal = 0;
    const Detector detector(options);
    spawn([&] { spins(report); }).join();
  });
  EXPECT_TRUE(has(report.lines().front(), " by a fiber, in its own code")) << report.lines().front();
}

TEST(DetectorOf, OtherWorkersAndManyTimes) {
  Report report;
  run(
      [&] {
        const Detector detector(report.options());
        for (std::uint64_t i = 1; i <= 3; ++i) {
          spawn_on(1, [&] {
            while (detector.reports() < i) continue;
          }).join();
        }
      },
      {.workers = 2});
  EXPECT_TRUE(has(report.lines().front(), "worker 1 has been held")) << report.lines().front();
}

// The fiber that called offload() waits, so its worker is free; what is reported is the other worker's.
TEST(DetectorOf, ABlockedBodyOfOffloadIsNone) {
  Report report;
  run(
      [&] {
        const Detector detector(report.options());
        auto blocked = spawn([&] {
          offload([&] {
            while (!report.held()) ::usleep(1000);
          });
        });
        while (blocked.waits() == 0) sleep(1ms);
        spawn_on(1, [&] { spins(report); }).join();
        blocked.join();
      },
      {.workers = 2});
  EXPECT_TRUE(has(report.lines().front(), "worker 1 has been held")) << report.lines().front();
}

// gevent's monitor begins anew there by itself. Here the child has no run, so it begins one.
TEST(DetectorOf, TheChildOfAForkMayHaveOneOfItsOwn) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer allows no thread in the child of a fork";
#endif
  Report report;
  run([&] {
    const Detector detector(report.options());
    for (int i = 0; i < 5; ++i) {
      const pid_t child = ::fork();
      if (child == 0) {
        ::alarm(60);
        bool named = false;  // a busy machine may take longer than the signal is waited for
        while (!named) named = has(reported(spins).front(), " by fiber 2 (holder, src/inspect/detector_test.cc:");
        ::_exit(::testing::Test::HasFailure() ? 1 : 0);
      }
      int status = -1;
      offload([&] { ::waitpid(child, &status, 0); });
      EXPECT_EQ(status, 0);
    }
    const std::uint64_t before = detector.reports();  // a fork may take long, too
    spawn([&] {
      while (detector.reports() == before) continue;  // the parent's goes on
    }).join();
  });
}

// --- the question ----------------------------------------------------------------------------------------------------

void block_urgent(int how) {
  sigset_t urgent;
  ::sigemptyset(&urgent);
  ::sigaddset(&urgent, SIGURG);
  ::pthread_sigmask(how, &urgent, nullptr);
}

void wait_until(const std::atomic<bool>& flag) {
  while (!flag) std::this_thread::yield();
}

// Worker 0 takes its signal when the question has been given up and worker 1 has been asked.
TEST(StackOfThread, ASignalThatComesLateDoesNotAnswerTheNextQuestion) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer delivers signals late";
#endif
  std::atomic<bool> first_given_up{false}, second_asked{false}, first_answered{false}, over{false};
  std::optional<inspect::Held> first, second;
  run(
      [&] {
        sched::Workers& all = sched::Worker::of_fiber()->workers();
        std::atomic<bool> ready{false};
        auto held = spawn_on(1, [&] {
          block_urgent(SIG_BLOCK);
          ready = true;
          wait_until(first_given_up);
          for (sigset_t pending; !second_asked;) {
            ::sigpending(&pending);
            if (::sigismember(&pending, SIGURG) == 1) second_asked = true;
          }
          wait_until(first_answered);
          block_urgent(SIG_UNBLOCK);
          wait_until(over);
        });
        while (!ready) sleep(1ms);
        block_urgent(SIG_BLOCK);
        const inspect::StackSignal signal(SIGURG);
        std::thread asker([&] {
          first = signal.ask(all[0], all[0].pulse(), 1ms);
          first_given_up = true;
          second = signal.ask(all[1], all[1].pulse(), 60s);
          over = true;
        });
        wait_until(second_asked);
        block_urgent(SIG_UNBLOCK);  // the handler runs here
        first_answered = true;
        wait_until(over);
        asker.join();
        held.join();
      },
      {.workers = 2});
  EXPECT_FALSE(first);
  EXPECT_TRUE(second) << "worker 0 has answered for worker 1";
}

TEST(DetectorOf, BadUseIsRefused) {
  EXPECT_THROW(Detector(), std::logic_error);
  run([] {
    EXPECT_THROW(Detector({.limit = 1us}), std::invalid_argument);
    EXPECT_THROW(Detector({.signal = SIGKILL}), std::logic_error);
    EXPECT_THROW(Detector({.signal = 12345}), std::logic_error);
    const auto before = ::signal(SIGUSR2, [](int) {});
    EXPECT_THROW(Detector({.signal = SIGUSR2}), std::logic_error);
    ::signal(SIGUSR2, before);
    { const Detector first({.signal = SIGUSR2}); }
    const Detector second({.signal = SIGUSR2});
  });
}

}  // namespace
}  // namespace loquat
