// owners.h - which processes hold a socket, as far as the caller's privileges reach.
//
// Only root may read the descriptors of another user's processes: a socket without an owner here may have one that is
// hidden.
//
// Layer: wire (docs/layers.txt).  Source: proc(5) /proc/PID/fd, /proc/PID/comm, /proc/PID/stat.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace loquat::wire::kernel {

struct Owner {
  pid_t pid = 0;
  std::string program;  // as ps shows it; at most 15 bytes, and any bytes
  int descriptor = -1;
  char state = 0;  // as ps shows it: 'S' sleeps, 'T' stopped, 't' traced, 'D' waits for a device; 0: unknown
};

// All descriptors of sockets of all processes that may be seen, at one moment. 16 bytes each.
class Owners {
 public:
  // Reads all of /proc: 20 ms for 18,000 sockets.
  static Owners find();

  // Those that hold that socket, in the order of their numbers.
  std::vector<Owner> of(std::uint64_t inode) const;

 private:
  struct Held {
    std::uint64_t inode;
    pid_t pid;
    int descriptor;
  };
  struct Process {
    std::string program;
    char state;
  };

  // Whether there were any, of sockets or not.
  bool read_descriptors(pid_t pid, const std::string& directory);
  void read_process(pid_t pid);

  std::vector<Held> held_;  // by inode
  std::map<pid_t, Process> processes_;
};

// Whether it may open no more: its descriptors have reached its limit (RLIMIT_NOFILE). False if that may not be seen.
bool has_no_descriptor_left(pid_t pid);
// Its name; empty if there is no such process.
std::string program_of(pid_t pid);
// All that can be seen, in order.
std::vector<pid_t> processes();

}  // namespace loquat::wire::kernel
