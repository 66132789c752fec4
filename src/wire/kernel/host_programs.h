// host_programs.h - runs any program on the hosts of a private network: curl, tcpdump, a student's server.
//
//   Rights    They run as the user who started us, and may open raw sockets and use any port on their host.
//   Lifetime  They and whatever they have started end with this object, or with this process, even if that is killed:
//             they are in a process namespace of their own, whose first process dies with us.
//   Threads   The process must have one thread, and cannot make another afterwards (pid_namespaces(7)).
//   Signals   Dispositions and mask are the defaults. The programs stay in our process group, so Ctrl-C reaches them.
//
// Layer: wire (docs/layers.txt).  Source: pid_namespaces(7), capabilities(7) (ambient), prctl(2) PR_SET_PDEATHSIG.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "wire/kernel/network/private_network.h"

namespace loquat::wire::kernel {

class HostPrograms {
 public:
  // Throws OSError.
  explicit HostPrograms(const PrivateNetwork& network);
  ~HostPrograms();
  HostPrograms(const HostPrograms&) = delete;
  HostPrograms& operator=(const HostPrograms&) = delete;

  // Starts command[0], found in $PATH. If that fails, the child says why on standard error and exits with 127, as in a
  // shell. Throws OSError.
  pid_t start(Side side, const std::vector<std::string>& command);
  // Returns its exit status, or 128 + the signal that ended it; nothing while it runs. Does not wait. It reaps the
  // program, so it has an answer only once.
  std::optional<int> ended(pid_t program) const;
  void signal(pid_t program, int number) const noexcept;

 private:
  const PrivateNetwork& network_;
  pid_t first_ = -1;
};

}  // namespace loquat::wire::kernel
