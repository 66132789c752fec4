#include "process/status.h"

#include <sys/ioctl.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdint>

#include "loquat/error.h"

namespace loquat::process {
namespace {

// struct pidfd_info of <linux/pidfd.h>, which older systems do not have.
struct PidfdInfo {
  std::uint64_t mask, cgroup;
  std::uint32_t pid, group, parent, users[8];
  std::int32_t wait_status;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr auto pidfd_get_info = _IOWR(0xFF, 11, PidfdInfo);
constexpr std::uint64_t has_exit = 1 << 3;

// waitid(2) with WNOHANG. Returns an errno; si_pid is 0 if the child runs.
int ask(int pidfd, int flags, siginfo_t& info) noexcept {
  for (;;) {
    info.si_pid = 0;
    if (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG | flags) == 0) return 0;
    if (errno != EINTR) return errno;
  }
}

int returncode_of(const siginfo_t& info) { return info.si_code == CLD_EXITED ? info.si_status : -info.si_status; }

}  // namespace

State look(int pidfd) noexcept {
  siginfo_t info{};
  if (ask(pidfd, WNOWAIT, info) != 0) return State::lost;
  return info.si_pid == 0 ? State::running : State::ended;
}

void wait_blocking(int pidfd) noexcept {
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) continue;
}

std::optional<int> reap(int pidfd) {
  siginfo_t info{};
  const int error = ask(pidfd, 0, info);
  if (error == 0) return info.si_pid == 0 ? std::nullopt : std::optional(returncode_of(info));
  PidfdInfo known{};
  known.mask = has_exit;
  if (::ioctl(pidfd, pidfd_get_info, &known) == 0 && (known.mask & has_exit) != 0) {
    const int status = known.wait_status;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  throw_oserror(error, {"wait: SIGCHLD is ignored, or the program has reaped the child itself", {}, {}, 0});
}

}  // namespace loquat::process
