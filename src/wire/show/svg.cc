#include "wire/show/svg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>

#include "codec/text/utf8.h"
#include "wire/show/begin_text.h"
#include "wire/text/cells.h"
#include "wire/text/texts.h"
#include "wire/text/xml.h"
#include "wire/trace/frame_text.h"
#include "wire/trace/time_order.h"

namespace loquat::wire {
namespace {

constexpr int width = 960, time_x = 74, client_state_x = 88, client_x = 232, server_x = 728, server_state_x = 744,
              number_x = 950;
constexpr double min_row = 26;  // the least distance of rows

constexpr std::string_view style = R"(<style>
.wire{--bg:#ffffff;--ink:#1a1a1a;--soft:#595959;--bad:#b00020;--open:#11652a;--end:#7a4f00;--again:#86198f;--act:#1d4ed8}
@media (prefers-color-scheme:dark){.wire{--bg:#14161a;--ink:#ececec;--soft:#adadad;--bad:#ff9a90;--open:#85dd97;--end:#f0c36b;--again:#f0a6f2;--act:#a3bfff}}
.wire text{font:13px ui-monospace,monospace;fill:var(--ink)}
.wire .soft{fill:var(--soft)}
.wire .new,.wire .head{font-weight:bold}
.wire .act{fill:var(--act)}
.wire .note,.wire .why{fill:var(--soft);font-style:italic;stroke:var(--bg);stroke-width:4px;paint-order:stroke}
.wire path{fill:none;stroke-width:1.6}
.wire g{stroke:var(--ink);fill:var(--ink)}
.wire .open{stroke:var(--open);fill:var(--open)}
.wire .end{stroke:var(--end);fill:var(--end)}
.wire .bad{stroke:var(--bad);fill:var(--bad)}
.wire .again{stroke:var(--again);fill:var(--again)}
.wire g text{stroke:var(--bg);stroke-width:4px;paint-order:stroke;fill:inherit}
.wire g .soft{fill:var(--soft)}
.wire path[data-source=inferred]{stroke-dasharray:5 4}
.wire .life{stroke:var(--soft);stroke-width:1}
.wire .paper{fill:var(--bg)}
</style>)";

std::string at(std::string_view name, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*s=\"%.1f\" ", static_cast<int>(name.size()), name.data(), value);
  return text.data();
}

std::string text_at(double x, double y, std::string_view attributes, std::string_view content) {
  return xml_element("text", at("x", x) + at("y", y) + std::string(attributes), content) + "\n";
}

std::string milliseconds_of(Duration time) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.1f", std::chrono::duration<double, std::milli>(time).count());
  return text.data();
}

// The group of a frame by what it is, for its colour.
std::string_view group_of(const FrameView& view) {
  if (view.frame.fate == Fate::dropped || view.frame.fate == Fate::corrupted) return "bad";
  if (view.frame.retransmission_of != 0 || view.frame.copy_of != 0) return "again";
  if (!view.segment) return "plain";
  if (view.segment->has(codec::tcp::rst)) return "bad";
  if (view.segment->has(codec::tcp::syn)) return "open";
  return view.segment->has(codec::tcp::fin) ? "end" : "plain";
}

class Drawing {
 public:
  explicit Drawing(Language language) : language_(language) {}

  std::string draw(const Trace& trace, bool standing);

 private:
  void take(const Begin& begin);
  void take(const Frame& frame);
  void take(const Action& action);
  void take(const Note& note);
  void take(const Counters& counters);
  void take(const End& end);

  // The next row, for something that happened at `time`.
  void step(Duration time);
  void put_time(Duration time);
  void put_states(const States& states);
  void put_arrow(const Frame& frame, double from_y, double to_y, bool arrived);
  void put_paragraph(std::string_view text, std::string_view kind);
  std::string label_of(const FrameView& view) const;
  std::string say(const Text& text) const { return std::string(in(language_, text)); }

  Language language_;
  Numbering numbering_;
  bool many_ = false;  // connections
  Begin begin_;
  std::string body_;
  double y_ = 70;
  std::optional<Duration> last_;
  std::string last_time_;
  std::optional<States> shown_;
  struct OnTheWay {
    Frame frame;
    double y;
  };
  std::map<int, OnTheWay> on_the_way_;
  std::size_t frames_ = 0;
};

void Drawing::take(const Begin& begin) { begin_ = begin; }

void Drawing::step(Duration time) {
  const double wait = last_ ? std::max(0.0, std::chrono::duration<double, std::milli>(time - *last_).count()) : 0;
  y_ += min_row + std::min(36.0, 10 * std::log10(1 + wait));
  last_ = time;
}

void Drawing::put_time(Duration time) {
  const std::string text = milliseconds_of(time);
  if (text != last_time_) body_ += text_at(time_x, y_ + 4, R"(class="soft" text-anchor="end")", text);
  last_time_ = text;
}

void Drawing::put_states(const States& states) {
  const auto put = [&](double x, State before, State now) {
    if (shown_ && before == now) return;
    body_ += text_at(x, y_ + 4, before != State::unknown && shown_ ? R"(class="new")" : "", name(now));
  };
  put(client_state_x, shown_ ? shown_->client : State::unknown, states.client);
  put(server_state_x, shown_ ? shown_->server : State::unknown, states.server);
  if (many_) return;  // states of several connections do not compare
  shown_ = states;
}

void Drawing::take(const Frame& frame) {
  if (frame.fate == Fate::held) {
    if (on_the_way_.count(frame.number) > 0) return;
    step(frame.sent);
    put_time(frame.sent);
    put_states(frame.at_sending);
    on_the_way_.emplace(frame.number, OnTheWay{frame, y_});
    return;
  }
  double from_y = y_;
  const auto left = on_the_way_.find(frame.number);
  if (left != on_the_way_.end()) {
    from_y = left->second.y;
    on_the_way_.erase(left);
  } else {
    step(frame.sent);
    put_time(frame.sent);
    put_states(frame.at_sending);
    from_y = y_;
  }
  step(frame.delivered);
  put_time(frame.delivered);
  put_states(frame.after);
  put_arrow(frame, from_y, y_, true);
  const std::string_view why = in(language_, frame.why);
  for (const auto& line : why.empty() ? std::vector<std::string>{} : wrap_cells(codec::sanitize_line(why), 60)) {
    y_ += 17;
    body_ += text_at((client_x + server_x) / 2.0, y_, R"(class="why" text-anchor="middle")", line);
  }
}

std::string Drawing::label_of(const FrameView& view) const {
  auto parts = frame_label(view, language_);
  if (view.frame.fate == Fate::dropped) parts.push_back({say(texts::lost_here), remark_weight});
  if (view.frame.source.value_or(begin_.frames) == Source::inferred)
    parts.push_back({say(texts::source_inferred), remark_weight});
  return join_label(parts, 56);
}

void Drawing::put_arrow(const Frame& frame, double from_y, double to_y, bool arrived) {
  ++frames_;
  FrameView view{frame, codec::find_segment(frame.bytes, frame.link), {}, {}};
  if (view.segment) view.numbers = numbering_.add(*view.segment);
  if (view.segment && many_) view.port = ":" + std::to_string(numbering_.client(view.numbers.connection).port);
  const bool client = frame.from == Side::client, lost = frame.fate == Fate::dropped || !arrived;
  const double x1 = client ? client_x : server_x, whole = client ? server_x : client_x;
  const double part = lost ? 0.62 : 1, x2 = x1 + (whole - x1) * part, y2 = from_y + (to_y - from_y) * part;
  std::array<char, 160> path{};
  std::snprintf(path.data(), path.size(), "d=\"M%.1f %.1f L%.1f %.1f\"", x1, from_y, x2, y2);
  const Source source = frame.source.value_or(begin_.frames);
  std::string attributes = view.segment ? "class=\"seg\"" : "class=\"frame\"";
  attributes += " data-n=\"" + std::to_string(frame.number) + "\"";
  if (view.segment) attributes += " data-flags=\"" + xml(codec::flag_names(view.segment->flags)) + "\"";
  attributes +=
      " data-fate=\"" + std::string(name(frame.fate)) + "\" data-source=\"" + std::string(name(source)) + "\" ";
  body_ += "<g class=\"" + std::string(group_of(view)) + "\">";
  body_ += xml_element("path", attributes + path.data());
  const double angle = std::atan2(y2 - from_y, x2 - x1);
  const auto tip = [&](double turn) {
    return std::array<double, 2>{x2 - 9 * std::cos(angle + turn), y2 - 9 * std::sin(angle + turn)};
  };
  const auto a = tip(0.4), b = tip(-0.4);
  if (lost)
    std::snprintf(path.data(), path.size(), "d=\"M%.1f %.1f l12 12 m0 -12 l-12 12\"", x2 - 6, y2 - 6);
  else
    std::snprintf(path.data(), path.size(), "d=\"M%.1f %.1f L%.1f %.1f L%.1f %.1f\"", a[0], a[1], x2, y2, b[0], b[1]);
  body_ += xml_element("path", path.data());
  const double degrees = std::atan((to_y - from_y) / (whole - x1)) * 180 / 3.14159265;
  const double lx = x1 + (client ? 14 : -14), ly = from_y - 6 + (to_y - from_y) * 14 / (server_x - client_x);
  std::array<char, 96> turn{};
  std::snprintf(turn.data(), turn.size(), "transform=\"rotate(%.2f %.1f %.1f)\"", degrees, lx, ly);
  body_ += xml_element("text", at("x", lx) + at("y", ly) + turn.data() + (client ? "" : " text-anchor=\"end\""),
                       label_of(view));
  body_ += text_at(number_x, from_y + 4, R"(class="soft" text-anchor="end")", "#" + std::to_string(frame.number));
  body_ += "</g>\n";
}

void Drawing::take(const Action& action) {
  step(action.at);
  put_time(action.at);
  put_states(action.after);
  const bool client = action.side == Side::client;
  const std::string text(cut_to_cells(codec::sanitize_line(in(language_, action.text)), 56));
  body_ += xml_element("circle", at("cx", client ? client_x : server_x) + at("cy", y_) + "r=\"4\" class=\"act\"");
  body_ += text_at(client ? client_x + 12 : server_x - 12, y_ + 4,
                   client ? R"(class="act")" : R"(class="act" text-anchor="end")", text);
}

void Drawing::take(const Note& note) {
  step(note.at);
  put_time(note.at);
  for (const auto& line : wrap_cells(codec::sanitize_line(in(language_, note.text)), 60)) {
    body_ += text_at((client_x + server_x) / 2.0, y_ + 4, R"(class="note" text-anchor="middle")", line);
    y_ += 17;
  }
}

void Drawing::put_paragraph(std::string_view text, std::string_view kind) {
  y_ += 14;
  for (const auto& line : wrap_cells(codec::sanitize_line(text), 108)) {
    y_ += 18;
    body_ += text_at(client_state_x, y_, kind, line);
  }
}

void Drawing::take(const Counters& counters) {
  const std::string text = counters_text(counters, language_);
  if (!text.empty()) put_paragraph(text, R"(class="soft")");
}

void Drawing::take(const End& end) {
  if (!many_ && shown_ && *shown_ != end.states) {
    step(end.at);
    put_time(end.at);
    put_states(end.states);
  }
  if (!end.as_specified) put_paragraph(say(texts::differs_from_linux), "");
  if (!end.text.empty()) put_paragraph(in(language_, end.text), "");
}

std::string Drawing::draw(const Trace& trace, bool standing) {
  Numbering counting;
  for (const Row& row : trace) {
    const auto* frame = std::get_if<Frame>(&row);
    if (frame == nullptr) continue;
    if (const auto segment = codec::find_segment(frame->bytes, frame->link)) counting.add(*segment);
  }
  many_ = counting.connections() > 1;
  double lines_end = y_;
  for (const Row& row : in_order_of_time(trace)) {
    if (!std::holds_alternative<Counters>(row) && !std::holds_alternative<End>(row)) lines_end = 0;
    std::visit([this](const auto& value) { take(value); }, row);
    if (lines_end == 0) lines_end = y_ + 20;
  }
  for (const auto& [number, held] : on_the_way_) put_arrow(held.frame, held.y, held.y + min_row, false);
  const int height = static_cast<int>(y_ + 50);
  const std::string title = begin_.scenario + ": " + std::string(in(language_, begin_.title));
  const std::string system = system_text(begin_.system, language_);
  const std::string states = say(texts::states_and_frames_from(text_of(begin_.source), text_of(begin_.frames)));
  const std::string tall = std::to_string(height);
  std::string out = standing ? "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" : "";
  out += "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"wire\" role=\"img\" viewBox=\"0 0 " +
         std::to_string(width) + " " + tall + "\" width=\"" + std::to_string(width) + "\" height=\"" + tall + "\">\n";
  out += xml_element("title", "", title) + "\n";
  out += xml_element("desc", "", say(texts::picture_summary(begin_.client, begin_.server, frames_, system, states))) +
         "\n";
  out += style;
  out += "\n" + xml_element("rect", "class=\"paper\" width=\"100%\" height=\"100%\"") + "\n";
  out += text_at(20, 22, R"(class="head")", cut_to_cells(codec::sanitize_line(title), 110));
  out += text_at(20, 41, R"(class="soft")", cut_to_cells(codec::sanitize_line(system + " · " + states), 110));
  out += text_at(client_x, 68, R"(class="head" text-anchor="middle")", say(texts::client_at(begin_.client)));
  out += text_at(server_x, 68, R"(class="head" text-anchor="middle")", say(texts::server_at(begin_.server)));
  for (const int x : {client_x, server_x}) {
    std::array<char, 96> life{};
    std::snprintf(life.data(), life.size(), "class=\"life\" d=\"M%d 76 V%.1f\"", x, std::max(lines_end, 90.0));
    out += xml_element("path", life.data()) + "\n";
  }
  return out + body_ + "</svg>\n";
}

}  // namespace

std::string svg(const Trace& trace, Language language, bool standing) {
  return Drawing(language).draw(trace, standing);
}

}  // namespace loquat::wire
