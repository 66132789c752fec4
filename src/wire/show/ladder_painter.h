// ladder_painter.h - the lines of a ladder, as ladder.h decides them. Internal to it.
//
//   Lanes     A frame with one row for leaving and one for arriving runs down a lane between them: a column between the
//             two hosts, drawn in every line between those rows.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/show/cell_line.h"
#include "wire/show/ladder.h"
#include "wire/trace/frame_text.h"

namespace loquat::wire {

enum class ArrowPart : std::uint8_t { whole, leaving, arriving };

struct ShownStates {
  States states;
  bool client_changed = false, server_changed = false;
};

struct Arrow {
  Duration at{};
  Side from = Side::client;
  ArrowPart part = ArrowPart::whole;
  int lane = -1;  // column within the area; -1: none was free
  bool lost = false;
  bool inferred = false;
  int number = 0;
  Ink ink = Ink::plain;
  std::vector<LabelPart> label{};
  std::string after_lost{};  // text beyond the mark of a loss
};

// The characters that lines are drawn with.
struct LadderGlyphs {
  std::string_view line, inferred, right, left, lost, lane, cross;
  std::string_view down_from_left, down_from_right, down_to_right, down_to_left;  // bends, by where the line comes from
  std::string_view dot, separator, dash, more;
};

class LadderPainter {
 public:
  LadderPainter(const LadderOptions& options, std::function<void(std::string_view)> out);

  void header(const Begin& begin);
  // Remarks that found no room are written below it, followed by `why`.
  void arrow(const Arrow& arrow, const ShownStates& states, std::string_view why);
  // A program's action, on its side.
  void action(Duration at, Side side, std::string_view text, const ShownStates& states);
  // States that have changed without an event.
  void states(Duration at, const ShownStates& states);
  void note(Duration at, std::string_view text);
  // Text in as many lines as it needs. explain() begins at the client's column and keeps line ends; paragraph() begins
  // at the left edge.
  void explain(std::string_view text);
  void paragraph(std::string_view text);

  // Takes a free lane near the receiver until release_lane(); -1 if there is none.
  int take_lane(Side from);
  void release_lane(int lane);
  bool ascii() const noexcept { return options_.ascii; }

 private:
  struct Layout {
    int width, client, area, area_width, server, number;
  };
  static Layout layout(int width) noexcept;
  CellLine line_at(std::optional<Duration> at) const;
  void put_states(CellLine& line, const ShownStates& states) const;
  void put_lanes(CellLine& line) const;
  // Between columns of the area, from `from` to before `to`.
  void put_line(CellLine& line, int from, int to, const Arrow& arrow) const;
  void put_label(CellLine& line, int from, int to, const Arrow& arrow);
  void put_whole(CellLine& line, const Arrow& arrow);
  void put_lost(CellLine& line, const Arrow& arrow);
  void put_leaving(CellLine& line, const Arrow& arrow);
  void put_arriving(CellLine& line, const Arrow& arrow);
  void put_arriving_lost(CellLine& line, const Arrow& arrow);
  void remark(std::string_view text) const;
  void emit(const CellLine& line) const;
  std::string plain(std::string_view text) const;

  LadderOptions options_;
  std::function<void(std::string_view)> out_;
  Layout layout_;
  const LadderGlyphs& glyphs_;
  std::vector<int> lanes_;  // in use
  std::string left_out_;    // of the label of the arrow that is being drawn
};

}  // namespace loquat::wire
