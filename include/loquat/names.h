// names.h - names of hosts, services, protocols and interfaces. getaddrinfo() is in address.h.
//
// True of every call in this file:
//   Errors    Calls for hosts throw gaierror or herror (error.h), the others OSError. The exception says what was
//             looked up.
//   Waiting   A call that asks a name service or reads a file runs on a thread of the library: only the calling fiber
//             waits, and a cancelled fiber stops waiting at once. A plain thread blocks.
//   Worlds    In a simulation (testing.h) only the hosts of its options exist, addresses have no names, and
//             gethostname() returns "localhost". Services, protocols and interfaces are still those of this machine.
//   Strings   A NUL in a host, service, protocol or address throws std::invalid_argument.
//   Lifetime  All results are values.
//
// <netdb.h> has the NI_ constants, and C functions with the names of these calls. Write loquat::gethostbyname(): after
// `using namespace loquat` a string literal selects the C function. <arpa/inet.h> has htons(), ntohl() and the like.
//
// Layer: net (docs/layers.txt).  Source: Python's socket module ("Other functions"), netdb.h, if_nameindex(3).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "loquat/address.h"

namespace loquat {

// --- Hosts -----------------------------------------------------------------------------------------------------------

struct HostEntry {
  std::string name;                    // the canonical name
  std::vector<std::string> aliases;    // other names
  std::vector<std::string> addresses;  // IP literals, at least one
};

// The name of this machine. Source: gethostname(2).
std::string gethostname();
// The fully qualified name of a host; "", "0.0.0.0" and "::" mean this machine. Returns the first name with a dot that
// gethostbyaddr() finds, else the canonical name, else `name` unchanged: an unknown name throws nothing.
// Source: Python socket.getfqdn.
std::string getfqdn(const std::string& name = {});
// The first IPv4 address of `host` as a literal. Throws gaierror. Source: Python socket.gethostbyname.
std::string gethostbyname(const std::string& host);
// The names and IPv4 addresses of `host`. Throws herror if it is unknown, in a simulation gaierror.
// Source: gethostbyname(3).
HostEntry gethostbyname_ex(const std::string& host);
// The names of an address (reverse lookup). `host` is an IP literal or a name, which is resolved first. Throws herror
// if the address has no name, gaierror if `host` does not resolve. Source: gethostbyaddr(3).
HostEntry gethostbyaddr(const std::string& host);
// The names of an address's host and port; a number stands for what has no name. `flags` are NI_*. With
// NI_NUMERICHOST | NI_NUMERICSERV nothing is looked up; with NI_NAMEREQD a host without a name throws gaierror.
// Source: getnameinfo(3).
std::pair<std::string, std::string> getnameinfo(const Address& address, int flags = 0);

// --- Services and protocols ------------------------------------------------------------------------------------------

// The port of a service, such as "http". `protocol` is "tcp", "udp" or "" for any. Throws OSError(ENOENT) if there is
// no such service. Source: getservbyname(3).
std::uint16_t getservbyname(const std::string& service, const std::string& protocol = {});
// The service of a port. Throws OSError(ENOENT) if it has none. Source: getservbyport(3).
std::string getservbyport(std::uint16_t port, const std::string& protocol = {});
// The number of a protocol, such as "icmp". Throws OSError(ENOENT) if there is no such protocol.
// Source: getprotobyname(3).
int getprotobyname(const std::string& protocol);

// --- Interfaces ------------------------------------------------------------------------------------------------------

// The index and name of each network interface. Indexes begin at 1. Source: if_nameindex(3).
std::vector<std::pair<unsigned, std::string>> if_nameindex();
// Throws OSError(ENODEV) if there is no such interface. Source: if_nametoindex(3).
unsigned if_nametoindex(const std::string& name);
// Throws OSError(ENXIO) if there is no such interface. Source: if_indextoname(3).
std::string if_indextoname(unsigned index);

// --- Packed addresses: 4 or 16 bytes in network byte order -----------------------------------------------------------

// Text to packed address. `family` is AF_INET or AF_INET6, else OSError(EAFNOSUPPORT) is thrown; OSError(EINVAL) if the
// text is not an address. Source: inet_pton(3).
std::string inet_pton(int family, const std::string& text);
// Packed address to text. Throws OSError(EAFNOSUPPORT) for another family, std::invalid_argument if `packed` has not
// the size of an address of the family. Source: inet_ntop(3).
std::string inet_ntop(int family, std::string_view packed);
// IPv4 text to packed address, in all the forms of inet(3) ("127.1", "0x7f000001"). Throws OSError(EINVAL).
std::string inet_aton(const std::string& text);
// Packed IPv4 address to text. Throws std::invalid_argument if `packed` has not 4 bytes.
std::string inet_ntoa(std::string_view packed);

}  // namespace loquat
