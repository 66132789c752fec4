// address_prefix.h - all IP addresses that begin with the same bits: "192.0.2.0/24", "2001:db8::/32", or one address.
//
// An IPv4-mapped IPv6 address is the IPv4 address: "::ffff:192.0.2.7" is "192.0.2.7". Otherwise no IPv6 prefix contains
// an IPv4 address.
//
//   Threads   A value; any thread.
//
// Layer: codec (docs/layers.txt).  Source: RFC 4632 s.3.1, RFC 4291 s.2.3 and s.2.5.5.2, RFC 5952 (text).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loquat::codec {

class AddressPrefix {
 public:
  // Parses an address, or an address, '/' and a number of bits. Bits behind the prefix may be set and are ignored. An
  // IPv6 zone ("fe80::1%eth0") is accepted without effect. Nothing if `text` is neither.
  static std::optional<AddressPrefix> parse(std::string_view text);

  bool contains(const AddressPrefix& other) const noexcept;
  // Whether it is exactly one address.
  bool is_one() const noexcept { return bits_ == 128; }
  // What one host can choose its addresses from: the /64 of an IPv6 address, else the address itself. Others share the
  // /64 of a link-local or loopback address.
  AddressPrefix host() const noexcept;
  // "192.0.2.7", "192.0.2.0/24", "2001:db8::/32": one spelling for each value.
  std::string str() const;

  // The first `bits` of the 128 that it has as an IPv6 address.
  AddressPrefix cut(unsigned bits) const noexcept { return {bytes_, bits < bits_ ? bits : bits_}; }
  unsigned bits() const noexcept { return bits_; }

  auto operator<=>(const AddressPrefix&) const = default;

 private:
  AddressPrefix(const std::array<std::uint8_t, 16>& bytes, unsigned bits) noexcept;
  bool is_v4() const noexcept;

  std::array<std::uint8_t, 16> bytes_{};  // IPv4 mapped into IPv6; 0 behind the prefix
  unsigned bits_ = 128;
};

}  // namespace loquat::codec
