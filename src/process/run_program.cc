// run_program.cc - subprocess::run(), and what goes wrong with children that did run.
#include <string.h>

#include "loquat/subprocess.h"

extern char** environ;

namespace loquat::subprocess {
namespace {

std::string how_it_ended(int returncode) {
  if (returncode >= 0) return ": exit status " + std::to_string(returncode);
  const char* const name = ::sigdescr_np(-returncode);
  return ": ended by signal " + std::to_string(-returncode) + (name == nullptr ? "" : std::string(" (") + name + ")");
}

}  // namespace

Stream::Stream(int fd) : number_(fd) {
  if (fd < 0) throw std::invalid_argument("a stream of the descriptor " + std::to_string(fd));
}

Environment environment() {
  Environment all;
  for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
    const std::string_view entry(*each);
    const std::size_t equals = entry.find('=');
    if (equals != entry.npos && equals != 0) all.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return all;
}

SubprocessError::SubprocessError(const std::string& what, Args args, Output output)
    : std::runtime_error(what), args_(std::move(args)), output_(std::move(output)) {}

CalledProcessError::CalledProcessError(int returncode, Args args, Output output)
    : SubprocessError(args[0] + how_it_ended(returncode), args, std::move(output)), returncode_(returncode) {}

void CompletedProcess::check_returncode() const {
  if (returncode != 0) throw CalledProcessError(returncode, args, {std_out, std_err});
}

CompletedProcess run(Args args, const CallOptions& how, PopenOptions options) {
  if (how.input) options.std_in = PIPE;
  if (how.capture_output) options.std_out = options.std_err = PIPE;
  Popen child(std::move(args), options);
  Output output = child.communicate(how.input.value_or(""), how.timeout, how.max_output);
  CompletedProcess done{child.args(), *child.returncode(), std::move(output.std_out), std::move(output.std_err)};
  if (how.check) done.check_returncode();
  return done;
}

}  // namespace loquat::subprocess
