// Programs on the private network's hosts, seen from a child of its own, since they take a process with one thread.
#include "wire/kernel/host_programs.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>

#include "wire/kernel/network/test_in_child.h"

namespace loquat::wire::kernel {
namespace {

int wait_for_end(const HostPrograms& programs, pid_t program) {
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(program), &info, WEXITED | WNOWAIT);
  return programs.ended(program).value_or(-1);
}

int lone(int (*body)(HostPrograms& programs)) {
  return in_child([body] {
    const PrivateNetwork network({});
    HostPrograms programs(network);
    return body(programs);
  });
}

#define EXPECT_ALONE(status, body)                    \
  do {                                                \
    const int got = lone(body);                       \
    if (got == no_lab) GTEST_SKIP() << no_lab_reason; \
    EXPECT_EQ(got, status);                           \
  } while (false)

TEST(HostPrograms, RunOnTheirHostAndReturnTheirStatus) {
  EXPECT_ALONE(7, [](HostPrograms& programs) {
    const std::string there = "grep -q 10.0.0.2 /proc/thread-self/net/fib_trie";
    return wait_for_end(programs, programs.start(Side::server, {"sh", "-c", there + " && exit 7"}));
  });
}

TEST(HostPrograms, MissingProgramEndsWith127) {
  EXPECT_ALONE(127, [](HostPrograms& programs) {
    (void)!::freopen("/dev/null", "w", stderr);
    return wait_for_end(programs, programs.start(Side::client, {"no-such-program"}));
  });
}

TEST(HostPrograms, SignalEndsWith128AndItsNumber) {
  EXPECT_ALONE(128 + SIGTERM, [](HostPrograms& programs) {
    const pid_t program = programs.start(Side::client, {"sleep", "100"});
    programs.signal(program, SIGTERM);
    return wait_for_end(programs, program);
  });
}

}  // namespace
}  // namespace loquat::wire::kernel
