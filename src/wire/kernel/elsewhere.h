// elsewhere.h - sockets in other network namespaces of this machine, such as those of containers.
//
// Any user may read any process' /proc/PID/net/tcp; for sock_diag the caller has to enter the namespace.
//
// Layer: wire (docs/layers.txt).  Source: proc(5), network_namespaces(7), user_namespaces(7), setns(2).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace loquat::wire::kernel {

struct Elsewhere {
  pid_t pid = 0;        // the lowest process of that namespace that was seen
  std::string program;  // its name
};

// One process for each other network namespace in which a TCP socket has `port` as its local port.
std::vector<Elsewhere> find_elsewhere(std::uint16_t port);
// Whether that process is in another network namespace than the caller; false also if the caller may not see that.
bool is_elsewhere(pid_t pid);

// Moves the calling thread into that process' network namespace. Without the privileges for that it enters the process'
// user namespace first, which needs a process of one thread. Throws OSError(EPERM, ENOENT, ...) with operation "setns".
void enter_network_of(pid_t pid);

// The local ports in the text of /proc/PID/net/tcp, each with its socket's inode.
struct PortLine {
  std::uint16_t port = 0;
  std::uint64_t inode = 0;
};
std::vector<PortLine> parse_ports(const std::string& text);

}  // namespace loquat::wire::kernel
