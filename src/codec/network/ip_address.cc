#include "codec/network/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
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

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return {};
  const int whole = address->v6 ? 128 : 32;
  if (slash == std::string_view::npos) return IpPrefix{*address, whole};
  const std::string_view digits = text.substr(slash + 1);
  int bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  const bool good = error == std::errc() && end == digits.data() + digits.size() && digits[0] != '-' && bits <= whole;
  return good ? std::optional(IpPrefix{*address, bits}) : std::nullopt;
}

bool IpPrefix::contains(const IpAddress& other) const noexcept {
  if (other.v6 != address.v6) return false;
  const auto full = static_cast<std::size_t>(bits / 8);
  if (!std::equal(other.bytes.begin(), other.bytes.begin() + full, address.bytes.begin())) return false;
  const int rest = bits % 8;
  return rest == 0 || ((other.bytes[full] ^ address.bytes[full]) >> (8 - rest)) == 0;
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
