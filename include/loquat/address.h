// address.h - socket addresses as values, and names made into them.
//
//   Units     Ports in host byte order.
//   Text      "127.0.0.1:80", "[::1]:80", "[fe80::1%eth0]:80", "unix:/run/x.sock", "unix:@abstract", "vsock:3:1024".
//
// Layer: net (docs/layers.txt).  Source: Python's socket module ("Socket families"), RFC 3986 s.3.2.2, unix(7).
#pragma once

#include <sys/socket.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace loquat {

class Address {
 public:
  // AF_UNSPEC: no address.
  Address() noexcept;
  // An IP literal and port. "" is the wildcard address of IPv4, as in Python's ("", port). Names are not looked up:
  // throws gaierror (EAI_NONAME) for what is no literal.
  Address(std::string_view host, std::uint16_t port);
  // What the kernel filled in. Of more than a sockaddr_storage holds, the rest is dropped.
  Address(const sockaddr* address, socklen_t size);
  // A Unix socket's path; a leading NUL or '@' means the abstract namespace, an empty path that bind() is to find a
  // name there (autobind). Throws OSError(ENAMETOOLONG). Source: unix(7).
  static Address unix_path(std::string_view path);
  // A virtual machine's context and port, 32 bits each; VMADDR_CID_ANY and VMADDR_PORT_ANY leave them to bind().
  // Source: vsock(7).
  static Address vsock(std::uint32_t cid, std::uint32_t port);
  // What str() writes, read again; ":80" is the IPv4 wildcard's. Throws std::invalid_argument, gaierror for a host that
  // is no literal, OSError(ENAMETOOLONG).
  static Address parse(std::string_view text);

  int family() const noexcept { return storage_.ss_family; }
  // The IP literal, with the interface of a link-local one ("fe80::1%eth0"); or the path, or the context's number.
  std::string host() const;
  // 0 where there are no ports of 16 bits.
  std::uint16_t port() const noexcept;
  // Of AF_VSOCK; else 0.
  std::uint32_t vsock_cid() const noexcept;
  std::uint32_t vsock_port() const noexcept;
  // The number of the interface that a link-local IPv6 address belongs to; 0: none. RFC 4007.
  std::uint32_t scope_id() const noexcept;
  bool is_loopback() const noexcept;
  std::string str() const;

  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const noexcept { return size_; }
  // Equal if the kernel would take both for the same. Ordered by family, then IP address, then port; other families by
  // their bytes.
  bool operator==(const Address& other) const noexcept;
  std::strong_ordering operator<=>(const Address& other) const noexcept;
  // Writes str().
  friend std::ostream& operator<<(std::ostream& out, const Address& address);

 private:
  friend struct std::hash<Address>;
  std::string_view bytes() const noexcept;
  sockaddr_storage storage_;
  socklen_t size_;
};

// "HOST:PORT", ":PORT", "[v6]:PORT" or "unix:PATH", taken apart and not looked up. `unix_path` holds the path of the
// last form and is empty for the others.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
  std::string unix_path;
};
// Throws std::invalid_argument with a sentence for the user.
HostPort parse_host_port(std::string_view text);

struct AddressInfo {
  int family;
  int type;
  int proto;
  Address address;
};

// Looks `host` up with the system's getaddrinfo(3), on a thread for lookups: only the fiber waits, and not once it is
// cancelled. There are at most 64 such threads in a process, and offload() does not use them; further lookups wait for
// their turn. IP literals need no lookup. An empty host is the wildcard with AI_PASSIVE, else loopback. Never empty.
// Throws gaierror, std::invalid_argument for a NUL in the host, and OSError(EAGAIN) if no thread can be started.
std::vector<AddressInfo> getaddrinfo(const std::string& host, std::uint16_t port, int family = AF_UNSPEC,
                                     int type = SOCK_STREAM, int flags = 0);

}  // namespace loquat

template <>
struct std::hash<loquat::Address> {
  std::size_t operator()(const loquat::Address& address) const noexcept;
};
