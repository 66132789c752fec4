// prepare.h - what a new child is told, from the arguments and options of a Popen.
//
// Layer: process.
#pragma once

#include <string>
#include <vector>

#include "loquat/subprocess.h"
#include "process/pipe_end.h"
#include "process/start.h"

namespace loquat::process {

// Opens pipes and /dev/null. `args` and `options` must outlive it.
class Prepared {
 public:
  // Throws OSError, std::invalid_argument.
  Prepared(const subprocess::Args& args, const subprocess::PopenOptions& options);

  const Plan& plan() const noexcept { return plan_; }
  // Our ends of the pipes to the child's standard input, output and error; not open unless that is a PIPE.
  PipeEnd& ours(int stream) noexcept { return ours_[stream]; }

 private:
  void set_environment(const subprocess::PopenOptions& options);
  int redirect(int stream, int where);

  Plan plan_;
  std::vector<std::string> environment_;
  PipeEnd ours_[3], theirs_[3];
};

}  // namespace loquat::process
