// bytes.h - the buffers that calls accept: contiguous bytes of any byte type, in any container.
//
//   std::vector<std::uint8_t> buffer(4096);
//   const std::size_t size = socket.recv_into(buffer);
//   socket.sendall(std::span(buffer).first(size));
//
// A call never resizes a container. Give a buffer its size before receiving into it: an empty one receives nothing.
// A char array counts as text when it is sent, up to its first NUL; std::span(array) is all of its bytes.
//
// Layer: base (docs/layers.txt).  Source: Python's bytes-like objects.
#pragma once

#include <concepts>
#include <cstddef>
#include <iterator>
#include <span>
#include <string_view>
#include <type_traits>

namespace loquat {

template <class T>
concept Byte = std::same_as<T, char> || std::same_as<T, signed char> || std::same_as<T, unsigned char> ||
    std::same_as<T, std::byte>;

// A container or span of bytes that does not convert to std::string_view. Text has overloads of its own.
template <class R>
concept Bytes = std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
    Byte<std::ranges::range_value_t<R>> && !std::is_convertible_v<R, std::string_view>;

// A container or span of bytes that can be written to; std::string is one.
template <class R>
concept MutableBytes = std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
    Byte<std::ranges::range_value_t<R>> && !std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R>>>;

namespace detail {

std::string_view view_of(const Bytes auto& bytes) {
  return {reinterpret_cast<const char*>(std::ranges::data(bytes)), std::ranges::size(bytes)};
}

std::span<std::byte> span_of(MutableBytes auto& bytes) {
  return {reinterpret_cast<std::byte*>(std::ranges::data(bytes)), std::ranges::size(bytes)};
}

}  // namespace detail
}  // namespace loquat
