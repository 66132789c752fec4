// name.h - a socket's name as a value that can be compared: address and port, or path.
//
//   Errors    A negative result is -errno, as Linux gives it.
//
// Layer: sim.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>

namespace loquat::sim {

// IPv4 addresses are held as ::ffff:a.b.c.d, so that both families compare; `family` says how the name is written.
struct Name {
  int family = AF_UNSPEC;
  std::array<std::uint8_t, 16> ip{};
  std::uint16_t port = 0;
  std::uint32_t scope = 0;
  std::string path;  // AF_UNIX: as in sun_path; a leading NUL means the abstract namespace, empty no name

  bool is_v4() const noexcept;
  // 0.0.0.0 or ::.
  bool is_any() const noexcept;
  // Whether the addresses are the same, in either family.
  bool same_ip(const Name& other) const noexcept { return ip == other.ip; }
};

// Reads a name for a socket of `family`.
int read_name(int family, const sockaddr* address, socklen_t size, Name& out);
// Writes at most *size bytes and sets *size to the true size, as getsockname(2) does.
void write_name(const Name& name, sockaddr* address, socklen_t* size);
// The address that a connect() to `name` reaches: 127.0.0.1 or ::1 for the wildcard.
void any_to_loopback(Name& name) noexcept;
// Reads an IP literal; the port becomes 0. Returns false if it is none.
bool parse_ip(const std::string& literal, Name& out);

}  // namespace loquat::sim
