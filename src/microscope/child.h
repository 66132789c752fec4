// child.h - a child process whose standard input and output are a socket of ours. It never outlives its Child.
//
//   Inherits  Standard streams, a clean signal mask and a small environment. No other descriptor.
//   Fibers    Calls wait in their fiber, inside run(). A simulation starts no programs.
//
// Layer: microscope (docs/layers.txt).  Source: posix_spawn(3), waitpid(2).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "loquat/socket.h"

namespace loquat::microscope {

class Child {
 public:
  // Starts command[0], found by path alone, in a process group of its own. Throws OSError.
  explicit Child(const std::vector<std::string>& command);
  // Kills what is left of the group and waits for the program's end.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Send its standard input here, and receive its standard output.
  Socket& io() noexcept { return io_; }
  // Waits at most `patience` for its end, then kills it and all that it has started. Returns its exit status, or 128 +
  // the signal that ended it.
  int finish(Duration patience);
  // At most 4 KiB of its standard error. Does not wait: call it after finish().
  std::string complaint();

 private:
  bool ended() const;

  Socket io_, errors_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

}  // namespace loquat::microscope
