// address.h - socket addresses as values, and the lookup of host names.
//
//   Units     Ports are in host byte order.
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
  // No address: family() is AF_UNSPEC.
  Address() noexcept;
  // `host` must be an IP literal: names are not looked up here (getaddrinfo() below does that). "" is the IPv4 wildcard
  // address 0.0.0.0, as in Python's ("", port). Throws gaierror(EAI_NONAME) if `host` is not a literal,
  // std::invalid_argument if it contains a NUL.
  Address(std::string_view host, std::uint16_t port);
  // Copies an address that the kernel filled in. Bytes beyond the size of a sockaddr_storage are dropped.
  Address(const sockaddr* address, socklen_t size);
  // The path of a Unix socket. A leading NUL or '@' puts the name into the abstract namespace. With an empty path
  // bind() picks a free abstract name (autobind). Throws OSError(ENAMETOOLONG) if the path has more than 107 bytes,
  // std::invalid_argument for a NUL in a path of the file system. Source: unix(7).
  static Address unix_path(std::string_view path);
  // The context identifier and port of a virtual machine, 32 bits each. VMADDR_CID_ANY and VMADDR_PORT_ANY are the
  // wildcards for bind(). Source: vsock(7).
  static Address vsock(std::uint32_t cid, std::uint32_t port);
  // Reads the text form above; ":80" is port 80 of the IPv4 wildcard address. Throws std::invalid_argument if the text
  // has another form, gaierror if the host is not an IP literal, OSError(ENAMETOOLONG).
  static Address parse(std::string_view text);

  int family() const noexcept { return storage_.ss_family; }
  // The IP literal, with the interface of a link-local address ("fe80::1%eth0"). For a Unix address the path (an
  // abstract name begins with a NUL), for a vsock address the context identifier in digits.
  std::string host() const;
  // 0 unless this is an IP address.
  std::uint16_t port() const noexcept;
  // 0 unless this is a vsock address.
  std::uint32_t vsock_cid() const noexcept;
  std::uint32_t vsock_port() const noexcept;
  // The index of the interface that a link-local IPv6 address belongs to; 0 if it names none. Source: RFC 4007.
  std::uint32_t scope_id() const noexcept;
  // True for 127.0.0.0/8, ::1, ::ffff:127.0.0.0/104 and every Unix address.
  bool is_loopback() const noexcept;
  // The text form above; "unspecified" if this is no address.
  std::string str() const;

  // The form that system calls take. data() is valid as long as this object.
  const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const noexcept { return size_; }
  // Two addresses are equal if the kernel treats them as the same. They are ordered by family, then IP address, then
  // port; addresses without IP are ordered by their bytes.
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

// The parts of "HOST:PORT", ":PORT", "[v6]:PORT" or "unix:PATH".
struct HostPort {
  std::string host;  // a name or an IP literal, without brackets; empty for ":PORT" and "unix:PATH"
  std::uint16_t port = 0;
  std::string unix_path;  // empty unless the text was "unix:PATH"
};
// Splits `text` without looking up the host. Throws std::invalid_argument; its message is fit to be shown to the user.
HostPort parse_host_port(std::string_view text);

// One result of getaddrinfo(): the arguments for Socket() and the address for connect() or bind().
struct AddressInfo {
  int family;
  int type;
  int proto;
  Address address;
};

// Resolves `host`, a name or an IP literal, with the system's getaddrinfo(3). An empty host gives the wildcard
// addresses. The result has at least one element. The default `type` leaves out the addresses of other socket types.
//
// The lookup runs on a thread of its own kind: only the calling fiber waits, and a cancelled fiber stops waiting at
// once. A process has at most 64 lookup threads, which offload() (fiber.h) does not use; further lookups queue. IP
// literals need no thread. A plain thread blocks.
//
// Throws gaierror, std::invalid_argument if the host contains a NUL, OSError(EAGAIN) if no thread can be started.
std::vector<AddressInfo> getaddrinfo(const std::string& host, std::uint16_t port, int family = AF_UNSPEC,
                                     int type = SOCK_STREAM, int flags = 0);

}  // namespace loquat

template <>
struct std::hash<loquat::Address> {
  std::size_t operator()(const loquat::Address& address) const noexcept;
};
