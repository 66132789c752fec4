#include "microscope/child.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "loquat/error.h"
#include "loquat/fiber.h"

namespace loquat::microscope {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_complaint = 4096;

void require(int error, const char* what) {
  if (error != 0) throw_oserror(error, {what, {}, {}});
}

// What posix_spawn() is told; freed at the end.
class SpawnPlan {
 public:
  SpawnPlan(int io, int errors) {
    require(posix_spawn_file_actions_init(&actions), "posix_spawn");
    posix_spawnattr_init(&attributes);
    for (const auto& [from, to] : {std::pair(io, 0), std::pair(io, 1), std::pair(errors, 2)}) {
      require(posix_spawn_file_actions_adddup2(&actions, from, to), "posix_spawn");
    }
    require(posix_spawn_file_actions_addclosefrom_np(&actions, 3), "posix_spawn");
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

}  // namespace

Child::Child(const std::vector<std::string>& command) {
  auto [ours, theirs] = socketpair();
  auto [errors, their_errors] = socketpair();
  const SpawnPlan plan(theirs.fileno(), their_errors.fileno());
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", language[] = "LC_ALL=C.UTF-8";
  char* environment[] = {path, language, nullptr};
  require(posix_spawn(&pid_, arguments[0], &plan.actions, &plan.attributes, arguments.data(), environment),
          arguments[0]);
  io_ = std::move(ours);
  errors_ = std::move(errors);
}

Child::~Child() {
  const CancelShield shield;
  finish(Duration::zero());
}

// Leaves it unreaped, so that its number, and its group's, stay its own.
bool Child::ended() const {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0) return errno != EINTR;
  return info.si_pid == pid_;
}

int Child::finish(Duration patience) {
  if (status_) return *status_;
  const TimePoint deadline = now() + patience;
  while (!ended() && now() < deadline) sleep(2ms);
  ::kill(-pid_, SIGKILL);
  while (!ended()) sleep(1ms);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return *status_;
}

std::string Child::complaint() {
  try {
    return errors_.recv(max_complaint, MSG_DONTWAIT);
  } catch (const OSError&) {
    return {};
  }
}

}  // namespace loquat::microscope
