#include "codec/network/ip_address.h"

#include <arpa/inet.h>

#include <cstring>

namespace loquat::codec {

IpAddress IpAddress::from(std::span<const std::byte> bytes) noexcept {
  IpAddress out;
  if (bytes.size() != 4 && bytes.size() != 16) return out;
  out.v6 = bytes.size() == 16;
  std::memcpy(out.bytes.data(), bytes.data(), bytes.size());
  return out;
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN];
  return inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), buffer, sizeof buffer);
}

std::string Endpoint::text() const {
  const std::string host = address.text();
  return (address.v6 ? "[" + host + "]:" : host + ":") + std::to_string(port);
}

}  // namespace loquat::codec
