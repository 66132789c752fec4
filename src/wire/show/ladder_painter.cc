#include "wire/show/ladder_painter.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "codec/text/utf8.h"
#include "wire/show/begin_text.h"
#include "wire/text/cells.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

constexpr int state_width = 12;  // "SYN-RECEIVED"
constexpr int beyond = 8;        // cells behind the line's end, for numbers above #999

constexpr LadderGlyphs drawn_glyphs = {"─", "╌", "▶", "◀", "╳", "│", "┼", "╮", "╭", "╰", "╯", "·", " · ", "—", "┄"};
constexpr LadderGlyphs ascii_glyphs = {"-", "~", ">", "<", "x", "|", "+", ".", ".", "'", "'", ".", " - ", "--", "."};

std::string in_milliseconds(Duration at) {
  const double ms = std::chrono::duration<double, std::milli>(at).count();
  std::array<char, 40> text{};
  if (ms < 1e6)
    std::snprintf(text.data(), text.size(), "%8.1f", ms);
  else
    std::snprintf(text.data(), text.size(), "%6.0f s", ms / 1000);
  return text.data();
}

// What would not be ASCII becomes a question mark.
std::string to_ascii(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto c = codec::decode_utf8(text);
    if (c.value < 127)
      out += static_cast<char>(c.value);
    else
      out += c.value == 0xB7 ? '-' : '?';
    text.remove_prefix(c.length);
  }
  return out;
}

}  // namespace

LadderPainter::Layout LadderPainter::layout(int width) noexcept {
  width = std::clamp(width, 60, 132);
  const bool narrow = width < 76;
  Layout layout{};
  layout.width = width;
  layout.client = narrow ? 10 : 12;
  layout.area = layout.client + state_width + (narrow ? 1 : 2);
  layout.number = width - (narrow ? 4 : 5);
  layout.server = layout.number - state_width - (narrow ? 1 : 2);
  layout.area_width = layout.server - (narrow ? 2 : 3) - layout.area;
  return layout;
}

LadderPainter::LadderPainter(const LadderOptions& options, std::function<void(std::string_view)> out)
    : options_(options),
      out_(std::move(out)),
      layout_(layout(options.width)),
      glyphs_(options.ascii ? ascii_glyphs : drawn_glyphs) {
  if (options_.ascii) options_.language = Language::en;
}

std::string LadderPainter::plain(std::string_view text) const {
  const std::string safe = codec::sanitize_line(text);
  return options_.ascii ? to_ascii(safe) : safe;
}

void LadderPainter::emit(const CellLine& line) const { out_(line.text(options_.colour)); }

CellLine LadderPainter::line_at(std::optional<Duration> at) const {
  CellLine line(layout_.width + beyond);
  if (at) line.put(0, in_milliseconds(*at), Ink::dim);
  return line;
}

void LadderPainter::put_states(CellLine& line, const ShownStates& states) const {
  const auto put = [&](int x, State state, bool changed) {
    if (changed) line.put(x - 1, "*", Ink::bold);
    line.put(x, name(state), changed ? Ink::bold : Ink::plain);
  };
  put(layout_.client, states.states.client, states.client_changed);
  put(layout_.server, states.states.server, states.server_changed);
}

void LadderPainter::put_lanes(CellLine& line) const {
  for (const int lane : lanes_) {
    if (line.blank(layout_.area + lane)) line.put(layout_.area + lane, glyphs_.lane, Ink::dim);
  }
}

void LadderPainter::header(const Begin& begin) {
  const Language language = options_.language;
  std::string head = begin.scenario;
  const auto add = [&](std::string_view text) {
    if (!text.empty()) (head += head.empty() ? "" : " · ") += text;
  };
  add(in(language, begin.title));
  add(system_text(begin.system, language));
  add(in(language, texts::states_from(text_of(begin.source))));
  if (begin.frames != Source::captured) add(in(language, texts::frames_from(text_of(begin.frames))));
  paragraph(head);
  CellLine line = line_at(std::nullopt);
  line.put(2, in(language, texts::column_time), Ink::dim);
  const std::string client(in(language, texts::client_at(plain(begin.client))));
  const std::string server(in(language, texts::server_at(plain(begin.server))));
  const int right = std::min(layout_.server, layout_.width - cells(server));
  line.put(layout_.client, client, Ink::bold);
  if (right <= layout_.client + cells(client)) {  // two lines for long addresses
    emit(line);
    line = line_at(std::nullopt);
  }
  line.put(std::max(right, 0), server, Ink::bold);
  emit(line);
}

void LadderPainter::arrow(const Arrow& arrow, const ShownStates& states, std::string_view why) {
  left_out_.clear();
  CellLine line = line_at(arrow.at);
  put_states(line, states);
  if (arrow.part == ArrowPart::leaving)
    put_leaving(line, arrow);
  else if (arrow.part == ArrowPart::whole)
    arrow.lost ? put_lost(line, arrow) : put_whole(line, arrow);
  else
    arrow.lost ? put_arriving_lost(line, arrow) : put_arriving(line, arrow);
  put_lanes(line);
  line.put(layout_.number, "#" + std::to_string(arrow.number), Ink::dim);
  emit(line);
  const std::string below = left_out_ + std::string(why);
  if (!below.empty()) remark(below);
}

void LadderPainter::action(Duration at, Side side, std::string_view text, const ShownStates& states) {
  const Text said = side == Side::client ? texts::client_does(plain(text)) : texts::server_does(plain(text));
  const auto lines = wrap_cells(in(options_.language, said), layout_.area_width - 2);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CellLine line = line_at(i == 0 ? std::optional(at) : std::nullopt);
    if (i == 0) put_states(line, states);
    const int right = layout_.area + layout_.area_width;
    if (side == Side::client) {
      if (i == 0) line.put(layout_.area, glyphs_.dot, Ink::cyan);
      line.put(layout_.area + 2, lines[i], Ink::cyan);
    } else {
      if (i == 0) line.put(right - 1, glyphs_.dot, Ink::cyan);
      line.put(right - 2 - cells(lines[i]), lines[i], Ink::cyan);
    }
    put_lanes(line);
    emit(line);
  }
}

void LadderPainter::remark(std::string_view text) const {
  for (const auto& piece : wrap_cells(plain(text), layout_.width - layout_.area - 2)) {
    CellLine line = line_at(std::nullopt);
    line.put(layout_.area + 2, piece, Ink::dim);
    put_lanes(line);
    emit(line);
  }
}

void LadderPainter::note(Duration at, std::string_view text) {
  bool first = true;
  for (const auto& piece : wrap_cells(plain(text), layout_.width - layout_.client - 3)) {
    CellLine line = line_at(first ? std::optional(at) : std::nullopt);
    if (first) line.put(layout_.client, glyphs_.dash, Ink::yellow);
    line.put(layout_.client + 3, piece, Ink::yellow);
    put_lanes(line);
    emit(line);
    first = false;
  }
}

void LadderPainter::states(Duration at, const ShownStates& states) {
  CellLine line = line_at(at);
  put_states(line, states);
  put_lanes(line);
  emit(line);
}

void LadderPainter::explain(std::string_view text) {
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    for (const auto& piece : wrap_cells(plain(part), layout_.width - layout_.client)) {
      CellLine line = line_at(std::nullopt);
      line.put(layout_.client, piece);
      emit(line);
    }
  }
}

void LadderPainter::paragraph(std::string_view text) {
  for (const auto& piece : wrap_cells(plain(text), layout_.width)) {
    CellLine line = line_at(std::nullopt);
    line.put(0, piece);
    emit(line);
  }
}

int LadderPainter::take_lane(Side from) {
  const int middle = layout_.area_width / 2;
  for (int k = 0; 4 + 3 * k < middle - 1; ++k) {
    const int lane = from == Side::client ? layout_.area_width - 5 - 3 * k : 4 + 3 * k;
    if (std::find(lanes_.begin(), lanes_.end(), lane) != lanes_.end()) continue;
    lanes_.push_back(lane);
    return lane;
  }
  return -1;
}

void LadderPainter::release_lane(int lane) { std::erase(lanes_, lane); }

}  // namespace loquat::wire
