#include "codec/network/address_prefix.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace loquat::codec {
namespace {

using Octets = std::array<std::uint8_t, 16>;

constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr unsigned mapped_bits = 96;

bool is_mapped(const Octets& bytes) { return std::equal(mapped.begin(), mapped.end(), bytes.begin()); }

std::optional<Octets> parse_address(const std::string& text) {
  Octets bytes{};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  std::copy(mapped.begin(), mapped.end(), bytes.begin());
  if (::inet_pton(AF_INET, text.c_str(), bytes.data() + mapped.size()) == 1) return bytes;
  return std::nullopt;
}

}  // namespace

AddressPrefix::AddressPrefix(const Octets& bytes, unsigned bits) noexcept : bytes_(bytes), bits_(bits) {
  for (unsigned i = 0; i < bytes_.size(); ++i) {
    const unsigned kept = std::clamp(bits, i * 8, i * 8 + 8) - i * 8;
    bytes_[i] &= static_cast<std::uint8_t>(0xFF00u >> kept);
  }
}

std::optional<AddressPrefix> AddressPrefix::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  std::string address(text.substr(0, slash));
  const std::size_t zone = address.find('%');
  if (zone != std::string::npos) address.resize(zone);
  if (address.find('\0') != std::string::npos) return std::nullopt;
  const auto bytes = parse_address(address);
  if (!bytes) return std::nullopt;
  if (slash == std::string_view::npos) return AddressPrefix(*bytes, 128);
  const std::string_view number = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), bits);
  if (error != std::errc{} || end != number.data() + number.size() || bits > 128) return std::nullopt;
  if (address.find(':') == std::string::npos) {
    if (bits > 32) return std::nullopt;
    bits += mapped_bits;
  }
  return AddressPrefix(*bytes, bits);
}

bool AddressPrefix::is_v4() const noexcept { return bits_ >= mapped_bits && is_mapped(bytes_); }

bool AddressPrefix::contains(const AddressPrefix& other) const noexcept {
  return is_v4() == other.is_v4() && bits_ <= other.bits_ && other.cut(bits_) == *this;
}

AddressPrefix AddressPrefix::host() const noexcept {
  const bool link_local = bytes_[0] == 0xFE && (bytes_[1] & 0xC0) == 0x80;
  const bool global = std::any_of(bytes_.begin(), bytes_.begin() + 8, [](std::uint8_t byte) { return byte != 0; });
  return is_v4() || link_local || !global || bits_ < 64 ? *this : AddressPrefix(bytes_, 64);
}

std::string AddressPrefix::str() const {
  char text[INET6_ADDRSTRLEN];
  const bool v4 = is_v4();
  const std::string address = v4 ? ::inet_ntop(AF_INET, bytes_.data() + mapped.size(), text, sizeof text)
                                 : ::inet_ntop(AF_INET6, bytes_.data(), text, sizeof text);
  return is_one() ? address : address + "/" + std::to_string(v4 ? bits_ - mapped_bits : bits_);
}

}  // namespace loquat::codec
