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

  // Writes from cell `x` on; what does not fit is left out. Returns the cell after it.
  int put(int x, std::string_view text, Ink ink = Ink::plain);
  // The same glyph, one cell wide, from `from` to before `to`.
  void fill(int from, int to, std::string_view glyph, Ink ink = Ink::plain);
  // Where nothing is written yet.
  bool blank(int x) const noexcept;

  // Without the blanks at its end; with colours if asked for.
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
