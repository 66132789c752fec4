// cells.h - text in a terminal: its width in cells, where it may be broken, and escapes for what must not reach it.
//
// True of every call in this file:
//   Units     A cell is the width of an ASCII character. Chinese, Japanese and Korean characters and emoji take two,
//             combining marks and joiners none.
//   Text      UTF-8. A byte that is not valid UTF-8 counts as one cell.
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

// The longest prefix of `text` that is at most `max_cells` wide.
std::string_view cut_to_cells(std::string_view text, int max_cells) noexcept;

// Breaks `text` into lines of at most `width` cells (at least 2): at spaces and between Chinese characters, and inside
// a word only if it is longer than a line. Line ends in `text` are kept.
std::vector<std::string> wrap_cells(std::string_view text, int width);

// Pads `text` with spaces to `width` cells. Longer text is not cut.
std::string padded(std::string_view text, int width);

// Makes any bytes safe to show: printable UTF-8 stays, everything else becomes \r \n \t \\ or \x1b. No control
// character, C1 code or bidi override reaches the terminal. With `ascii`, non-ASCII characters are escaped as well.
std::string escape(std::string_view bytes, bool ascii = false);
// escape() in quotation marks; a quotation mark inside becomes \".
std::string quoted(std::string_view bytes, bool ascii = false);

}  // namespace loquat::wire
