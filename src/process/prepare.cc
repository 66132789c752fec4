#include "process/prepare.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "loquat/error.h"

namespace loquat::process {
namespace {

using subprocess::Args;
using subprocess::PopenOptions;

void refuse(bool wrong, const std::string& what) {
  if (wrong) throw std::invalid_argument("Popen: " + what);
}

void check_text(const std::string& text, const char* name) {
  refuse(text.find('\0') != text.npos, std::string("there is a NUL in ") + name);
}

// PATH as the child will have it. Without one, execvp(3)'s.
std::string search_path(const PopenOptions& options) {
  const char* found = nullptr;
  if (options.env) {
    const auto entry = options.env->find("PATH");
    if (entry != options.env->end()) found = entry->second.c_str();
  } else {
    found = ::getenv("PATH");
  }
  return found != nullptr ? found : "/bin:/usr/bin";
}

// An empty folder in PATH is the current one.
std::vector<std::string> paths_of(const std::string& program, const PopenOptions& options) {
  if (program.find('/') != program.npos || program.empty()) return {program};
  std::vector<std::string> paths;
  const std::string all = search_path(options);
  for (std::string_view rest = all;;) {
    const std::size_t end = rest.find(':');
    const std::string folder(rest.substr(0, end));
    paths.push_back(folder.empty() ? program : folder + "/" + program);
    if (end == rest.npos) return paths;
    rest.remove_prefix(end + 1);
  }
}

// If standard descriptors are closed here, the next ones that are opened get their numbers, and whoever prints would
// write to them.
PipeEnd above_standard(PipeEnd end) {
  if (end.number() > STDERR_FILENO) return end;
  PipeEnd moved(::fcntl(end.number(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!moved.open()) throw_oserror(errno, {"pipe", {}, {}, 0});
  return moved;
}

// Whether the child will have it: ours that stand there by chance are closed at its exec.
bool is_inherited(int fd) noexcept {
  const int flags = ::fcntl(fd, F_GETFD);
  return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

}  // namespace

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) throw_oserror(errno, {"pipe", {}, {}, 0});
  PipeEnd reading(ends[0]), writing(ends[1]);
  return {above_standard(std::move(reading)), above_standard(std::move(writing))};
}

Prepared::Prepared(const Args& args, const PopenOptions& options) {
  refuse(args.empty(), "there are no arguments");
  for (const std::string& arg : args) {
    check_text(arg, "an argument");
    plan_.arguments.push_back(const_cast<char*>(arg.c_str()));
  }
  plan_.arguments.push_back(nullptr);
  plan_.paths = paths_of(args[0], options);
  set_environment(options);
  check_text(options.cwd, "cwd");
  if (!options.cwd.empty()) plan_.directory = options.cwd.c_str();
  for (const int fd : options.pass_fds) refuse(fd < 3, "pass_fds are above 2");
  plan_.passed = options.pass_fds;
  std::sort(plan_.passed.begin(), plan_.passed.end());
  plan_.passed.erase(std::unique(plan_.passed.begin(), plan_.passed.end()), plan_.passed.end());
  plan_.new_session = options.start_new_session;
  plan_.sets_group = options.process_group.has_value();
  plan_.group = options.process_group.value_or(0);
  plan_.streams[0] = redirect(0, options.std_in.number());
  plan_.streams[1] = redirect(1, options.std_out.number());
  plan_.streams[2] = redirect(2, options.std_err.number());
}

void Prepared::set_environment(const PopenOptions& options) {
  if (options.env) {
    for (const auto& [name, value] : *options.env) {
      refuse(name.empty() || name.find('=') != name.npos, "the name of a variable is empty or has a =");
      environment_.push_back(name + "=" + value);
      check_text(environment_.back(), "the environment");
    }
  } else {
    for (char** each = environ; each != nullptr && *each != nullptr; ++each) environment_.emplace_back(*each);
  }
  for (std::string& each : environment_) plan_.environment.push_back(each.data());
  plan_.environment.push_back(nullptr);
}

// Returns the descriptor that becomes the child's standard stream; -1: as it is.
int Prepared::redirect(int stream, int where) {
  switch (where) {
    case subprocess::PIPE: {
      Pipe pipe = make_pipe();
      if (stream != 0) std::swap(pipe.reading, pipe.writing);
      ours_[stream] = std::move(pipe.writing);
      theirs_[stream] = std::move(pipe.reading);
      return theirs_[stream].number();
    }
    case subprocess::DEVNULL:
      theirs_[stream] = PipeEnd(::open("/dev/null", O_RDWR | O_CLOEXEC));
      if (!theirs_[stream].open()) throw_oserror(errno, {"open /dev/null", {}, {}, 0});
      return theirs_[stream].number();
    case subprocess::STDOUT:
      refuse(stream != 2, "STDOUT is for std_err");
      if (plan_.streams[1] >= 0) return plan_.streams[1];
      if (!is_inherited(STDOUT_FILENO)) throw_oserror(EBADF, {"std_err = STDOUT, which is closed", {}, {}, 0});
      return STDOUT_FILENO;
    default:
      return where;
  }
}

}  // namespace loquat::process
