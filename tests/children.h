// children.h - what tests of child processes share.
#pragma once

#include <dirent.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <memory>
#include <string>

#include "loquat/subprocess.h"

namespace loquat {

inline subprocess::Args shell(const std::string& text) { return {"/bin/sh", "-c", text}; }

// Whether this process has a child, running or not reaped.
inline bool has_children() {
  siginfo_t info;
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

inline int open_descriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
  int count = 0;
  while (::readdir(folder.get()) != nullptr) ++count;
  return count;
}

// Checks at its end that no child and no descriptor is left.
class LeavesNothing {
 public:
  LeavesNothing() {
    using namespace std::chrono_literals;
    subprocess::Popen({"cat"}, {.std_in = subprocess::PIPE}).wait_for(1ms);  // a thread's first wait opens an eventfd
    before_ = open_descriptors();
  }
  ~LeavesNothing() {
    EXPECT_FALSE(has_children());
    EXPECT_EQ(open_descriptors(), before_);
  }

 private:
  int before_ = 0;
};

// Sets a signal's action, and restores it at its end.
class Action {
 public:
  Action(int number, void (*handler)(int)) : number_(number) {
    struct sigaction action {};
    action.sa_handler = handler;
    ::sigaction(number, &action, &before_);
  }
  ~Action() { ::sigaction(number_, &before_, nullptr); }
  Action(const Action&) = delete;
  Action& operator=(const Action&) = delete;

 private:
  int number_;
  struct sigaction before_ {};
};

}  // namespace loquat
