// cell_line.h - one line of a terminal that is drawn cell by cell, with colours.
//
// Layer: wire (docs/layers.txt).  Source: ECMA-48 s.8.3.117 (SGR).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace loquat::wire {

enum class Ink : std::uint8_t { plain, dim, bold, red, green, yellow, blue, magenta, cyan };

class CellLine {
 public:
  explicit CellLine(int width) : cells_(static_cast<std::size_t>(width < 0 ? 0 : width)) {}

  // Writes from cell `x` on and returns the cell after the text. What does not fit is left out.
  int put(int x, std::string_view text, Ink ink = Ink::plain);
  // Fills the cells from `from` up to, not including, `to` with a glyph that is one cell wide.
  void fill(int from, int to, std::string_view glyph, Ink ink = Ink::plain);
  // Whether nothing has been written to cell `x`.
  bool blank(int x) const noexcept;

  // The line without trailing blanks, with colours if `colour`.
  std::string text(bool colour) const;

 private:
  struct Cell {
    std::string glyph;  // empty: a blank
    Ink ink = Ink::plain;
    bool covered = false;  // by the wide one before it
  };
  std::vector<Cell> cells_;
};

}  // namespace loquat::wire
