// bytes.h - numbers out of packets: big-endian, as networks write them. Internal to codec.
//
// True of every call: `bytes` holds what is read; the caller has looked.
//
// Layer: codec (docs/layers.txt).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace loquat::codec {

using Bytes = std::span<const std::byte>;

constexpr std::uint8_t be8(Bytes bytes, std::size_t at) noexcept { return std::to_integer<std::uint8_t>(bytes[at]); }
constexpr std::uint16_t be16(Bytes bytes, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(be8(bytes, at) << 8 | be8(bytes, at + 1));
}
constexpr std::uint32_t be32(Bytes bytes, std::size_t at) noexcept {
  return static_cast<std::uint32_t>(be16(bytes, at)) << 16 | be16(bytes, at + 2);
}
constexpr std::uint64_t be64(Bytes bytes, std::size_t at) noexcept {
  return static_cast<std::uint64_t>(be32(bytes, at)) << 32 | be32(bytes, at + 4);
}

inline std::string_view text_of(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes bytes_of(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }

}  // namespace loquat::codec
