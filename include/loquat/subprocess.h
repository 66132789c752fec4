// subprocess.h - other programs: start them, talk to them through pipes, wait for their end.
//
//   using namespace loquat;
//   auto date = subprocess::run({"date", "+%s"}, {.capture_output = true, .timeout = 5s, .check = true}).std_out;
//
//   subprocess::Popen sort({"sort", "-n"}, {.std_in = subprocess::PIPE, .std_out = subprocess::PIPE});
//   std::string sorted = sort.communicate("10\n9\n").std_out;
//
// True of every call in this file:
//   Waiting   A call that waits lets its worker run other fibers; a plain thread blocks. The child's end is awaited in
//             the poller, by a pidfd. A fiber's child is started by a thread of offload() (fiber.h), so that a slow
//             disk does not block the worker.
//   Program   args[0] is a path if it has a slash. Otherwise it is searched in PATH (the child's, if `env` is set). No
//             shell sees the arguments; for one, write {"/bin/sh", "-c", "ls *.cc | wc -l"}.
//   Inherits  The child gets descriptors 0, 1 and 2 and those of pass_fds; all others are closed, also those without
//             FD_CLOEXEC. Its signal mask is empty and all signals have their default action, except that SIGHUP,
//             SIGINT and SIGQUIT stay ignored if this process ignores them (nohup, a shell's &).
//   SIGCHLD   Its handler and mask are never changed and not needed; the program's own handler runs as for any child.
//             If SIGCHLD is ignored, or the program itself reaps the child (waitpid(-1)), the status is still known
//             since Linux 6.15. On older kernels wait() and poll() then throw ChildProcessError.
//   Errors    A failed system call throws OSError (error.h): "exec nosuch: No such file or directory". No child is left
//             then. Throws std::invalid_argument for what no program can be given: no arguments, a NUL in a text.
//   Threads   wait(), poll() and the signals may be called from any fiber or thread, also at once. One caller at a time
//             uses the pipes in one direction.
//   Cancel    A wait throws Cancelled, and the child runs on. The destructor, and so run(), kills it.
//   Fork      In the child of a fork(2) a Popen is not the parent of its program: the destructor leaves it alone, and
//             wait() throws ChildProcessError. Such a child has copies of the pipes, too: until it has closed them or
//             ended, their readers see no end of file.
//   Where     Anywhere but in a simulation (testing.h), which throws std::logic_error. Needs Linux 5.9.
//
// Layer: process (docs/layers.txt).  Source: Python's subprocess, clone(2) CLONE_PIDFD, pidfd_open(2), waitid(2).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "loquat/error.h"
#include "loquat/file.h"
#include "loquat/time.h"

namespace loquat::subprocess {

using Args = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

// A copy of this process's environment, to be changed and passed on as PopenOptions::env.
Environment environment();

// INHERIT: the child uses the descriptor of this process. PIPE: a new pipe. DEVNULL: /dev/null. STDOUT, for std_err
// only: wherever the child's standard output goes; OSError(EBADF) if it inherits one that is closed.
enum Redirect { INHERIT = -1, PIPE = -2, DEVNULL = -3, STDOUT = -4 };

// Where a standard stream of the child comes from or goes to: one of Redirect, a File, or a descriptor. The descriptor
// must stay open until the Popen is constructed.
class Stream {
 public:
  Stream(Redirect where) noexcept : number_(where) {}
  // Throws std::invalid_argument for a negative number, as a failed open(2) returns.
  Stream(int fd);
  Stream(const File& file) : Stream(file.fileno()) {}
  // The descriptor, or a Redirect.
  int number() const noexcept { return number_; }

 private:
  int number_;
};

struct PopenOptions {
  Stream std_in = INHERIT;
  Stream std_out = INHERIT;
  Stream std_err = INHERIT;
  // The child's working directory. A relative path of the program is looked up there. Empty: this process's.
  std::string cwd = {};
  // The whole environment of the child. Nothing: a copy of this process's.
  std::optional<Environment> env = {};
  // Descriptors above 2 that the child gets under the same numbers.
  std::vector<int> pass_fds = {};
  // Makes the child the leader of a new session, without a controlling terminal, and of a new process group: setsid(2).
  bool start_new_session = false;
  // The process group that the child joins; 0: a new one, which it leads. setpgid(2).
  std::optional<pid_t> process_group = {};
};

// What a child has written into its pipes.
struct Output {
  std::string std_out;
  std::string std_err;
};

// The base of the next three. They are no OSErrors: the system calls succeeded.
class SubprocessError : public std::runtime_error {
 public:
  SubprocessError(const std::string& what, Args args, Output output);
  const Args& args() const noexcept { return args_; }
  // What was read from the child until then.
  const std::string& std_out() const noexcept { return output_.std_out; }
  const std::string& std_err() const noexcept { return output_.std_err; }

 private:
  Args args_;
  Output output_;
};

// "false: exit status 1", "sleep: ended by signal 9 (Killed)".
class CalledProcessError : public SubprocessError {
 public:
  CalledProcessError(int returncode, Args args, Output output);
  // As Popen::returncode().
  int returncode() const noexcept { return returncode_; }

 private:
  int returncode_;
};

// "sleep: still runs after 5000 ms". The text says so if the child has ended, and only its pipes are still open
// because a process that it has started holds them.
class TimeoutExpired : public SubprocessError {
  using SubprocessError::SubprocessError;
};

// "yes: more than 65536 bytes of output".
class OutputLimitExceeded : public SubprocessError {
  using SubprocessError::SubprocessError;
};

// A running child. Movable; a moved-from Popen can only be assigned and destroyed.
class Popen {
 public:
  // Starts args[0] with these arguments. Throws what execve(2), chdir(2) and the other calls in the child say, as if
  // they had failed here: FileNotFoundError, PermissionError (also for a directory), OSError(E2BIG).
  explicit Popen(Args args, const PopenOptions& options = {});
  // Kills the child if it runs, by SIGKILL, and waits for its end: no process and no zombie is left. If it leads a
  // process group (process_group = 0, start_new_session), the whole group is killed. After wait() or communicate() it
  // kills nobody. A program that shall outlive its Popen is started by one that leaves it: setsid -f, systemd-run.
  ~Popen();
  Popen(Popen&&) noexcept;
  Popen& operator=(Popen&&) noexcept;

  pid_t pid() const noexcept;
  const Args& args() const noexcept;

  // The ends of the child's output pipes, to read from. std::logic_error unless the stream is PIPE.
  File& std_out();
  File& std_err();
  // Writes all of `data` into the child's standard input. Throws BrokenPipeError if the child has closed it, and never
  // raises SIGPIPE; error.done() bytes are in the pipe. std::logic_error unless the stream is PIPE.
  void write(std::string_view data);
  // Closes the pipe: the child reads end of file. A second call does nothing.
  void close_stdin();

  // Writes `input`, closes standard input, reads standard output and error until end of file, all at the same time, and
  // waits for the child's end. Only pipes take part. Returns what was read. A child that closes its standard input
  // early is no error.
  //
  // End of file comes when every process that has the pipe has closed it: a process that the child leaves in the
  // background is waited for, too.
  //
  // Throws TimeoutExpired when `timeout` has passed, OutputLimitExceeded once std_out and std_err have more than
  // `max_output` bytes together. The child runs on. After those, and after Cancelled, nothing is lost: call it again
  // with the same input, and it continues.
  // Source: Python Popen.communicate.
  Output communicate(std::string_view input = {}, AnyDuration timeout = Duration::max(),
                     std::size_t max_output = SIZE_MAX);

  // Waits for the child's end and returns its returncode(). A child that waits for room in a pipe that nobody reads
  // never ends: read it, or use communicate().
  int wait();
  // As wait(), but for at most `timeout`; then it returns nothing.
  std::optional<int> wait_for(AnyDuration timeout);
  // As wait_for(0s), but never lets another fiber run.
  std::optional<int> poll();
  // What a wait or poll() has found: the exit status, or minus the number of the signal that ended the child.
  std::optional<int> returncode() const noexcept;

  // Sends a signal to the child, and never to another process that has got its number. Does nothing if it has ended.
  // To its group: killpg(pid()), before a wait has seen the end.
  void send_signal(int number);
  void terminate();  // SIGTERM
  void kill();       // SIGKILL

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct CompletedProcess {
  Args args;
  int returncode = 0;
  std::string std_out;
  std::string std_err;
  // Throws CalledProcessError unless returncode is 0.
  void check_returncode() const;
};

struct CallOptions {
  // Written to standard input, which becomes a PIPE. It must live until run() returns.
  std::optional<std::string_view> input = {};
  // Makes std_out and std_err a PIPE.
  bool capture_output = false;
  // Past it the child is killed and TimeoutExpired thrown.
  AnyDuration timeout = Duration::max();
  // Calls check_returncode().
  bool check = false;
  // If std_out and std_err together have more bytes, the child is killed and OutputLimitExceeded thrown.
  std::size_t max_output = SIZE_MAX;
};

// Runs a program to its end: a Popen and its communicate(). However run() ends, no process is left; a group that the
// child leads ends with it (~Popen).
// Source: Python subprocess.run.
CompletedProcess run(Args args, const CallOptions& how = {}, PopenOptions options = {});

}  // namespace loquat::subprocess
