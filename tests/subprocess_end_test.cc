// The end of a child: waits, signals, destructors (subprocess.h).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <list>
#include <utility>

#include "loquat/group.h"
#include "loquat/subprocess.h"
#include "tests/children.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using subprocess::DEVNULL;
using subprocess::PIPE;
using subprocess::Popen;

class ChildsEnd : public InWorld {};
class ChildsEndInFibers : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, ChildsEnd, ::testing::Values("epoll", "uring", "threads"), world_name);
INSTANTIATE_TEST_SUITE_P(Worlds, ChildsEndInFibers, ::testing::Values("epoll", "uring"), world_name);

TEST_P(ChildsEnd, IsWaitedForByAnyNumberOfCallers) {
  run([] {
    const LeavesNothing check;
    Popen child({"cat"}, {.std_in = PIPE, .std_out = DEVNULL});
    EXPECT_EQ(child.poll(), std::nullopt);
    EXPECT_EQ(child.wait_for(1ms), std::nullopt);
    EXPECT_EQ(child.wait_for(-1ms), std::nullopt);
    EXPECT_EQ(child.returncode(), std::nullopt);
    auto first = beside([&] { return child.wait(); });
    auto second = beside([&] { return child.wait_for(1h); });
    first.until_it_waits();
    second.until_it_waits();
    EXPECT_EQ(child.wait_for(1ms), std::nullopt);  // not behind the others
    child.terminate();
    EXPECT_EQ(first.get(), -SIGTERM);
    EXPECT_EQ(second.get(), -SIGTERM);
    EXPECT_EQ(child.wait(), -SIGTERM);
    EXPECT_EQ(child.poll(), -SIGTERM);
    EXPECT_EQ(child.returncode(), -SIGTERM);
    child.kill();  // nobody is there
  });
}

// Without a wait in between: the poller need not run.
TEST_P(ChildsEnd, IsSeenByPollAlone) {
  run([] {
    Popen child({"true"});
    while (!child.poll()) continue;
    EXPECT_EQ(child.returncode(), 0);
  });
}

TEST_P(ChildsEnd, OutputCanBeReadAfterIt) {
  run([] {
    Popen child({"echo", "last words"}, {.std_out = PIPE});
    EXPECT_EQ(child.wait(), 0);
    EXPECT_EQ(child.std_out().read(100), "last words\n");
    EXPECT_EQ(child.communicate().std_out, "");
  });
}

TEST_P(ChildsEnd, RepeatedShortWaitsLeaveNothing) {
  run([] {
    const LeavesNothing check;
    for (int i = 0; i < 50; ++i) {
      Popen child({"true"});
      child.wait_for(i % 3 * 1ms);
    }
  });
}

// A process that traces another one. It has to be the child of a fork(2), since a parent's own threads share its waits.
class Tracer {
 public:
  explicit Tracer(pid_t traced) {
    EXPECT_EQ(::pipe2(told_, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(ready_, O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      char seized = ::ptrace(PTRACE_SEIZE, traced, nullptr, nullptr) == 0 ? 'y' : 'n';
      [[maybe_unused]] auto size = ::write(ready_[1], &seized, 1);
      ::close(told_[1]);
      size = ::read(told_[0], &seized, 1);
      ::_exit(0);
    }
    [[maybe_unused]] const auto size = ::read(ready_[0], &answer_, 1);
  }
  ~Tracer() {
    let_go();
    for (const int fd : {told_[0], ready_[0], ready_[1]}) ::close(fd);
  }
  bool traces() const { return answer_ == 'y'; }
  void let_go() {
    if (pid_ < 0) return;
    ::close(told_[1]);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }

 private:
  int told_[2], ready_[2];
  pid_t pid_;
  char answer_ = 'n';
};

// The kernel then reports the end in the pidfd before waitid(2) has a status.
TEST_P(ChildsEnd, OfATracedChildIsSeenWhenItsTracerLetsGo) {
  bool allowed = false;
  run([&] {
    const LeavesNothing check;
    Popen child({"cat"}, {.std_in = PIPE});
    Tracer tracer(child.pid());
    allowed = tracer.traces();
    child.close_stdin();
    if (!allowed) return;
    auto waiter = beside([&] { return child.wait(); });
    waiter.until_it_waits();
    EXPECT_EQ(child.wait_for(20ms), std::nullopt);
    tracer.let_go();
    EXPECT_EQ(waiter.get(), 0);
  });
  if (!allowed) GTEST_SKIP() << "ptrace(2) is not allowed";
}

TEST_P(ChildsEnd, SignalsReachTheChild) {
  run([] {
    Popen child(shell("trap 'exit 5' USR1; echo ready; while :; do sleep 0.01; done"), {.std_out = PIPE});
    EXPECT_EQ(child.std_out().read(100), "ready\n");
    child.send_signal(0);
    child.send_signal(SIGUSR1);
    EXPECT_EQ(child.wait(), 5);
    Popen other({"sleep", "1000"});
    EXPECT_EQ(errc_of([&] { other.send_signal(1000); }), EINVAL);
    other.send_signal(SIGSTOP);
    EXPECT_EQ(other.wait_for(1ms), std::nullopt);  // a stop is no end
    other.kill();
    EXPECT_EQ(other.wait(), -SIGKILL);
  });
}

TEST_P(ChildsEnd, TheDestructorEndsTheChild) {
  run([] {
    const LeavesNothing check;
    {
      Popen runs({"sleep", "1000"});
      const Popen ended({"true"});
      Popen moved = std::move(runs);
      runs = Popen(shell("trap '' TERM HUP INT; exec sleep 1000"));
      EXPECT_EQ(moved.poll(), std::nullopt);
    }
    EXPECT_THROW(
        [] {
          const Popen child({"sleep", "1000"}, {.std_in = PIPE, .std_out = PIPE});
          throw std::runtime_error("while it runs");
        }(),
        std::runtime_error);
  });
}

TEST_P(ChildsEnd, TwoHundredChildrenRunAtOnce) {
  run([] {
    const LeavesNothing check;
    std::list<Popen> children;
    for (int i = 0; i < 200; ++i)
      children.emplace_back(subprocess::Args{"cat"}, subprocess::PopenOptions{.std_in = PIPE});
    for (Popen& child : children) EXPECT_EQ(child.poll(), std::nullopt);
    for (Popen& child : children) child.close_stdin();
    for (Popen& child : children) EXPECT_EQ(child.wait(), 0);
  });
}

TEST_P(ChildsEndInFibers, EachWorkerHasItsChildren) {
  run(
      [] {
        const LeavesNothing check;
        Group group;
        std::atomic<int> right{0};
        for (std::size_t i = 0; i < 40; ++i) {
          group.spawn_on(i % workers(), [&right, i] {
            const std::string text = std::to_string(i);
            const auto done = subprocess::run(shell("cat; exit " + text), {.input = text, .capture_output = true});
            if (done.std_out == text && done.returncode == static_cast<int>(i)) ++right;
          });
        }
        group.join();
        EXPECT_EQ(right, 40);
      },
      4);
}

}  // namespace
}  // namespace loquat
