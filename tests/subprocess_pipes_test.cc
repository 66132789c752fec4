// Popen::communicate() and write(): the pipes of a child (subprocess.h).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "loquat/subprocess.h"
#include "tests/children.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using subprocess::PIPE;
using subprocess::Popen;
using subprocess::TimeoutExpired;

class Pipes : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, Pipes, ::testing::Values("epoll", "uring", "threads"), world_name);

TEST_P(Pipes, TenMegabytesGoBothWays) {
  run([] {
    const LeavesNothing check;
    const std::string data = pattern(10 << 20);
    Popen cat({"cat"}, {.std_in = PIPE, .std_out = PIPE});
    EXPECT_TRUE(cat.communicate(data).std_out == data);
    EXPECT_EQ(cat.returncode(), 0);
    const auto twice = subprocess::run(shell("tee /dev/stderr"), {.input = data, .capture_output = true});
    EXPECT_TRUE(twice.std_out == data);
    EXPECT_TRUE(twice.std_err == data);
  });
}

TEST_P(Pipes, OthersRunWhileAChildIsWaitedFor) {
  run([] {
    Popen child({"cat"}, {.std_in = PIPE, .std_out = PIPE});
    auto reader = beside([&] { return child.std_out().read(100); });
    auto waiter = beside([&] { return child.wait(); });
    reader.until_it_waits();
    waiter.until_it_waits();
    child.write("hello");
    EXPECT_EQ(reader.get(), "hello");
    child.close_stdin();
    child.close_stdin();
    EXPECT_EQ(waiter.get(), 0);
  });
}

TEST_P(Pipes, AChildThatReadsNothingIsNoError) {
  run([] {
    const LeavesNothing check;
    const Action pipe_action(SIGPIPE, SIG_DFL);
    const std::string data = pattern(1 << 20);
    EXPECT_EQ(subprocess::run({"true"}, {.input = data}).returncode, 0);
    EXPECT_EQ(subprocess::run({"head", "-c", "3"}, {.input = "abcdef" + data, .capture_output = true}).std_out, "abc");
  });
}

TEST_P(Pipes, WriteReportsAClosedInputWithoutASignal) {
  run([] {
    const Action pipe_action(SIGPIPE, SIG_DFL);
    Popen child({"head", "-c", "1"}, {.std_in = PIPE, .std_out = PIPE});
    const std::string data = pattern(1 << 20);
    EXPECT_THROW(child.write(data), BrokenPipeError);
    EXPECT_THROW(child.write("x"), BrokenPipeError);
    sigset_t pending;
    ::sigpending(&pending);
    EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
    child.close_stdin();
    EXPECT_THROW(child.write("x"), std::logic_error);
    EXPECT_THROW(child.std_err(), std::logic_error);
    EXPECT_EQ(child.communicate().std_out, data.substr(0, 1));
  });
}

// A pipe whose other end is a descriptor of the child.
struct Door {
  Door() { EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0); }
  ~Door() { ::close(ends[0]), close(); }
  void close() { ::close(std::exchange(ends[1], -1)); }
  std::string wait_here() const { return "read line <&" + std::to_string(ends[0]); }
  int ends[2];
};

TEST_P(Pipes, CommunicateGoesOnAfterATimeout) {
  run([] {
    Door door;
    const std::string data = pattern(1 << 20);
    Popen child(shell("echo first; " + door.wait_here() + "; cat; echo last >&2"),
                {.std_in = PIPE, .std_out = PIPE, .std_err = PIPE, .pass_fds = {door.ends[0]}});
    for (std::string seen; seen != "first\n";) {
      try {
        child.communicate(data, 5ms);
      } catch (const TimeoutExpired& error) {
        seen = error.std_out();
        EXPECT_EQ(error.what(), std::string("/bin/sh: still runs after 5 ms"));
      }
    }
    door.close();
    const auto output = child.communicate(data);
    EXPECT_TRUE(output.std_out == "first\n" + data);
    EXPECT_EQ(output.std_err, "last\n");
    EXPECT_EQ(child.wait(), 0);
  });
}

TEST_P(Pipes, ATimeoutOfRunKillsTheChild) {
  run([] {
    const LeavesNothing check;
    EXPECT_THROW(subprocess::run({"sleep", "1000"}, {.timeout = 10ms}), TimeoutExpired);
    EXPECT_THROW(subprocess::run({"yes"}, {.capture_output = true, .timeout = 10ms}), TimeoutExpired);
    EXPECT_THROW(subprocess::run({"cat"}, {.input = "x", .timeout = 0ms}), TimeoutExpired);
  });
}

// Its end of file comes from the end of the grandchild, which only a signal ends.
TEST_P(Pipes, AGrandchildThatKeepsThePipeIsWaitedForUntilTheTimeout) {
  run([] {
    const LeavesNothing check;
    Popen child(shell("sleep 1000 & echo started"), {.std_out = PIPE, .process_group = 0});
    for (bool seen = false; !seen;) {
      try {
        child.communicate({}, 5ms);
        FAIL() << "there was an end of file";
      } catch (const TimeoutExpired& error) {
        seen = std::string(error.what()).find("has ended") != std::string::npos && error.std_out() == "started\n";
      }
    }
    ::killpg(child.pid(), SIGTERM);
    EXPECT_EQ(child.communicate().std_out, "started\n");
    EXPECT_EQ(child.returncode(), 0);
  });
}

TEST_P(Pipes, AGroupEndsWithItsLeader) {
  run([] {
    const LeavesNothing check;
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    File reading(ends[0], File::own);
    {
      const File writing(ends[1], File::own);
      EXPECT_THROW(subprocess::run(shell("sleep 1000 & sleep 1000"), {.timeout = 50ms},
                                   {.std_out = writing, .process_group = 0}),
                   TimeoutExpired);
    }
    EXPECT_EQ(reading.read(1), "");  // comes when both have ended
  });
}

TEST_P(Pipes, OutputHasALimit) {
  run([] {
    const LeavesNothing check;
    for (const auto* const program : {"yes", "yes >&2"}) {
      try {
        subprocess::run(shell(program), {.capture_output = true, .max_output = 100'000});
        FAIL() << "no limit";
      } catch (const subprocess::OutputLimitExceeded& error) {
        EXPECT_EQ(error.what(), std::string("/bin/sh: more than 100000 bytes of output"));
        EXPECT_EQ(error.std_out().size() + error.std_err().size(), 100'001u);
      }
    }
    const auto exact =
        subprocess::run({"head", "-c", "1000", "/dev/zero"}, {.capture_output = true, .max_output = 1000});
    EXPECT_EQ(exact.std_out.size(), 1000u);
  });
}

// With room for one descriptor more each time, until there is enough.
TEST_P(Pipes, TooFewDescriptorsLeakNone) {
  run([] {
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    int failures = 0;
    for (rlim_t room = 0;; ++room) {
      const LeavesNothing check;
      const int next = ::fcntl(0, F_DUPFD_CLOEXEC, 3);
      ::close(next);
      const rlimit few{static_cast<rlim_t>(next) + room, before.rlim_max};
      std::exception_ptr failure;
      ::setrlimit(RLIMIT_NOFILE, &few);
      try {
        subprocess::run({"cat"}, {.input = "x", .capture_output = true});
      } catch (const OSError&) {
        failure = std::current_exception();
      }
      ::setrlimit(RLIMIT_NOFILE, &before);
      if (!failure) break;
      EXPECT_EQ(errc_of([&] { std::rethrow_exception(failure); }), EMFILE);
      ++failures;
    }
    EXPECT_GE(failures, 7);  // three pipes and the pidfd
  });
}

}  // namespace
}  // namespace loquat
