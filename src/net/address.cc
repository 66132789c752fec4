#include "loquat/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
// After sys/socket.h.
#include <linux/vm_sockets.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ostream>
#include <stdexcept>

#include "base/c_string.h"
#include "loquat/error.h"

namespace loquat {
namespace {

template <class T>
const T& as(const sockaddr_storage& storage) {
  return reinterpret_cast<const T&>(storage);
}

template <class T>
std::string_view bytes_of(const T& object) {
  return {reinterpret_cast<const char*>(&object), sizeof object};
}

std::string_view unix_name(const sockaddr_storage& storage, socklen_t size) {
  constexpr std::size_t start = offsetof(sockaddr_un, sun_path);
  if (size <= start) return {};
  std::string_view name(as<sockaddr_un>(storage).sun_path, size - start);
  return name.front() == '\0' ? name : name.substr(0, name.find('\0'));
}

}  // namespace

Address::Address() noexcept : storage_{}, size_(0) {}

Address::Address(const sockaddr* address, socklen_t size)
    : storage_{}, size_(std::min<socklen_t>(size, sizeof(storage_))) {
  if (size_ != 0) std::memcpy(&storage_, address, size_);
}

Address::Address(std::string_view host, std::uint16_t port) : storage_{}, size_(0) {
  refuse_nul(host, "Address", "host");
  std::string text(host);
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage_);
  if (text.empty() || ::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    size_ = sizeof(v4);
    return;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage_);
  std::size_t percent = text.find('%');
  std::string zone = percent == std::string::npos ? "" : text.substr(percent + 1);
  if (::inet_pton(AF_INET6, text.substr(0, percent).c_str(), &v6.sin6_addr) != 1) throw gaierror(EAI_NONAME, text);
  if (!zone.empty()) {
    unsigned index = ::if_nametoindex(zone.c_str());
    if (index == 0) std::from_chars(zone.data(), zone.data() + zone.size(), index);
    if (index == 0) throw gaierror(EAI_NONAME, text);
    v6.sin6_scope_id = index;
  }
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  size_ = sizeof(v6);
}

Address Address::unix_path(std::string_view path) {
  Address address;
  auto& un = reinterpret_cast<sockaddr_un&>(address.storage_);
  if (path.size() >= sizeof(un.sun_path)) throw OSError(ENAMETOOLONG, {"unix", std::string(path), {}, 0});
  const bool abstract = path.empty() || path[0] == '@' || path[0] == '\0';
  if (!abstract) refuse_nul(path, "unix_path", "path");
  un.sun_family = AF_UNIX;
  path.copy(un.sun_path, path.size());
  if (abstract) un.sun_path[0] = '\0';
  address.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
  return address;
}

Address Address::vsock(std::uint32_t cid, std::uint32_t port) {
  Address address;
  auto& vm = reinterpret_cast<sockaddr_vm&>(address.storage_);
  vm.svm_family = AF_VSOCK;
  vm.svm_cid = cid;
  vm.svm_port = port;
  address.size_ = sizeof(vm);
  return address;
}

std::uint32_t Address::vsock_cid() const noexcept {
  return family() == AF_VSOCK ? as<sockaddr_vm>(storage_).svm_cid : 0;
}

std::uint32_t Address::vsock_port() const noexcept {
  return family() == AF_VSOCK ? as<sockaddr_vm>(storage_).svm_port : 0;
}

std::uint32_t Address::scope_id() const noexcept {
  return family() == AF_INET6 ? as<sockaddr_in6>(storage_).sin6_scope_id : 0;
}

std::string Address::host() const {
  char text[INET6_ADDRSTRLEN] = "";
  switch (family()) {
    case AF_INET:
      return ::inet_ntop(AF_INET, &as<sockaddr_in>(storage_).sin_addr, text, sizeof(text));
    case AF_INET6: {
      const auto& v6 = as<sockaddr_in6>(storage_);
      std::string host = ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
      char name[IF_NAMESIZE];
      if (v6.sin6_scope_id == 0) return host;
      bool named = ::if_indextoname(v6.sin6_scope_id, name) != nullptr;
      return host + "%" + (named ? name : std::to_string(v6.sin6_scope_id));
    }
    case AF_UNIX:
      return std::string(unix_name(storage_, size_));
    case AF_VSOCK:
      return std::to_string(vsock_cid());
    default:
      return {};
  }
}

std::uint16_t Address::port() const noexcept {
  if (family() == AF_INET) return ntohs(as<sockaddr_in>(storage_).sin_port);
  if (family() == AF_INET6) return ntohs(as<sockaddr_in6>(storage_).sin6_port);
  return 0;
}

bool Address::is_loopback() const noexcept {
  if (family() == AF_INET) return ntohl(as<sockaddr_in>(storage_).sin_addr.s_addr) >> 24 == 127;
  if (family() == AF_UNIX) return true;
  if (family() != AF_INET6) return false;
  const auto& v6 = as<sockaddr_in6>(storage_).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

std::string Address::str() const {
  switch (family()) {
    case AF_INET:
      return host() + ":" + std::to_string(port());
    case AF_INET6:
      return "[" + host() + "]:" + std::to_string(port());
    case AF_UNIX: {
      std::string name = host();
      if (!name.empty() && name[0] == '\0') name[0] = '@';
      return "unix:" + name;
    }
    case AF_VSOCK:
      return "vsock:" + std::to_string(vsock_cid()) + ":" + std::to_string(vsock_port());
    default:
      return "unspecified";
  }
}

// Leaves out the padding of a sockaddr_in, which the kernel ignores.
std::string_view Address::bytes() const noexcept {
  std::size_t size = size_;
  if (family() == AF_INET) size = std::min(size, offsetof(sockaddr_in, sin_zero));
  return {reinterpret_cast<const char*>(&storage_), size};
}

bool Address::operator==(const Address& other) const noexcept { return bytes() == other.bytes(); }

namespace {

// IP address and port, most significant byte first.
std::string_view ip_bytes(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) return bytes_of(as<sockaddr_in>(storage).sin_addr);
  if (storage.ss_family == AF_INET6) return bytes_of(as<sockaddr_in6>(storage).sin6_addr);
  return {};
}

}  // namespace

std::strong_ordering Address::operator<=>(const Address& other) const noexcept {
  if (family() != other.family()) return family() <=> other.family();
  if (auto order = ip_bytes(storage_) <=> ip_bytes(other.storage_); order != 0) return order;
  if (port() != other.port()) return port() <=> other.port();
  return bytes() <=> other.bytes();
}

std::ostream& operator<<(std::ostream& out, const Address& address) { return out << address.str(); }

namespace {

// Parses what follows the first colon of "vsock:CID:PORT".
Address parse_vsock(std::string_view text) {
  std::uint32_t numbers[2];
  const char* const end = text.data() + text.size();
  auto [colon, error] = std::from_chars(text.data(), end, numbers[0]);
  if (error == std::errc() && colon != end && *colon == ':') {
    auto [last, failed] = std::from_chars(colon + 1, end, numbers[1]);
    if (failed == std::errc() && last == end) return Address::vsock(numbers[0], numbers[1]);
  }
  throw std::invalid_argument("'vsock:" + std::string(text) + "' is no address: write vsock:CID:PORT");
}

}  // namespace

Address Address::parse(std::string_view text) {
  if (text.starts_with("vsock:")) return parse_vsock(text.substr(6));
  const HostPort parts = parse_host_port(text);
  return parts.unix_path.empty() ? Address(parts.host, parts.port) : unix_path(parts.unix_path);
}

HostPort parse_host_port(std::string_view text) {
  HostPort result;
  auto wrong = [&](const char* why) {
    return std::invalid_argument("'" + std::string(text) + "' is no address: " + why +
                                 "; write HOST:PORT, :PORT, [IPv6]:PORT or unix:PATH");
  };
  if (text.starts_with("unix:")) {
    result.unix_path = text.substr(5);
    if (result.unix_path.empty()) throw wrong("the path is missing");
    return result;
  }
  std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) throw wrong("the port is missing");
  std::string_view host = text.substr(0, colon);
  std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    throw wrong("an IPv6 address stands in brackets");
  }
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) {
    throw wrong("the port is not a number from 0 to 65535");
  }
  result.host = host;
  return result;
}

}  // namespace loquat

std::size_t std::hash<loquat::Address>::operator()(const loquat::Address& address) const noexcept {
  return std::hash<std::string_view>()(address.bytes());
}
