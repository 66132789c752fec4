#include "process/start.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "loquat/error.h"
#include "process/pipe_end.h"

// For code of the child: it may leave the parent's sanitizer no trace.
#define LOQUAT_IN_CHILD __attribute__((noinline, no_sanitize("address", "thread", "undefined")))

// glibc's clone() under its other name: sanitizers replace clone() by one that takes the child for that of a fork(2).
extern "C" int __clone(int (*function)(void*), void* stack, int flags, void* argument, ...);

namespace loquat::process {
namespace {

constexpr std::size_t child_stack = 32 * 1024;
constexpr int last_signal = 64;
constexpr std::size_t mask_size = last_signal / 8;

enum class Step { none, setsid, setpgid, redirect, close_range, pass, chdir, exec };

// The plan as the child reads it, and its failure.
struct Child {
  const char* const* paths;
  char* const* arguments;
  char* const* environment;
  const char* directory;
  int streams[3];
  const int* passed;
  const int* passed_end;
  bool new_session;
  bool sets_group;
  pid_t group;
  Step step = Step::none;
  int error = 0;
};

LOQUAT_IN_CHILD bool fails(Child* child, Step step, long result) {
  if (result >= 0) return false;
  child->step = step;
  child->error = errno;
  return true;
}

// The kernel's struct sigaction; all zeros is SIG_DFL.
struct KernelAction {
  std::uintptr_t handler, flags, restorer, mask;
};

LOQUAT_IN_CHILD void reset_signals() {
  const KernelAction by_default = {0, 0, 0, 0};
  for (long number = 1; number <= last_signal; ++number) {
    KernelAction before = {0, 0, 0, 0};
    ::syscall(SYS_rt_sigaction, number, nullptr, &before, mask_size);
    const bool kept = number == SIGHUP || number == SIGINT || number == SIGQUIT;
    if (kept && before.handler == reinterpret_cast<std::uintptr_t>(SIG_IGN)) continue;
    ::syscall(SYS_rt_sigaction, number, &by_default, nullptr, mask_size);
  }
  const std::uint64_t none = 0;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, mask_size);
}

// Sources below 3 move away first, since they may be the targets of others.
LOQUAT_IN_CHILD bool redirect(Child* child) {
  for (int target = 0; target < 3; ++target) {
    const int source = child->streams[target];
    if (source < 0 || source > 2) continue;
    const long moved = ::syscall(SYS_fcntl, source, F_DUPFD_CLOEXEC, 3);
    if (fails(child, Step::redirect, moved)) return false;
    child->streams[target] = static_cast<int>(moved);
  }
  for (int target = 0; target < 3; ++target) {
    const int source = child->streams[target];
    if (source >= 0 && fails(child, Step::redirect, ::syscall(SYS_dup3, source, target, 0))) return false;
  }
  return true;
}

// Closes all but the passed ones, which are sorted. Not by FD_CLOEXEC: when the kernel wakes our parent, execve(2) has
// not closed those yet.
LOQUAT_IN_CHILD bool choose_descriptors(Child* child) {
  unsigned from = 3;
  for (const int* fd = child->passed; fd != child->passed_end; ++fd) {
    const auto kept = static_cast<unsigned>(*fd);
    if (kept > from && fails(child, Step::close_range, ::syscall(SYS_close_range, from, kept - 1, 0))) return false;
    from = kept + 1;
    if (fails(child, Step::pass, ::syscall(SYS_fcntl, *fd, F_SETFD, 0))) return false;
  }
  return !fails(child, Step::close_range, ::syscall(SYS_close_range, from, ~0u, 0));
}

// As execvp(3): what is not there, or not allowed, may be in a later folder. Returns only if all fail.
LOQUAT_IN_CHILD void execute(Child* child) {
  int error = 0, denied = 0;
  for (const char* const* path = child->paths; *path != nullptr; ++path) {
    ::syscall(SYS_execve, *path, child->arguments, child->environment);
    error = errno;
    if (error == EACCES) denied = error;
    if (error != EACCES && error != ENOENT && error != ENOTDIR) break;
  }
  child->step = Step::exec;
  child->error = denied != 0 && (error == ENOENT || error == ENOTDIR) ? denied : error;
}

LOQUAT_IN_CHILD int become_program(void* data) {
  Child* const child = static_cast<Child*>(data);
  const bool ready =
      !(child->new_session && fails(child, Step::setsid, ::syscall(SYS_setsid))) &&
      !(child->sets_group && fails(child, Step::setpgid, ::syscall(SYS_setpgid, 0, child->group))) && redirect(child) &&
      choose_descriptors(child) &&
      !(child->directory != nullptr && fails(child, Step::chdir, ::syscall(SYS_chdir, child->directory)));
  reset_signals();
  if (ready) execute(child);
  ::syscall(SYS_exit_group, 127);
  return 127;
}

std::string name_of(Step step, const Plan& plan) {
  switch (step) {
    case Step::setsid:
      return "setsid";
    case Step::setpgid:
      return "setpgid";
    case Step::redirect:
      return "dup2";
    case Step::close_range:
      return "close_range";
    case Step::pass:
      return "pass_fds";
    case Step::chdir:
      return "chdir " + std::string(plan.directory);
    default:
      return "exec " + std::string(plan.arguments[0]);
  }
}

// Returns -errno if there is no child.
pid_t clone_child(Child& child, int& pidfd) {
  const std::unique_ptr<std::byte[]> stack(new std::byte[child_stack]);
  const auto top = reinterpret_cast<std::uintptr_t>(stack.get() + child_stack) & ~std::uintptr_t{63};
  const std::uint64_t all = ~std::uint64_t{0};
  std::uint64_t before = 0;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, mask_size);
  const int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
  const pid_t pid = ::__clone(become_program, reinterpret_cast<void*>(top), flags, &child, &pidfd);
  const int error = errno;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, nullptr, mask_size);
  return pid < 0 ? -error : pid;
}

// Every child has copies of our descriptors until it closes them. If one of those is a file that is being
// written, which is the program of another child, that one fails with ETXTBSY although the writer has closed it. It
// tries again when no child is under way: each start holds this lock as a reader, the second attempt as a writer.
pthread_rwlock_t under_way = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

class UnderWay {
 public:
  explicit UnderWay(bool alone) {
    static const int at_fork =
        ::pthread_atfork(nullptr, nullptr, [] { under_way = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP; });
    (void)at_fork;
    alone ? ::pthread_rwlock_wrlock(&under_way) : ::pthread_rwlock_rdlock(&under_way);
  }
  ~UnderWay() { ::pthread_rwlock_unlock(&under_way); }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
};

void reap_failed(const PipeEnd& pidfd) {
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd.number()), &info, WEXITED) < 0 && errno == EINTR) continue;
}

// If the child fails, it is gone and says so.
Started attempt(Child& child, bool alone) {
  const UnderWay guard(alone);
  int pidfd = -1;
  const pid_t pid = clone_child(child, pidfd);
  if (pid < 0) throw_oserror(-pid, {"fork", {}, {}, 0});
  if (child.step != Step::none) reap_failed(PipeEnd(pidfd));
  return {pid, pidfd};
}

}  // namespace

Started start(const Plan& plan) {
  std::vector<const char*> paths;
  for (const std::string& path : plan.paths) paths.push_back(path.c_str());
  paths.push_back(nullptr);
  const Child first{paths.data(),
                    plan.arguments.data(),
                    plan.environment.data(),
                    plan.directory,
                    {plan.streams[0], plan.streams[1], plan.streams[2]},
                    plan.passed.data(),
                    plan.passed.data() + plan.passed.size(),
                    plan.new_session,
                    plan.sets_group,
                    plan.group};
  Child child = first;
  Started started = attempt(child, false);
  if (child.error == ETXTBSY) {
    child = first;
    started = attempt(child, true);
  }
  if (child.step == Step::none) return started;
  throw_oserror(child.error, {name_of(child.step, plan), {}, {}, 0});
}

}  // namespace loquat::process
