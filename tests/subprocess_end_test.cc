// The end of a child: waits, signals, cancel, destructors, SIGCHLD and fork(2) (subprocess.h).
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <list>

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

// --- cancel ----------------------------------------------------------------------------------------------------------

// Cancels script() at its n-th wait, if it has so many: that varies with who is quicker, the child or we.
void cancel_at_wait(std::uint64_t n, const std::function<void()>& script) {
  SCOPED_TRACE("cancelled at wait " + std::to_string(n));
  const LeavesNothing check;
  const auto victim = spawn(script);
  while (!victim.done() && victim.waits() < n) sleep(0s);
  victim.cancel();
  try {
    victim.get();
  } catch (const CancelledError&) {
  }
}

TEST_P(ChildsEndInFibers, ACancelAtAnyWaitLeavesNothing) {
  run([] {
    const std::string data = pattern(200'000);
    for (std::uint64_t n = 1; n <= 20; ++n) {
      cancel_at_wait(n, [&] { subprocess::run({"cat"}, {.input = data, .capture_output = true}); });
      cancel_at_wait(n, [] {
        Popen child({"cat"}, {.std_in = PIPE, .std_out = PIPE});
        child.write("some");
        while (child.std_out().read(100).empty()) continue;
        child.close_stdin();
        child.wait();
      });
    }
    cancel_at_wait(1, [] { subprocess::run({"sleep", "1000"}); });
    cancel_at_wait(1, [] { subprocess::run(shell("exec sleep 1000"), {.capture_output = true}); });
  });
}

TEST_P(ChildsEndInFibers, ACancelledCommunicateLosesNothing) {
  run([] {
    const std::string data = pattern(300'000);
    for (std::uint64_t n = 1; n <= 20; ++n) {
      SCOPED_TRACE("cancelled at wait " + std::to_string(n));
      Popen cat({"cat"}, {.std_in = PIPE, .std_out = PIPE});
      std::string got;
      const auto victim = spawn([&] { got = cat.communicate(data).std_out; });
      while (!victim.done() && victim.waits() < n) sleep(0s);
      victim.cancel();
      victim.join();
      if (got.empty()) got = cat.communicate(data).std_out;
      EXPECT_TRUE(got == data) << got.size();
    }
  });
}

// --- SIGCHLD ---------------------------------------------------------------------------------------------------------

// The returncode of a program that exits with 7, or nothing if nobody can know it: before Linux 6.15.
std::optional<int> seven() {
  try {
    return subprocess::run(shell("exit 7")).returncode;
  } catch (const ChildProcessError&) {
    return {};
  }
}

bool remembers_status() {
  const Action ignored(SIGCHLD, SIG_IGN);
  return seven().has_value();
}

TEST_P(ChildsEnd, TheHandlerOfSigchldIsThePrograms) {
  static std::atomic<int> calls;
  calls = 0;
  const auto handler = [](int) { ++calls; };
  const Action action(SIGCHLD, handler);
  run([&] {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(seven(), 7);
    while (calls == 0) sleep(1ms);
    struct sigaction now_set {};
    ::sigaction(SIGCHLD, nullptr, &now_set);
    EXPECT_EQ(now_set.sa_handler, static_cast<void (*)(int)>(handler));
  });
}

TEST_P(ChildsEnd, TheStatusIsKnownAlthoughSomebodyElseReaps) {
  const bool known = remembers_status();
  const Action action(SIGCHLD, [](int) {
    const int before = errno;
    while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
    errno = before;
  });
  run([&] {
    const LeavesNothing check;
    for (int i = 0; i < 10; ++i) {
      const auto status = seven();
      EXPECT_EQ(status.value_or(7), 7);
      EXPECT_TRUE(status || !known);
    }
    const Popen killed_by_the_destructor({"sleep", "1000"});
  });
}

TEST_P(ChildsEnd, SigchldMayBeIgnored) {
  const bool known = remembers_status();
  const Action ignored(SIGCHLD, SIG_IGN);
  run([&] {
    const LeavesNothing check;
    EXPECT_EQ(seven(), known ? std::optional(7) : std::nullopt);
    EXPECT_EQ(errc_of([] { Popen({"/nosuch"}); }), ENOENT);
    Popen child({"cat"}, {.std_in = PIPE, .std_out = PIPE});
    EXPECT_EQ(child.poll(), std::nullopt);
    const Popen killed_by_the_destructor({"sleep", "1000"});
  });
}

// --- fork(2) ---------------------------------------------------------------------------------------------------------

TEST_P(ChildsEnd, AForkedChildIsNoParentOfThePrograms) {
  run([] {
    const LeavesNothing check;
    auto child =
        std::make_unique<Popen>(subprocess::Args{"cat"}, subprocess::PopenOptions{.std_in = PIPE, .std_out = PIPE});
    const pid_t forked = ::fork();
    if (forked == 0) {
      ::alarm(60);
      const bool refused = errc_of([&] { child->wait(); }) == ECHILD;
      child.reset();  // ends nothing
      const bool runs = subprocess::run(shell("cat; exit 3"), {.input = "x", .capture_output = true}).returncode == 3;
      ::_exit(refused && runs ? 0 : 1);
    }
    const int status = offload([forked] {
      int all = -1;
      ::waitpid(forked, &all, 0);
      return all;
    });
    EXPECT_EQ(status, 0);
    EXPECT_EQ(child->poll(), std::nullopt);
    EXPECT_EQ(child->communicate("still here").std_out, "still here");
  });
}

}  // namespace
}  // namespace loquat
