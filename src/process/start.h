// start.h - makes a child process that executes a program.
//
//   1. The child shares the memory of its parent, whose thread waits until the child has executed the program or failed
//      (CLONE_VM, CLONE_VFORK). So nothing is copied, and a failure is a number that the child stores.
//   2. The child may only make system calls: another thread may have held any lock. It makes them by syscall(2), since
//      sanitizers replace functions such as sigaction() by some that change the parent's state.
//   3. No handler of the parent may run in the child: signals are blocked from before the clone until all are reset.
//
// Layer: process.  Source: clone(2), vfork(2), posix_spawn(3) in glibc.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace loquat::process {

// Everything that a child needs, made before it exists. The texts that it points at must live until start() returns.
struct Plan {
  std::vector<std::string> paths;  // to try in turn
  std::vector<char*> arguments;    // both end with nullptr
  std::vector<char*> environment;
  const char* directory = nullptr;  // nullptr: ours
  int streams[3] = {-1, -1, -1};    // descriptors that become 0, 1 and 2; -1: as they are
  std::vector<int> passed;          // further descriptors that it keeps, sorted
  bool new_session = false;
  bool sets_group = false;
  pid_t group = 0;
};

struct Started {
  pid_t pid;
  int pidfd;  // close-on-exec
};

// Blocks until the program runs. Throws OSError with the name of the call that failed; no child is left then.
Started start(const Plan& plan);

}  // namespace loquat::process
