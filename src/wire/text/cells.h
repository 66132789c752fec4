// cells.h - text in the cells of a terminal: how wide it is, where it may be cut, what must not reach it.
//
// True of every call in this file:
//   Units     A cell is what one ASCII character takes. Chinese, Japanese, Korean characters and emoji take two,
//             combining marks and joiners none.
//   Text      UTF-8; a byte that is none counts as one cell.
//   Threads   Free functions: any.
//
// Layer: wire (docs/layers.txt).  Source: Unicode 15 UAX #11 (East Asian Width W and F), UAX #14 in the small.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace loquat::wire {

// 0, 1 or 2.
int cells_of(char32_t c) noexcept;
int cells(std::string_view text) noexcept;

// The longest beginning of `text` of at most `most` cells.
std::string_view cut_to_cells(std::string_view text, int most) noexcept;

// `text` in lines of at most `width` cells (at least 2): broken at spaces, between Chinese characters, and inside of a
// word only where it is longer than a line. Line ends in it are kept.
std::vector<std::string> wrap_cells(std::string_view text, int width);

// `text` with spaces behind it, up to `width` cells; never cut.
std::string padded(std::string_view text, int width);

// Bytes of any origin as they can be shown: printable UTF-8 as it is, all else as \r \n \t \\ or \x1b; so no control
// character, C1 or bidi override reaches a terminal. `ascii` escapes what is not ASCII too.
std::string escape(std::string_view bytes, bool ascii = false);
// The same in quotation marks; those inside as \".
std::string quoted(std::string_view bytes, bool ascii = false);

}  // namespace loquat::wire
