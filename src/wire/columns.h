// columns.h - text in columns of a terminal, and text of unknown origin made visible.
//
// Layer: wire (docs/layers.txt).  Source: Unicode UAX #11 (wide characters).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace loquat::wire {

// How many columns a terminal needs for `text`, which is UTF-8: two for Chinese, Japanese and Korean characters.
std::size_t columns_of(std::string_view text) noexcept;

// `text` with spaces behind it, up to `columns`; never cut.
std::string padded(std::string_view text, std::size_t columns);

// `text` on one line without anything that a terminal obeys: line ends and tabs as \r \n \t, other control characters
// and bytes that are no UTF-8 as \x1b, what is_unsafe() names else as \u{202e}, and a backslash as two.
std::string visible(std::string_view text);

}  // namespace loquat::wire
