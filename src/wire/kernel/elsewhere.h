// elsewhere.h - sockets in other network namespaces of this machine: those of containers, say.
//
// Any user may read any process' /proc/PID/net/tcp, but to look with sock_diag the caller has to enter the namespace.
//
// Layer: wire (docs/layers.txt).  Source: proc(5), network_namespaces(7), user_namespaces(7), setns(2).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace loquat::wire::kernel {

struct Elsewhere {
  pid_t pid = 0;        // a process in that namespace; the lowest that was seen
  std::string program;  // its name
};

// One process for each other network namespace in which `port` is the own port of a TCP socket.
std::vector<Elsewhere> find_elsewhere(std::uint16_t port);
// Whether that process is in another network namespace than the caller; false, too, if that may not be seen.
bool is_elsewhere(pid_t pid);

// Moves the calling thread into that process' network namespace; if rights lack for that, into its user namespace
// first, which only a process of one thread can. Throws OSError(EPERM, ENOENT, ...) with operation "setns".
void enter_network_of(pid_t pid);

// The own ports in the text of /proc/PID/net/tcp, each with its socket's inode.
struct PortLine {
  std::uint16_t port = 0;
  std::uint64_t inode = 0;
};
std::vector<PortLine> parse_ports(const std::string& text);

}  // namespace loquat::wire::kernel
