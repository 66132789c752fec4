// words.h - a line's first word and the rest of it.
//
// Layer: codec (docs/layers.txt).
#pragma once

#include <string_view>
#include <utility>

namespace loquat::codec {

// What stands before the first space, and what follows the spaces there; either may be empty. Views of `text`.
constexpr std::pair<std::string_view, std::string_view> first_word(std::string_view text) noexcept {
  const std::size_t end = text.find(' ');
  if (end == std::string_view::npos) return {text, {}};
  const std::size_t next = text.find_first_not_of(' ', end);
  return {text.substr(0, end), next == std::string_view::npos ? std::string_view() : text.substr(next)};
}

}  // namespace loquat::codec
