#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

#include "codec/network/segment.h"
#include "codec/text/utf8.h"
#include "wire/show/field_labels.h"
#include "wire/show/hex_dump.h"
#include "wire/show/layers.h"
#include "wire/text/cells.h"
#include "wire/text/texts.h"

namespace loquat::wire {
namespace {

using codec::Field;
using codec::Layer;

// "0-5" in bytes; "46.3-46.7" where bits count, from the most significant.
std::string range_text(std::size_t bit, std::size_t bits) {
  if (bits == 0) return "-";
  const std::size_t last = bit + bits - 1;
  const auto place = [](std::size_t at, bool fine) {
    return std::to_string(at / 8) + (fine ? "." + std::to_string(at % 8) : "");
  };
  const bool fine = bit % 8 != 0 || last % 8 != 7;
  if (fine ? bits == 1 : bits == 8) return place(bit, fine);
  return place(bit, fine) + "-" + place(last, fine);
}

// "2026-11-25 09:13:03.000000001 UTC" for a time since 1970, "+0.001234 s" for one since a trace began.
std::string time_text(std::int64_t ns) {
  char out[64];
  constexpr std::int64_t second = 1'000'000'000;
  if (ns < 1'000'000 * second) {
    std::snprintf(out, sizeof out, "%+.6f s", static_cast<double>(ns) / second);
    return out;
  }
  const std::time_t whole = ns / second;
  std::tm parts{};
  gmtime_r(&whole, &parts);
  char date[40];
  std::strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &parts);
  std::snprintf(out, sizeof out, "%s.%09lld UTC", date, static_cast<long long>(ns % second));
  return out;
}

// Cut at a character.
std::string shortened(std::string text, std::size_t most) {
  return text.size() <= most ? text : text.substr(0, codec::utf8_cut(text, most)) + "...";
}

// "  HTTP GET / HTTP/1.1": the protocol in a segment, if it is known.
std::string carried(const LayersFrame& frame) {
  for (const Layer& layer : codec::dissect(frame.bytes, frame.link, frame.application).layers) {
    if (layer.osi < 6 || layer.name == "Data") continue;
    const std::string name = layer.summary.starts_with(layer.name) ? "" : std::string(layer.name) + ' ';
    return "  " + name + shortened(escape(layer.summary), 80);
  }
  return "";
}

class View {
 public:
  View(const LayersFrame& frame, const LayersStyle& style)
      : frame_(frame), style_(style), packet_(codec::dissect(frame.bytes, frame.link, frame.application)) {}

  std::string text() {
    add_title();
    add_rows();
    for (std::size_t i = 0; i < packet_.layers.size(); ++i) add_layer(i);
    out_ += '\n';
    out_ += hex_dump(frame_.bytes, packet_, style_);
    return std::move(out_);
  }

 private:
  bool chinese() const { return style_.language == Language::zh; }
  std::string_view say(const TextPattern<0>& text) const { return in(style_.language, text); }
  std::string_view dot() const { return style_.ascii ? " - " : " · "; }

  void add_title() {
    const std::size_t whole = std::max(frame_.original_length, frame_.bytes.size());
    out_ += say(texts::frame);
    if (frame_.number != 0) out_ += " #" + std::to_string(frame_.number);
    const std::size_t captured = frame_.bytes.size();
    (out_ += dot()) +=
        in(style_.language, whole == captured ? texts::bytes_whole(whole) : texts::bytes_captured(whole, captured));
    if (!frame_.interface.empty()) (out_ += dot()) += escape(frame_.interface);
    if (frame_.time_ns) (out_ += dot()) += time_text(*frame_.time_ns);
    if (!frame_.comment.empty()) (out_ += dot()) += escape(in(style_.language, frame_.comment));
    out_ += "\n\n";
  }

  // Switches to the colour of what stands in that row of the seven.
  std::string_view colour_of_row(const OsiRow& row) const {
    if (!style_.colour || row.length == 0) return "";
    for (std::size_t i = 0; i < packet_.layers.size(); ++i) {
      if (packet_.layers[i].osi == row.layer && !packet_.layers[i].quoted) return layer_colour(i);
    }
    return "";
  }

  void add_rows() {
    out_ += "   " + padded(say(texts::column_layer), 14) + padded("TCP/IP", 13);
    (out_ += say(texts::column_bytes)) += '\n';
    for (const OsiRow& row : osi_rows(packet_, frame_)) {
      const std::string_view colour = colour_of_row(row);
      out_ += colour;
      out_ += ' ' + std::to_string(row.layer) + ' ' + padded(in(style_.language, row.name), 14) +
              padded(in(style_.language, row.tcpip), 13) + padded(range_text(row.offset * 8, row.length * 8), 9) +
              escape(in(style_.language, row.says));
      if (!colour.empty()) out_ += no_colour;
      out_ += '\n';
    }
  }

  void add_layer(std::size_t index) {
    const Layer& layer = packet_.layers[index];
    out_ += '\n';
    if (style_.colour) out_ += layer_colour(index);
    out_ += std::string(layer.name) + "  " + range_text(layer.offset * 8, layer.length * 8);
    if (layer.quoted) (out_ += "  ") += say(texts::layer_quoted);
    if (layer.cut) (out_ += "  ") += say(texts::layer_cut);
    if (style_.colour) out_ += no_colour;
    out_ += '\n';
    std::vector<std::size_t> open;  // the ends of the fields around the next one
    for (const Field& field : layer.fields) add_field(field, open);
  }

  void add_field(const Field& field, std::vector<std::size_t>& open) {
    const std::size_t end = field.bit_offset + field.bit_length;
    while (!open.empty() && (end > open.back() || field.bit_length == 0)) open.pop_back();
    const std::string_view zh = chinese() ? chinese_label(field.label) : "";
    const bool chosen = codec::field_matches(field.name, style_.field);
    std::string line = padded(range_text(field.bit_offset, field.bit_length), 12) +
                       padded(std::string(2 * open.size(), ' ') + std::string(zh.empty() ? field.label : zh), 28) +
                       ' ' + padded(shortened(escape(field.value), 160), 30) + ' ' + std::string(field.name);
    if (chosen && style_.colour)
      out_ += "  \x1b[7m" + line + std::string(no_colour) + '\n';
    else
      out_ += (chosen ? "> " : "  ") + line + '\n';
    open.push_back(end);
  }

  const LayersFrame& frame_;
  const LayersStyle& style_;
  codec::Packet packet_;
  std::string out_;
};

}  // namespace

std::string layers_text(const LayersFrame& frame, const LayersStyle& style) { return View(frame, style).text(); }

std::string layers_line(const LayersFrame& frame, const LayersStyle& style, std::int64_t start) {
  std::string out = padded("#" + std::to_string(frame.number), 6) + ' ';
  std::int64_t since = 0;
  if (frame.time_ns && !__builtin_sub_overflow(*frame.time_ns, start, &since))
    out += padded(time_text(since), 14) + ' ';
  if (!frame.interface.empty()) out += escape(frame.interface) + "  ";
  if (const auto segment = codec::find_segment(frame.bytes, frame.link)) {
    out += segment->source.text() + " > " + segment->destination.text() + "  " + codec::flag_names(segment->flags);
    if (segment->length > 0) out += " len=" + std::to_string(segment->length);
    if (segment->payload.size() < segment->length) out += ", " + std::to_string(segment->payload.size()) + " captured";
    if (segment->length > 0) out += carried(frame);
  } else {
    out += escape(codec::summary(frame.bytes, frame.link));
  }
  if (!frame.comment.empty()) out += (style.ascii ? "  - " : "  · ") + escape(in(style.language, frame.comment));
  return out;
}

}  // namespace loquat::wire
