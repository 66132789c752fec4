// ip_address.h - IPv4 and IPv6 addresses and endpoints as they stand in packets and in text: small values
// without the kernel's types.
//
// Layer: codec (docs/layers.txt).  Source: RFC 5952 (text of IPv6), RFC 3986 s.3.2.2 (brackets).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace loquat::codec {

struct IpAddress {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // IPv4: the first four; the others are 0

  // From 4 or 16 bytes in network order; of another size: 0.0.0.0.
  static IpAddress from(std::span<const std::byte> bytes) noexcept;
  // Reads a literal without brackets and zone. An IPv4 address in IPv6's form (::ffff:192.0.2.1) becomes IPv4.
  static std::optional<IpAddress> parse(std::string_view text);
  // The IPv4 address in ::ffff:192.0.2.1; any other address stays.
  IpAddress unmapped() const noexcept;
  std::string text() const;  // "10.0.0.1", "2001:db8::1"
  auto operator<=>(const IpAddress&) const = default;
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  std::string text() const;  // "10.0.0.1:40000", "[::1]:80"
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace loquat::codec
