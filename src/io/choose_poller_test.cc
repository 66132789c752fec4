// Which poller a run gets if the kernel or a sandbox refuses a part of io_uring. Each case runs in a process of its
// own: a seccomp filter cannot be removed.
#include "io/choose_poller.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "loquat/error.h"

namespace loquat::io {
namespace {

class OneLine final : public LogSink {
 public:
  void write(LogLevel, std::string_view line) noexcept override { text = line; }
  std::string text;
};

// From now on `call` with `argument` as its first (any, if it is negative) fails with `error`.
void refuse(int call, int argument, int error) {
  const auto first = static_cast<__u32>(argument);
  const __u8 skip = argument < 0 ? 0 : 2;
  sock_filter rules[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                         {BPF_JMP | BPF_JEQ | BPF_K, 0, static_cast<__u8>(1 + skip), static_cast<__u32>(call)},
                         {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, args)},
                         {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, first},
                         {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | static_cast<__u32>(error)},
                         {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  if (argument < 0) {
    rules[2] = rules[4];
    rules[3] = rules[5];
  }
  const sock_fprog program{static_cast<unsigned short>(argument < 0 ? 4 : 6), rules};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) ::_exit(77);
}

// The name of the pollers that a run gets, or what was thrown: "epoll", "io_uring_enter: Operation not permitted".
std::string chosen(PollerKind kind, int call, int argument, int error) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::unsetenv("LOQUAT_POLLER");
    if (call != 0) refuse(call, argument, error);
    std::string answer;
    OneLine log;
    try {
      const auto pollers = make_pollers(kind, 40, &log);
      answer =
          std::to_string(pollers.size()) + " " + pollers.back()->name() + (log.text.empty() ? "" : " and says why");
    } catch (const OSError& e) {
      answer = e.what();
    }
    ::_exit(::write(ends[1], answer.data(), answer.size()) > 0 ? 0 : 1);
  }
  ::close(ends[1]);
  char answer[200];
  const ssize_t size = ::read(ends[0], answer, sizeof answer);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return size > 0 ? std::string(answer, static_cast<std::size_t>(size)) : "nothing, status " + std::to_string(status);
}

bool has_uring() {
  try {
    probe_uring();
    return true;
  } catch (const OSError&) {
    return false;
  }
}

TEST(ChoosePoller, AnyPartOfIoUringThatIsRefusedMeansEpoll) {
  for (const int call : {SYS_io_uring_setup, SYS_io_uring_register, SYS_io_uring_enter}) {
    for (const int error : {EPERM, ENOSYS, ENOMEM}) {
      EXPECT_EQ(chosen(PollerKind::automatic, call, -1, error), "40 epoll and says why") << call << " " << error;
    }
  }
}

TEST(ChoosePoller, AskingForIoUringThrowsWhatIsRefused) {
  if (!has_uring()) GTEST_SKIP() << "this kernel denies io_uring";
  EXPECT_EQ(chosen(PollerKind::uring, SYS_io_uring_setup, -1, EPERM), "io_uring_setup: Operation not permitted");
  EXPECT_EQ(chosen(PollerKind::uring, SYS_io_uring_register, -1, EPERM), "io_uring_register: Operation not permitted");
  EXPECT_EQ(chosen(PollerKind::uring, SYS_io_uring_enter, -1, EPERM), "io_uring_enter: Operation not permitted");
  EXPECT_EQ(chosen(PollerKind::automatic, 0, 0, 0), "40 io_uring");
}

// The probe's ring is small. Those of the workers are larger, and lockable memory may run out then.
TEST(ChoosePoller, EnoughMemoryForTheProbeOnlyMeansEpoll) {
  if (!has_uring()) GTEST_SKIP() << "this kernel denies io_uring";
  EXPECT_EQ(chosen(PollerKind::automatic, SYS_io_uring_setup, 1024, ENOMEM), "40 epoll and says why");
  EXPECT_EQ(chosen(PollerKind::uring, SYS_io_uring_setup, 1024, ENOMEM), "io_uring_setup: Cannot allocate memory");
}

}  // namespace
}  // namespace loquat::io
