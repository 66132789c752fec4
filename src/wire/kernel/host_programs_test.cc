// Programs on the private network's hosts, seen from a child of its own, since they take a process with one thread.
#include "wire/kernel/host_programs.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace loquat::wire::kernel {
namespace {

constexpr int kNoNamespaces = 77;

int wait_for_end(const HostPrograms& programs, pid_t program) {
  for (;;) {
    if (const auto status = programs.ended(program)) return *status;
    ::usleep(1000);
  }
}

int lone(int (*body)(HostPrograms& programs)) {
  const pid_t child = ::fork();
  if (child == 0) {
    int status = 99;
    try {
      const PrivateNetwork network({});
      HostPrograms programs(network);
      status = body(programs);
    } catch (const Unavailable&) {
      status = kNoNamespaces;
    } catch (const std::exception&) {
    }
    ::_exit(status);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#define EXPECT_ALONE(status, body)                                                                             \
  do {                                                                                                         \
    const int got = lone(body);                                                                                \
    if (got == kNoNamespaces)                                                                                  \
      GTEST_SKIP() << "no lab here: user namespaces are forbidden, or (TSan) the process has a second thread"; \
    EXPECT_EQ(got, status);                                                                                    \
  } while (false)

TEST(HostPrograms, AreWhereTheyShouldBeAndTellHowTheyEnd) {
  EXPECT_ALONE(7, [](HostPrograms& programs) {
    const std::string there = "grep -q 10.0.0.2 /proc/thread-self/net/fib_trie";
    return wait_for_end(programs, programs.start(Side::server, {"sh", "-c", there + " && exit 7"}));
  });
}

TEST(HostPrograms, ThatAreNotThereEndWith127) {
  EXPECT_ALONE(127, [](HostPrograms& programs) {
    (void)!::freopen("/dev/null", "w", stderr);
    return wait_for_end(programs, programs.start(Side::client, {"no-such-program"}));
  });
}

TEST(HostPrograms, EndByASignalAsInAShell) {
  EXPECT_ALONE(128 + SIGTERM, [](HostPrograms& programs) {
    const pid_t program = programs.start(Side::client, {"sleep", "100"});
    programs.signal(program, SIGTERM);
    return wait_for_end(programs, program);
  });
}

}  // namespace
}  // namespace loquat::wire::kernel
