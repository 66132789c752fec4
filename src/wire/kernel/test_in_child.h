// test_in_child.h - for tests: a lab takes a process with one thread, and leaves it in namespaces of its own. So each
// is made in a child.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <functional>
#include <iostream>

#include "wire/kernel/private_network.h"

namespace loquat::wire {

inline constexpr int kNoLab = 77;
inline constexpr const char* kNoLabReason =
    "no lab here: user namespaces are forbidden, or (TSan) the process has a second thread";

// What f() returns, or 99 if it throws; kNoLab if there can be no lab; 128 + the signal that ended it.
inline int in_child(const std::function<int()>& f) {
  const pid_t child = ::fork();
  if (child == 0) {
    int status = 99;
    try {
      status = f();
    } catch (const kernel::Unavailable&) {
      status = kNoLab;
    } catch (const std::exception& e) {
      std::cerr << e.what() << '\n';
    }
    std::cerr.flush();
    ::_exit(status);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace loquat::wire
