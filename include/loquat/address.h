// address.h - socket addresses as values, and names made into them.
//
//   Units     Ports in host byte order.
//   Text      "127.0.0.1:80", "[::1]:80", "[fe80::1%eth0]:80", "unix:/run/x.sock", "unix:@abstract".
//
// Layer: net (docs/layers.txt).  Source: Python's socket module ("Socket families"), RFC 3986 s.3.2.2, unix(7).
#pragma once

#include <sys/socket.h>

#include <compare>
#include <cstdint>
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
  // What the kernel filled in.
  Address(const sockaddr* address, socklen_t size);
  // A Unix socket's path; a leading NUL or '@' means the abstract namespace, an empty path that bind() is to find a
  // name there (autobind). Throws OSError(ENAMETOOLONG). Source: unix(7).
  static Address unix_path(std::string_view path);

  int family() const noexcept { return storage_.ss_family; }
  // The IP literal, or the path.
  std::string host() const;
  // 0 where there are no ports.
  std::uint16_t port() const noexcept;
  bool is_loopback() const noexcept;
  std::string str() const;

  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const noexcept { return size_; }
  bool operator==(const Address& other) const noexcept;

 private:
  sockaddr_storage storage_;
  socklen_t size_;
};

// "HOST:PORT", ":PORT", "[v6]:PORT" or "unix:PATH", taken apart and not looked up. `unix` holds the path of the last
// form.
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

// Looks `host` up with the system's getaddrinfo(3), on the pool: only the fiber waits. An empty host is the wildcard
// with AI_PASSIVE, else loopback. Never empty. Throws gaierror.
std::vector<AddressInfo> getaddrinfo(const std::string& host, std::uint16_t port, int family = AF_UNSPEC,
                                     int type = SOCK_STREAM, int flags = 0);

}  // namespace loquat
