// The arrows of ladder_painter.h. Columns here count from the area's left edge, the client's.
#include <algorithm>

#include "wire/show/ladder_painter.h"
#include "wire/text/cells.h"

namespace loquat::wire {
namespace {

// Cells of line before a label.
int lead(int area_width) { return area_width < 30 ? 2 : 4; }

}  // namespace

void LadderPainter::put_line(CellLine& line, int from, int to, const Arrow& arrow) const {
  for (int x = from; x < to; ++x) {
    const bool crosses = std::find(lanes_.begin(), lanes_.end(), x) != lanes_.end() && x != arrow.lane;
    line.put(layout_.area + x, crosses ? glyphs_.cross : arrow.inferred ? glyphs_.inferred : glyphs_.line, arrow.ink);
  }
}

void LadderPainter::put_label(CellLine& line, int from, int to, const Arrow& arrow) {
  const std::string label =
      to - from < 7 ? join_label(arrow.label, 0, &left_out_) : join_label(arrow.label, to - from - 2, &left_out_);
  if (label.empty()) return;
  const int end = line.put(layout_.area + from + 1, label, arrow.ink);
  line.put(layout_.area + from, " ");
  line.put(end, " ");
}

void LadderPainter::put_whole(CellLine& line, const Arrow& arrow) {
  const int width = layout_.area_width;
  put_line(line, 0, width, arrow);
  if (arrow.from == Side::client)
    line.put(layout_.area + width - 1, glyphs_.right, arrow.ink);
  else
    line.put(layout_.area, glyphs_.left, arrow.ink);
  put_label(line, lead(width), width - 2, arrow);
}

void LadderPainter::put_lost(CellLine& line, const Arrow& arrow) {
  const int width = layout_.area_width, beyond = cells(arrow.after_lost) + 1;
  if (arrow.from == Side::client) {
    const int mark = width - 1 - beyond;
    put_line(line, 0, mark, arrow);
    line.put(layout_.area + mark, glyphs_.lost, Ink::red);
    line.put(layout_.area + mark + 2, arrow.after_lost, Ink::red);
    put_label(line, std::min(lead(width), 2), mark - 1, arrow);
  } else {
    line.put(layout_.area, arrow.after_lost, Ink::red);
    line.put(layout_.area + beyond, glyphs_.lost, Ink::red);
    put_line(line, beyond + 1, width, arrow);
    put_label(line, beyond + 2, width - 1, arrow);
  }
}

void LadderPainter::put_leaving(CellLine& line, const Arrow& arrow) {
  const int width = layout_.area_width;
  const bool client = arrow.from == Side::client;
  const int bend = arrow.lane >= 0 ? arrow.lane : client ? width * 3 / 4 : width / 4;
  client ? put_line(line, 0, bend, arrow) : put_line(line, bend + 1, width, arrow);
  const std::string_view corner = arrow.lane < 0 ? glyphs_.more
                                  : client       ? glyphs_.down_from_left
                                                 : glyphs_.down_from_right;
  line.put(layout_.area + bend, corner, arrow.ink);
  client ? put_label(line, std::min(lead(width), 2), bend - 1, arrow) : put_label(line, bend + 2, width - 1, arrow);
}

void LadderPainter::put_arriving(CellLine& line, const Arrow& arrow) {
  const int width = layout_.area_width;
  const bool client = arrow.from == Side::client;
  const int bend = arrow.lane >= 0 ? arrow.lane : client ? width / 4 : width * 3 / 4;
  client ? put_line(line, bend + 1, width - 1, arrow) : put_line(line, 1, bend, arrow);
  const std::string_view corner = arrow.lane < 0 ? glyphs_.more : client ? glyphs_.down_to_right : glyphs_.down_to_left;
  line.put(layout_.area + bend, corner, arrow.ink);
  line.put(layout_.area + (client ? width - 1 : 0), client ? glyphs_.right : glyphs_.left, arrow.ink);
  client ? put_label(line, bend + 2, width - 2, arrow) : put_label(line, 2, bend - 1, arrow);
}

void LadderPainter::put_arriving_lost(CellLine& line, const Arrow& arrow) {
  const int width = layout_.area_width;
  const bool client = arrow.from == Side::client;
  const int bend = arrow.lane >= 0 ? arrow.lane : width / 2;
  const int mark = client ? bend + 2 : bend - 2;
  client ? put_line(line, bend + 1, mark, arrow) : put_line(line, mark + 1, bend, arrow);
  line.put(layout_.area + bend, client ? glyphs_.down_to_right : glyphs_.down_to_left, arrow.ink);
  line.put(layout_.area + mark, glyphs_.lost, Ink::red);
  const int room = client ? width - mark - 2 : mark - 1;
  if (cells(arrow.after_lost) <= room)
    line.put(layout_.area + (client ? mark + 2 : mark - 1 - cells(arrow.after_lost)), arrow.after_lost, Ink::red);
  else
    left_out_ += arrow.after_lost + ". ";
}

}  // namespace loquat::wire
