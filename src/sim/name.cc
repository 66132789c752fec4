#include "sim/name.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace loquat::sim {
namespace {

constexpr std::array<std::uint8_t, 12> v4_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr socklen_t path_at = offsetof(sockaddr_un, sun_path);

void set_v4(Name& name, const in_addr& address) {
  std::copy(v4_prefix.begin(), v4_prefix.end(), name.ip.begin());
  std::memcpy(name.ip.data() + 12, &address, 4);
}

int read_v4(const sockaddr* address, socklen_t size, Name& out) {
  sockaddr_in in{};
  if (size < sizeof in) return -EINVAL;
  std::memcpy(&in, address, sizeof in);
  if (in.sin_family != AF_INET) return -EAFNOSUPPORT;
  out.port = ntohs(in.sin_port);
  set_v4(out, in.sin_addr);
  return 0;
}

int read_v6(const sockaddr* address, socklen_t size, Name& out) {
  sockaddr_in6 in{};
  if (size < 24) return -EINVAL;  // RFC 2133's, without the scope
  std::memcpy(&in, address, std::min<std::size_t>(size, sizeof in));
  if (in.sin6_family != AF_INET6) return -EAFNOSUPPORT;
  out.port = ntohs(in.sin6_port);
  out.scope = in.sin6_scope_id;
  std::memcpy(out.ip.data(), &in.sin6_addr, 16);
  return 0;
}

int read_unix(const sockaddr* address, socklen_t size, Name& out) {
  if (size > sizeof(sockaddr_un)) return -EINVAL;
  sa_family_t family = address->sa_family;
  if (family != AF_UNIX) return -EINVAL;
  if (size <= path_at) return 0;
  const char* path = reinterpret_cast<const char*>(address) + path_at;
  std::size_t length = size - path_at;
  out.path.assign(path, path[0] == '\0' ? length : ::strnlen(path, length));
  return 0;
}

socklen_t write_unix(const Name& name, sockaddr_storage& out) {
  auto& un = reinterpret_cast<sockaddr_un&>(out);
  un.sun_family = AF_UNIX;
  if (name.path.empty()) return path_at;
  std::memcpy(un.sun_path, name.path.data(), name.path.size());
  return path_at + static_cast<socklen_t>(name.path.size()) + (name.path[0] == '\0' ? 0 : 1);
}

}  // namespace

bool Name::is_v4() const noexcept { return std::equal(v4_prefix.begin(), v4_prefix.end(), ip.begin()); }

bool Name::is_any() const noexcept {
  auto zero = [](std::uint8_t byte) { return byte == 0; };
  return std::all_of(ip.begin() + (is_v4() ? 12 : 0), ip.end(), zero);
}

int read_name(int family, const sockaddr* address, socklen_t size, Name& out) {
  if (size < sizeof(sa_family_t)) return -EINVAL;
  out.family = family;
  if (family == AF_INET) return read_v4(address, size, out);
  if (family == AF_INET6) return read_v6(address, size, out);
  return read_unix(address, size, out);
}

void write_name(const Name& name, sockaddr* address, socklen_t* size) {
  sockaddr_storage full{};
  socklen_t full_size = 0;
  if (name.family == AF_INET) {
    auto& in = reinterpret_cast<sockaddr_in&>(full);
    in.sin_family = AF_INET;
    in.sin_port = htons(name.port);
    std::memcpy(&in.sin_addr, name.ip.data() + 12, 4);
    full_size = sizeof in;
  } else if (name.family == AF_INET6) {
    auto& in = reinterpret_cast<sockaddr_in6&>(full);
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(name.port);
    in.sin6_scope_id = name.scope;
    std::memcpy(&in.sin6_addr, name.ip.data(), 16);
    full_size = sizeof in;
  } else {
    full_size = write_unix(name, full);
  }
  std::memcpy(address, &full, std::min(*size, full_size));
  *size = full_size;
}

void any_to_loopback(Name& name) noexcept {
  if (!name.is_any()) return;
  bool v4 = name.is_v4();
  if (v4) name.ip[12] = 127;
  name.ip[15] = 1;
}

bool parse_ip(const std::string& literal, Name& out) {
  in_addr v4{};
  if (::inet_pton(AF_INET, literal.c_str(), &v4) == 1) {
    out.family = AF_INET;
    set_v4(out, v4);
    return true;
  }
  out.family = AF_INET6;
  return ::inet_pton(AF_INET6, literal.c_str(), out.ip.data()) == 1;
}

}  // namespace loquat::sim
