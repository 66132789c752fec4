// test_in_child.h - runs a test's lab in a child process: a lab needs a process with one thread, and leaves it in other
// namespaces.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <functional>
#include <iostream>

#include "wire/kernel/network/private_network.h"

namespace loquat::wire {

inline constexpr int no_lab = 77;
inline constexpr const char* no_lab_reason =
    "no lab here: user namespaces are forbidden, or (TSan) the process has a second thread";

// Returns what f() returns, 99 if it throws, no_lab if there can be no lab, or 128 + the signal that ended the child.
inline int in_child(const std::function<int()>& f) {
  const pid_t child = ::fork();
  if (child == 0) {
    int status = 99;
    try {
      status = f();
    } catch (const kernel::Unavailable&) {
      status = no_lab;
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
