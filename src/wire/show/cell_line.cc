#include "wire/show/cell_line.h"

#include <array>

#include "codec/text/utf8.h"
#include "wire/text/cells.h"

namespace loquat::wire {
namespace {

constexpr std::array<std::string_view, 9> codes = {"0", "2", "1", "31", "32", "33", "34", "35", "36"};

void change_ink(std::string& out, Ink ink) {
  out += "\x1b[";
  if (ink != Ink::plain) out += "0;";
  out += codes[static_cast<std::size_t>(ink)];
  out += 'm';
}

}  // namespace

int CellLine::put(int x, std::string_view text, Ink ink) {
  while (!text.empty()) {
    const auto c = codec::decode_utf8(text);
    const std::string_view glyph = text.substr(0, c.length);
    text.remove_prefix(c.length);
    const int wide = cells_of(c.value);
    const auto at = static_cast<std::size_t>(x);
    if (x < 0 || at + static_cast<std::size_t>(wide) > cells_.size()) break;
    if (wide == 0) {
      if (at > 0) cells_[at - (at > 1 && cells_[at - 1].covered ? 2 : 1)].glyph += glyph;
      continue;
    }
    cells_[at] = {c.ok ? std::string(glyph) : "\xEF\xBF\xBD", ink, false};
    if (wide == 2) cells_[at + 1] = {"", ink, true};
    x += wide;
  }
  return x;
}

void CellLine::fill(int from, int to, std::string_view glyph, Ink ink) {
  for (int x = from; x < to; ++x) put(x, glyph, ink);
}

bool CellLine::blank(int x) const noexcept {
  const auto at = static_cast<std::size_t>(x);
  return x >= 0 && at < cells_.size() && !cells_[at].covered && cells_[at].glyph.empty();
}

std::string CellLine::text(bool colour) const {
  std::size_t end = cells_.size();
  while (end > 0 && cells_[end - 1].glyph.empty() && !cells_[end - 1].covered) --end;
  std::string out;
  Ink ink = Ink::plain;
  for (std::size_t i = 0; i < end; ++i) {
    const Cell& cell = cells_[i];
    if (cell.covered) continue;
    if (colour && cell.ink != ink && !cell.glyph.empty()) change_ink(out, ink = cell.ink);
    out += cell.glyph.empty() ? " " : cell.glyph;
  }
  if (ink != Ink::plain) change_ink(out, Ink::plain);
  return out;
}

}  // namespace loquat::wire
