#include "wire/text/cells.h"

#include <algorithm>
#include <array>

#include "codec/text/utf8.h"

namespace loquat::wire {
namespace {

struct Span {
  char32_t first, last;
};

constexpr std::array<Span, 16> wide_spans = {{{0x1100, 0x115F},
                                              {0x231A, 0x231B},
                                              {0x23E9, 0x23EC},
                                              {0x2614, 0x2615},
                                              {0x2E80, 0x303E},
                                              {0x3041, 0x33FF},
                                              {0x3400, 0x4DBF},
                                              {0x4E00, 0x9FFF},
                                              {0xA000, 0xA4CF},
                                              {0xA960, 0xA97C},
                                              {0xAC00, 0xD7A3},
                                              {0xF900, 0xFAFF},
                                              {0xFE30, 0xFE6F},
                                              {0xFF00, 0xFF60},
                                              {0xFFE0, 0xFFE6},
                                              {0x16FE0, 0x18CFF}}};
constexpr std::array<Span, 5> wide_spans_above = {
    {{0x1B000, 0x1B2FF}, {0x1F004, 0x1F004}, {0x1F18E, 0x1F19A}, {0x1F200, 0x1F64F}, {0x1F680, 0x1F6FF}}};
constexpr std::array<Span, 14> none = {{{0x300, 0x36F},
                                        {0x483, 0x489},
                                        {0x591, 0x5BD},
                                        {0x610, 0x61A},
                                        {0x64B, 0x65F},
                                        {0x93A, 0x93A},
                                        {0x941, 0x948},
                                        {0xE31, 0xE31},
                                        {0xE34, 0xE3A},
                                        {0x200B, 0x200F},
                                        {0x20D0, 0x20FF},
                                        {0x302A, 0x302D},
                                        {0x3099, 0x309A},
                                        {0xFE00, 0xFE0F}}};

template <std::size_t N>
bool within(char32_t c, const std::array<Span, N>& spans) noexcept {
  return std::any_of(spans.begin(), spans.end(), [c](const Span& s) { return c >= s.first && c <= s.last; });
}

// A line may be broken before and after it.
bool breaks_around(char32_t c) noexcept { return cells_of(c) == 2; }

// Closing punctuation of Chinese, which may not begin a line.
bool stays_with_previous(char32_t c) noexcept {
  return (c >= 0x3001 && c <= 0x3002) || c == 0xFF0C || c == 0xFF1A || c == 0xFF1B || c == 0xFF01 || c == 0xFF1F ||
         c == 0xFF09 || c == 0x300B || c == 0x300D || c == 0x201D;
}

// The next piece of `text` that stays in one line: a word, or a wide character with the punctuation behind it.
std::string_view next_piece(std::string_view text) noexcept {
  std::size_t n = 0;
  while (n < text.size()) {
    const auto c = codec::decode_utf8(text.substr(n));
    if (c.value == ' ' || c.value == '\n') break;
    if (n > 0 && breaks_around(c.value) && !stays_with_previous(c.value)) break;
    n += c.length;
    const auto next = codec::decode_utf8(text.substr(n));
    if (breaks_around(c.value) && !stays_with_previous(next.value)) break;
  }
  return text.substr(0, n);
}

void append_escaped(std::string& out, std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  for (const char b : bytes) {
    const auto value = static_cast<unsigned char>(b);
    out += "\\x";
    out += digits[value >> 4];
    out += digits[value & 15];
  }
}

}  // namespace

int cells_of(char32_t c) noexcept {
  if (c < 0x300) return 1;
  if (within(c, none) || (c >= 0xE0100 && c <= 0xE01EF)) return 0;
  const bool wide = within(c, wide_spans) || within(c, wide_spans_above) || (c >= 0x1F900 && c <= 0x1FAFF) ||
                    (c >= 0x20000 && c <= 0x3FFFD);
  return wide ? 2 : 1;
}

int cells(std::string_view text) noexcept {
  int sum = 0;
  while (!text.empty()) {
    const auto c = codec::decode_utf8(text);
    sum += cells_of(c.value);
    text.remove_prefix(c.length);
  }
  return sum;
}

std::string_view cut_to_cells(std::string_view text, int max_cells) noexcept {
  std::size_t n = 0;
  for (int left = max_cells; n < text.size();) {
    const auto c = codec::decode_utf8(text.substr(n));
    left -= cells_of(c.value);
    if (left < 0) break;
    n += c.length;
  }
  return text.substr(0, n);
}

std::vector<std::string> wrap_cells(std::string_view text, int width) {
  width = std::max(width, 2);
  std::vector<std::string> lines(1);
  bool space = false;  // stood before the piece
  while (!text.empty()) {
    if (text.front() == ' ' || text.front() == '\n') {
      if (text.front() == '\n') lines.emplace_back();
      space = text.front() == ' ';
      text.remove_prefix(1);
      continue;
    }
    std::string_view piece = next_piece(text);
    const int used = cells(lines.back());
    const bool joined = space && used > 0;
    if (used > 0 && used + joined + cells(piece) > width) {
      lines.emplace_back();
    } else if (joined) {
      lines.back() += ' ';
    }
    piece = cut_to_cells(piece, width);
    lines.back() += piece;
    text.remove_prefix(piece.size());
    space = false;
  }
  return lines;
}

std::string padded(std::string_view text, int width) {
  return std::string(text) + std::string(static_cast<std::size_t>(std::max(0, width - cells(text))), ' ');
}

std::string escape(std::string_view bytes, bool ascii) {
  std::string out;
  while (!bytes.empty()) {
    const auto c = codec::decode_utf8(bytes);
    const std::string_view raw = bytes.substr(0, c.length);
    bytes.remove_prefix(c.length);
    if (c.value == '\r')
      out += "\\r";
    else if (c.value == '\n')
      out += "\\n";
    else if (c.value == '\t')
      out += "\\t";
    else if (c.value == '\\')
      out += "\\\\";
    else if (!c.ok || codec::is_unsafe(c.value) || cells_of(c.value) == 0 || (ascii && c.value > 126))
      append_escaped(out, raw);
    else
      out += raw;
  }
  return out;
}

std::string quoted(std::string_view bytes, bool ascii) {
  std::string out = "\"";
  for (const char c : escape(bytes, ascii)) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out += '"';
}

}  // namespace loquat::wire
