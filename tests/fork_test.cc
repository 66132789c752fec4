// The effects of fork(2) and of a stack overflow on a fiber and the fibers around it: "Fork" in run.h,
// report_stack_overflow() in fiber.h.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>

#include "loquat/fiber.h"
#include "loquat/file.h"
#include "loquat/socket.h"
#include "loquat/sync.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

class ForkIn : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Kernel, ForkIn, ::testing::Values("epoll", "uring"), world_name);

// Waits for a child's exit status without blocking the worker.
int status_of(pid_t child) {
  return offload([child] {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  });
}

TEST_P(ForkIn, TheChildUsesTheParentsSockets) {
  run([] {
    auto [a, b] = socketpair();
    auto reader = spawn([&a = a] { return a.recv(1); });
    while (reader.waits() == 0) sleep(0ms);
    const pid_t child = ::fork();
    if (child == 0) {
      auto [c, d] = socketpair();
      c.sendall("from the child");  // blocks as in a plain thread
      const bool received = d.recv(100) == "from the child";
      sleep(1ms);
      a.close();
      Event().wait_for(1ms);
      ::_exit(received && workers() == 0 ? 0 : 1);
    }
    EXPECT_EQ(status_of(child), 0);
    b.sendall("x");
    EXPECT_EQ(reader.get(), "x");
  });
}

TEST_P(ForkIn, TheChildUnlocksWhatItsFiberHadLocked) {
  run([] {
    Mutex mutex, others;
    RLock lock;
    auto other = spawn([&] { others.lock(); });
    other.join();
    const std::scoped_lock held(mutex, lock);
    lock.lock();
    const pid_t child = ::fork();
    if (child == 0) {
      bool refused = false;
      try {
        mutex.unlock();
        lock.unlock();
        lock.unlock();
        others.unlock();
      } catch (const std::logic_error&) {
        refused = true;
      }
      ::_exit(refused && mutex.try_lock() && lock.try_lock() ? 0 : 1);
    }
    EXPECT_EQ(status_of(child), 0);
    lock.unlock();
  });
}

TEST_P(ForkIn, TheChildMayRunFibers) {
  run([] {
    auto [a, b] = socketpair();
    auto asleep = spawn([] { sleep(1h); });
    sleep(0ms);
    const pid_t child = ::fork();
    if (child == 0) {
      std::string answer;
      loquat::run([&a = a, &b = b, &answer] {
        auto reader = spawn([&] { return a.recv(10); });
        sleep(1ms);
        b.sendall("fiber");
        answer = reader.get();
      });
      ::_exit(answer == "fiber" ? 0 : 1);
    }
    EXPECT_EQ(status_of(child), 0);
    asleep.cancel();
    asleep.join();
  });
}

TEST_P(ForkIn, AFibersReturnEndsTheChild) {
  run([] {
    pid_t child = 0;
    auto returns = spawn([&child] { child = ::fork(); });
    returns.join();
    EXPECT_EQ(status_of(child), 0);
    auto throws = spawn([&child] {
      child = ::fork();
      if (child == 0) throw std::runtime_error("in the child");
    });
    throws.join();
    EXPECT_EQ(status_of(child), EXIT_FAILURE);
  });
}

// --- stack overflow --------------------------------------------------------------------------------------------------

[[gnu::noinline]] int deep(int n) {
  volatile char frame[1024];
  frame[0] = static_cast<char>(n);
  return n == 0 ? 0 : deep(n - 1) + frame[0];
}

// What a child writes to standard error when it overflows its fiber's stack, and how it ends.
std::pair<std::string, int> overflow(bool report) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::signal(SIGSEGV, SIG_DFL);
    if (report) report_stack_overflow();
    loquat::run([] { spawn([] { (void)deep(200); }).join(); }, {.workers = 2});
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char piece[512];
  for (ssize_t size; (size = ::read(ends[0], piece, sizeof piece)) > 0;)
    text.append(piece, static_cast<std::size_t>(size));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return {text, WIFSIGNALED(status) ? WTERMSIG(status) : 0};
}

TEST(StackOverflow, IsReportedOnRequest) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers have a handler of their own, and larger frames";
#endif
  const auto [text, signal] = overflow(true);
  EXPECT_EQ(signal, SIGSEGV);
  EXPECT_NE(text.find(" has used all of its stack of 65536 bytes"), text.npos) << text;
  EXPECT_NE(text.find("a fiber spawned at " __FILE__), text.npos) << text;
  EXPECT_NE(text.find("RunOptions::stack_size"), text.npos) << text;
  const auto [silence, same_signal] = overflow(false);
  EXPECT_EQ(same_signal, SIGSEGV);
  EXPECT_EQ(silence, "");
}

}  // namespace
}  // namespace loquat
