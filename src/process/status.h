// status.h - how a child ended, asked by its pidfd.
//
// Layer: process.  Source: waitid(2) P_PIDFD, ioctl_pidfd(2).
#pragma once

#include <optional>

namespace loquat::process {

enum class State { running, ended, lost };

// Does not wait, and leaves the child as it is. lost: it is no child of this process, or somebody else has reaped it.
State look(int pidfd) noexcept;
// Blocks until the child has ended.
void wait_blocking(int pidfd) noexcept;
// Reaps the child if it has ended and returns its status as Popen::returncode(). Throws ChildProcessError if somebody
// else has reaped it and the kernel does not remember the status.
std::optional<int> reap(int pidfd);

}  // namespace loquat::process
