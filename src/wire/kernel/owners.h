// owners.h - which processes hold a socket, as far as the caller's privileges reach.
//
// Only root may read the descriptors of another user's processes. Those processes are counted, so a socket without an
// owner differs from one whose owner is hidden.
//
// Layer: wire (docs/layers.txt).  Source: proc(5) /proc/PID/fd, /proc/PID/comm.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace loquat::wire::kernel {

struct Owner {
  pid_t pid = 0;
  std::string program;  // as ps shows it; at most 15 bytes, and any bytes
  int descriptor = -1;
};

struct Owners {
  std::map<std::uint64_t, std::vector<Owner>> by_inode;  // sockets only
  std::size_t hidden = 0;                                // processes whose descriptors the caller may not read
};

// Reads all of /proc once: some ms for a hundred processes.
Owners find_owners();
// Its name; empty if there is no such process.
std::string program_of(pid_t pid);
// All that can be seen, in order.
std::vector<pid_t> processes();

}  // namespace loquat::wire::kernel
