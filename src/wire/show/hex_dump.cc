#include "wire/show/hex_dump.h"

#include <array>
#include <vector>

#include "codec/text/hex.h"

namespace loquat::wire {
namespace {

constexpr std::size_t no_layer = static_cast<std::size_t>(-1);

// How a byte is marked.
struct Mark {
  std::size_t layer = no_layer;
  bool begins = false;  // the layer's first byte
  bool chosen = false;  // part of the chosen field
};

std::vector<Mark> marks_of(std::size_t size, const codec::Packet& packet, const LayersStyle& style) {
  std::vector<Mark> out(size);
  for (std::size_t index = 0; index < packet.layers.size(); ++index) {
    const codec::Layer& layer = packet.layers[index];
    for (std::size_t i = 0; i < layer.length && layer.offset + i < size; ++i)
      out[layer.offset + i] = {index, i == 0, false};
  }
  for (const codec::Layer& layer : packet.layers) {
    for (const codec::Field& field : layer.fields) {
      if (field.bit_length == 0 || !codec::field_matches(field.name, style.field)) continue;
      const std::size_t end = (field.bit_offset + field.bit_length + 7u) / 8;
      for (std::size_t i = field.bit_offset / 8; i < end && i < size; ++i) out[i].chosen = true;
    }
  }
  return out;
}

class HexLine {
 public:
  HexLine(std::span<const std::byte> bytes, const std::vector<Mark>& marks, const codec::Packet& packet,
          const LayersStyle& style)
      : bytes_(bytes), marks_(marks), packet_(packet), style_(style) {}

  std::string at(std::size_t start) {
    start_ = start;
    end_ = std::min(start + 16, bytes_.size());
    text_.clear();
    const std::array offset = {static_cast<std::byte>(start >> 24), static_cast<std::byte>(start >> 16),
                               static_cast<std::byte>(start >> 8), static_cast<std::byte>(start)};
    codec::append_hex(text_, std::span(offset).subspan(start > 0xFFFF ? 0 : 2));
    text_ += "  ";
    for (std::size_t i = start; i < start + 16; ++i) add_byte(i);
    text_ += end_ > start_ && marks_[end_ - 1].chosen && !style_.colour ? "] " : "  ";
    for (std::size_t i = start; i < end_; ++i) add_character(i);
    add_names();
    return std::move(text_);
  }

 private:
  char separator(std::size_t i) const {
    if (style_.colour || i >= end_) return ' ';
    const bool before = i > start_ && marks_[i - 1].chosen;
    if (marks_[i].chosen != before) return marks_[i].chosen ? '[' : ']';
    return marks_[i].begins ? '|' : ' ';
  }

  void add_byte(std::size_t i) {
    if (i == end_ && end_ > start_ && end_ - start_ < 16 && marks_[i - 1].chosen && !style_.colour)
      text_ += ']';
    else
      text_ += separator(i);
    if (i >= end_) {
      text_ += "  ";
      return;
    }
    begin_colour(i);
    codec::append_hex(text_, {&bytes_[i], 1});
    end_colour();
  }

  void add_character(std::size_t i) {
    const auto c = std::to_integer<unsigned char>(bytes_[i]);
    begin_colour(i);
    text_ += c >= 32 && c < 127 ? static_cast<char>(c) : '.';
    end_colour();
  }

  void begin_colour(std::size_t i) {
    if (!style_.colour) return;
    if (marks_[i].layer != no_layer) text_ += layer_colour(marks_[i].layer);
    if (marks_[i].chosen) text_ += "\x1b[7m";
  }
  void end_colour() {
    if (style_.colour) text_ += no_colour;
  }

  // The layers that begin in this line.
  void add_names() {
    std::string names;
    for (std::size_t i = start_; i < end_; ++i) {
      if (!marks_[i].begins) continue;
      if (names.empty())
        names = std::string(16 - (end_ - start_) + 2, ' ');
      else
        names += ", ";
      if (style_.colour) names += layer_colour(marks_[i].layer);
      names += packet_.layers[marks_[i].layer].name;
      if (style_.colour) names += no_colour;
    }
    text_ += names;
  }

  std::span<const std::byte> bytes_;
  const std::vector<Mark>& marks_;
  const codec::Packet& packet_;
  const LayersStyle& style_;
  std::size_t start_ = 0, end_ = 0;
  std::string text_;
};

}  // namespace

std::string_view layer_colour(std::size_t index) noexcept {
  static constexpr std::array<std::string_view, 6> colours = {"\x1b[36m", "\x1b[32m", "\x1b[33m",
                                                              "\x1b[35m", "\x1b[34m", "\x1b[31m"};
  return colours[index % colours.size()];
}

std::string hex_dump(std::span<const std::byte> bytes, const codec::Packet& packet, const LayersStyle& style) {
  const std::vector<Mark> marks = marks_of(bytes.size(), packet, style);
  HexLine line(bytes, marks, packet, style);
  std::string out;
  for (std::size_t start = 0; start < bytes.size(); start += 16) (out += line.at(start)) += '\n';
  return out;
}

}  // namespace loquat::wire
