#include "wire/kernel/host_programs.h"

#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "loquat/error.h"

namespace loquat::wire::kernel {
namespace {

constexpr std::array<unsigned, 3> kept = {CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW};

void die_with(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent && ::getppid() != 0) ::_exit(127);  // 0: of another process namespace
}

// exec() by an ordinary user drops all capabilities but the ambient ones.
void keep_network_rights() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> rights{};
  ::syscall(SYS_capget, &header, rights.data());
  for (const unsigned right : kept) rights[right / 32].inheritable |= 1u << (right % 32);
  ::syscall(SYS_capset, &header, rights.data());
  for (const unsigned right : kept) ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, right, 0, 0);
}

void usual_signals() {
  for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ, SIGCHLD, SIGHUP, SIGQUIT}) std::signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Adopts orphans of the programs; when it ends, the kernel kills all of them.
[[noreturn]] void run_as_init(pid_t parent) {
  die_with(parent);
  std::signal(SIGCHLD, SIG_IGN);  // the kernel reaps them
  for (;;) ::pause();
}

[[noreturn]] void become(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  const std::string complaint = "loquat: " + command[0] + ": " + std::strerror(errno) + "\n";
  (void)!::write(STDERR_FILENO, complaint.data(), complaint.size());
  ::_exit(127);
}

}  // namespace

HostPrograms::HostPrograms(const PrivateNetwork& network) : network_(network) {
  const pid_t parent = ::getpid();
  if (::unshare(CLONE_NEWPID) != 0) throw_oserror(errno, {"unshare(CLONE_NEWPID)", {}, {}});
  first_ = ::fork();
  if (first_ == 0) run_as_init(parent);
  if (first_ < 0) throw_oserror(errno, {"fork", {}, {}});
}

HostPrograms::~HostPrograms() {
  ::kill(first_, SIGKILL);
  while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
  }
}

pid_t HostPrograms::start(Side side, const std::vector<std::string>& command) {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw_oserror(errno, {"fork", {}, {}});
  if (child > 0) return child;
  die_with(parent);
  if (::setns(network_.namespace_fd(side), CLONE_NEWNET) != 0) ::_exit(127);
  keep_network_rights();
  usual_signals();
  become(command);
}

std::optional<int> HostPrograms::ended(pid_t program) const {
  int status = 0;
  if (::waitpid(program, &status, WNOHANG) != program) return {};
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void HostPrograms::signal(pid_t program, int number) const noexcept { ::kill(program, number); }

}  // namespace loquat::wire::kernel
