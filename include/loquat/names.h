// names.h - what hosts, services, protocols and interfaces are called, beside getaddrinfo (address.h).
//
//   Errors    gaierror and herror for hosts (error.h), OSError for the rest, with what was asked for in it.
//   Waiting   What asks a name service or reads a file does so on the pool: only the fiber waits, and who is cancelled
//             does not wait for the answer. In a plain thread the call blocks.
//   Worlds    In a simulation hosts are those of its options, no address has a name, and gethostname() is "localhost".
//             Services, protocols and interfaces are always this machine's.
//   Strings   A NUL in a host, service, protocol or address: std::invalid_argument.
//   Lifetime  Values.
//
// htons, ntohl and theirs are C's: <arpa/inet.h>.
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
  std::string name;                    // the canonical one
  std::vector<std::string> aliases;    // other names
  std::vector<std::string> addresses;  // IP literals, at least one
};

// This machine's name, as it was set. Source: gethostname(2).
std::string gethostname();
// `name` ("" or "0.0.0.0": this machine) with its domain: the first name with a dot that gethostbyaddr() knows, else
// its canonical one, else `name`. Throws nothing because of a name that is not known. Source: Python socket.getfqdn.
std::string getfqdn(const std::string& name = {});
// The first IPv4 address of `host`, as a literal. Throws gaierror.
std::string gethostbyname(const std::string& host);
// All that is known of `host` in IPv4. Throws herror, gaierror. Source: gethostbyname(3).
HostEntry gethostbyname_ex(const std::string& host);
// All that is known of an IPv4 or IPv6 literal, or of a name's address. Throws herror if it has no name; gaierror if it
// is a name that does not resolve. Source: gethostbyaddr(3).
HostEntry gethostbyaddr(const std::string& host);
// The names of an address's host and port; what has no name is given as a number. `flags` are NI_*: with
// NI_NUMERICHOST | NI_NUMERICSERV nobody is asked. Throws gaierror, as with NI_NAMEREQD. Source: getnameinfo(3).
std::pair<std::string, std::string> getnameinfo(const Address& address, int flags = 0);

// --- Services and protocols ------------------------------------------------------------------------------------------

// The port of a service, such as "http". `protocol` is "tcp", "udp" or "" for any. Throws OSError(ENOENT).
// Source: getservbyname(3).
std::uint16_t getservbyname(const std::string& service, const std::string& protocol = {});
std::string getservbyport(std::uint16_t port, const std::string& protocol = {});
// The number of a protocol, such as "icmp". Throws OSError(ENOENT). Source: getprotobyname(3).
int getprotobyname(const std::string& protocol);

// --- Interfaces ------------------------------------------------------------------------------------------------------

// This machine's network interfaces with their numbers, from 1 on. Source: if_nameindex(3).
std::vector<std::pair<unsigned, std::string>> if_nameindex();
// Throws OSError(ENODEV). Source: if_nametoindex(3).
unsigned if_nametoindex(const std::string& name);
// Throws OSError(ENXIO). Source: if_indextoname(3).
std::string if_indextoname(unsigned index);

// --- Packed addresses: 4 or 16 bytes, as packets have them ---------------------------------------------------------

// AF_INET or AF_INET6. Throws OSError(EINVAL) for text that is no address, std::invalid_argument for a string of
// another size, OSError(EAFNOSUPPORT) for another family. Source: inet_pton(3), inet_ntop(3).
std::string inet_pton(int family, const std::string& text);
std::string inet_ntop(int family, std::string_view packed);
// IPv4 in all the forms that inet(3) knows ("127.1", "0x7f000001"). Throws OSError(EINVAL).
std::string inet_aton(const std::string& text);
std::string inet_ntoa(std::string_view packed);

}  // namespace loquat
