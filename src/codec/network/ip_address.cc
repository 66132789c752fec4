#include "codec/network/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace loquat::codec {

IpAddress IpAddress::from(std::span<const std::byte> bytes) noexcept {
  IpAddress out;
  if (bytes.size() != 4 && bytes.size() != 16) return out;
  out.v6 = bytes.size() == 16;
  std::memcpy(out.bytes.data(), bytes.data(), bytes.size());
  return out;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  IpAddress out;
  out.v6 = text.find(':') != std::string_view::npos;
  const std::string literal(text);
  if (literal.find('\0') != std::string::npos) return {};
  if (inet_pton(out.v6 ? AF_INET6 : AF_INET, literal.c_str(), out.bytes.data()) != 1) return {};
  return out.unmapped();
}

IpAddress IpAddress::unmapped() const noexcept {
  constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!v6 || !std::equal(mapped.begin(), mapped.end(), bytes.begin())) return *this;
  return from(std::as_bytes(std::span(bytes).subspan(12)));
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
