// What must not disturb a child: cancel, SIGCHLD of the program, fork(2) (subprocess.h).
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>

#include "loquat/subprocess.h"
#include "tests/children.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using subprocess::PIPE;
using subprocess::Popen;

class Undisturbed : public InWorld {};
class UndisturbedInFibers : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, Undisturbed, ::testing::Values("epoll", "uring", "threads"), world_name);
INSTANTIATE_TEST_SUITE_P(Worlds, UndisturbedInFibers, ::testing::Values("epoll", "uring"), world_name);

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

TEST_P(UndisturbedInFibers, ACancelAtAnyWaitLeavesNothing) {
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

TEST_P(UndisturbedInFibers, ACancelledCommunicateLosesNothing) {
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

TEST_P(Undisturbed, TheHandlerOfSigchldIsThePrograms) {
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

TEST_P(Undisturbed, TheStatusIsKnownAlthoughSomebodyElseReaps) {
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

TEST_P(Undisturbed, SigchldMayBeIgnored) {
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

TEST_P(Undisturbed, AForkedChildIsNoParentOfThePrograms) {
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
