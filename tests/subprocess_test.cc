// What run() returns, and what a program inherits: subprocess.h.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <stdexcept>
#include <thread>

#include "loquat/socket.h"
#include "loquat/subprocess.h"
#include "tests/children.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using subprocess::DEVNULL;
using subprocess::PIPE;
using subprocess::Popen;
using subprocess::STDOUT;

class Subprocess : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, Subprocess, ::testing::Values("epoll", "uring", "threads"), world_name);

std::string output_of(const std::string& text, const subprocess::PopenOptions& options = {}) {
  return subprocess::run(shell(text), {.capture_output = true, .check = true}, options).std_out;
}

TEST_P(Subprocess, RunReturnsStatusAndOutput) {
  run([] {
    const LeavesNothing check;
    const auto done = subprocess::run(shell("cat; echo err >&2; exit 3"), {.input = "in", .capture_output = true});
    EXPECT_EQ(done.returncode, 3);
    EXPECT_EQ(done.std_out, "in");
    EXPECT_EQ(done.std_err, "err\n");
    EXPECT_EQ(subprocess::run({"true"}).returncode, 0);
  });
}

TEST_P(Subprocess, AFailedProgramIsAnErrorOnRequest) {
  run([] {
    const LeavesNothing check;
    const auto failed = [](const std::string& text) {
      try {
        subprocess::run(shell(text), {.capture_output = true, .check = true});
      } catch (const subprocess::CalledProcessError& error) {
        EXPECT_EQ(error.args(), shell(text));
        EXPECT_EQ(error.std_out() + error.std_err(), "ab");
        return std::string(error.what());
      }
      return std::string();
    };
    EXPECT_EQ(failed("printf a; printf b >&2; exit 7"), "/bin/sh: exit status 7");
    EXPECT_EQ(failed("printf a; printf b >&2; kill -TERM $$"), "/bin/sh: ended by signal 15 (Terminated)");
    EXPECT_EQ(subprocess::run(shell("kill -KILL $$")).returncode, -SIGKILL);
  });
}

// --- what it inherits ------------------------------------------------------------------------------------------------

TEST_P(Subprocess, HasItsFolderAndEnvironment) {
  run([] {
    EXPECT_EQ(output_of("pwd", {.cwd = "/usr"}), "/usr\n");
    EXPECT_EQ(output_of("/usr/bin/env", {.env = {{{"A", "1 = one"}, {"B", ""}}}}).find("A=1 = one\nB=\n"), 0u);
    subprocess::Environment all = subprocess::environment();
    EXPECT_EQ(all["PATH"], ::getenv("PATH"));
    all["LOQUAT_TEST"] = "here";
    EXPECT_EQ(output_of("echo $LOQUAT_TEST", {.env = all}), "here\n");
  });
}

TEST_P(Subprocess, StartsWithCleanSignals) {
  const Action pipe(SIGPIPE, SIG_IGN), term(SIGTERM, SIG_IGN), usr1(SIGUSR1, [](int) {}), hup(SIGHUP, SIG_IGN),
      interrupt(SIGINT, SIG_DFL), quit(SIGQUIT, SIG_DFL);
  run([] {
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const auto done = subprocess::run({"cat", "/proc/self/status"}, {.capture_output = true});
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    const std::string expected = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000001\nSigCgt:\t0000000000000000\n";
    EXPECT_NE(done.std_out.find(expected), std::string::npos) << done.std_out;
  });
}

TEST_P(Subprocess, GetsThePassedDescriptorsAndNoOther) {
  run([] {
    const LeavesNothing check;
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);  // not close-on-exec
    File reading(ends[0], File::own);
    {
      const File writing(ends[1], File::own);
      const std::string number = std::to_string(ends[1]), other = std::to_string(ends[0]);
      const std::string text = "echo passed >&" + number + "; test -e /proc/self/fd/" + other + " && echo leaked";
      EXPECT_EQ(subprocess::run(shell(text), {.capture_output = true}, {.pass_fds = {ends[1]}}).std_out, "");
    }
    EXPECT_EQ(reading.read(100), "passed\n");
    EXPECT_EQ(reading.read(100), "");
  });
}

TEST_P(Subprocess, GetsNoSocketThatOthersOpenMeanwhile) {
  run([] {
    std::atomic<bool> over{false};
    std::thread opener([&] {
      while (!over) ::close(::socket(AF_UNIX, SOCK_STREAM, 0));  // not close-on-exec
    });
    auto sockets = beside([&] {
      while (!over) {
        auto [a, b] = socketpair();
        b.sendall("x");
        a.recv(1);
        sleep(0ms);
      }
      return true;
    });
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(output_of("ls -l /proc/self/fd", {.std_in = DEVNULL}).find("socket:"), std::string::npos);
    }
    over = true;
    opener.join();
    EXPECT_TRUE(sockets.get());
  });
}

TEST_P(Subprocess, StandardStreamsGoWhereTheyAreSent) {
  run([] {
    const LeavesNothing check;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
    const int fd = ::fileno(file.get());
    EXPECT_EQ(subprocess::run(shell("echo out; echo err >&2"), {}, {.std_out = fd, .std_err = STDOUT}).returncode, 0);
    ::lseek(fd, 0, SEEK_SET);
    EXPECT_EQ(subprocess::run({"cat"}, {.capture_output = true}, {.std_in = File(fd)}).std_out, "out\nerr\n");
    EXPECT_EQ(output_of("echo both >&2", {.std_out = PIPE, .std_err = STDOUT}), "");  // capture_output makes its own
    Popen both(shell("echo out; echo err >&2"), {.std_out = PIPE, .std_err = STDOUT});
    EXPECT_EQ(both.communicate().std_out, "out\nerr\n");
    Popen first({"echo", "through a pipe"}, {.std_out = PIPE});
    Popen second({"tr", "a-z", "A-Z"}, {.std_in = first.std_out(), .std_out = PIPE});
    EXPECT_EQ(second.communicate().std_out, "THROUGH A PIPE\n");
    EXPECT_EQ(first.wait(), 0);
    EXPECT_EQ(output_of("cat", {.std_in = DEVNULL}), "");
  });
}

TEST_P(Subprocess, TwoStreamsMayShareADescriptor) {
  run([] {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    File reading(ends[0], File::own);
    {
      const File writing(ends[1], File::own);
      (void)subprocess::run(shell("echo out; echo err >&2"), {}, {.std_out = writing, .std_err = writing});
    }
    EXPECT_EQ(reading.read(8), "out\nerr\n");
    EXPECT_EQ(reading.read(1), "");
  });
}

TEST_P(Subprocess, ItsPipesBlock) {
  run([] {
    Popen child(shell("grep -h flags /proc/$$/fdinfo/0 /proc/$$/fdinfo/1"), {.std_in = PIPE, .std_out = PIPE});
    const std::string flags = child.communicate().std_out;
    EXPECT_EQ(flags, "flags:\t00\nflags:\t01\n");  // no O_NONBLOCK
  });
}

// Our pipes then have the numbers 0, 1 and 2 themselves, each in the place of another.
TEST_P(Subprocess, WorksWithoutStandardStreamsOfItsOwn) {
  run([] {
    int saved[3];
    for (const int fd : {0, 1, 2}) saved[fd] = ::fcntl(fd, F_DUPFD_CLOEXEC, 10);
    for (const int fd : {0, 1, 2}) ::close(fd);
    subprocess::CompletedProcess done, swapped;
    std::exception_ptr failure;
    try {
      done = subprocess::run(shell("cat; echo err >&2"), {.input = "in", .capture_output = true});
      for (const int fd : {0, 1, 2}) ::dup2(saved[fd], fd);
      int ends[2];
      if (::pipe2(ends, O_CLOEXEC) == 0) ::dup2(ends[1], 1);  // the child's standard error is our output, and reversed
      (void)subprocess::run(shell("echo to err >&2"), {}, {.std_out = 2, .std_err = 1});
      ::dup2(saved[1], 1);
      ::close(ends[1]);
      swapped.std_out = File(ends[0], File::own).read(100);
    } catch (...) {
      failure = std::current_exception();
    }
    for (const int fd : {0, 1, 2}) ::dup2(saved[fd], fd), ::close(saved[fd]);
    if (failure) std::rethrow_exception(failure);
    EXPECT_EQ(done.std_out, "in");
    EXPECT_EQ(done.std_err, "err\n");
    EXPECT_EQ(swapped.std_out, "to err\n");
  });
}

TEST_P(Subprocess, MayLeadASessionOrAGroup) {
  run([] {
    const std::string ask = "echo $$; cut -d' ' -f5,6 /proc/$$/stat";  // its process group and its session
    const auto expect = [&](const subprocess::PopenOptions& options, auto group, auto session) {
      Popen child(shell(ask), options);
      const std::string me = std::to_string(child.pid());
      const std::string wanted = me + "\n" + group(me) + " " + session(me) + "\n";
      EXPECT_EQ(child.communicate().std_out, wanted);
    };
    const auto own = [](const std::string& me) { return me; };
    const auto our_group = [](const std::string&) { return std::to_string(::getpgrp()); };
    const auto our_session = [](const std::string&) { return std::to_string(::getsid(0)); };
    expect({.std_out = PIPE}, our_group, our_session);
    expect({.std_out = PIPE, .process_group = 0}, own, our_session);
    expect({.std_out = PIPE, .start_new_session = true}, own, own);
  });
}

TEST(SubprocessInSim, ASimulationStartsNoPrograms) {
  run_in("sim", [] { EXPECT_THROW(Popen({"true"}), std::logic_error); });
}

}  // namespace
}  // namespace loquat
