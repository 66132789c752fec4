// 07_descriptors.cc - chapter 7: a message can carry an open descriptor from one process to another.
//
//   build/release/bin/example_07_descriptors
#include <sys/wait.h>
#include <unistd.h>

#include <exception>
#include <iostream>

#include "loquat/socket.h"

// The child opens nothing itself: it writes to the descriptor that it receives.
void child(loquat::Socket& parent) {
  const auto message = loquat::recv_fds(parent, 512, 1);
  auto received = loquat::Socket::from_fd(message.ancillary.at(0).fds().at(0));
  received.sendall("hello from the child, by way of " + message.data);
}

int main() try {
  auto [parent_end, child_end] = loquat::socketpair();
  const pid_t pid = fork();
  if (pid == 0) {
    child(child_end);
    _exit(0);
  }
  // [descriptors]
  auto [kept, given] = loquat::socketpair();
  const int fds[] = {given.fileno()};
  loquat::send_fds(parent_end, "a socket", fds);  // the kernel gives the child a descriptor of its own
  given.close();
  std::cout << kept.recv(512) << "\n";
  // [/descriptors]
  waitpid(pid, nullptr, 0);
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
