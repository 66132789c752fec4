// What may be shown to people: see utf8.h.
#include <algorithm>
#include <array>

#include "codec/text/chars.h"
#include "codec/text/utf8.h"

namespace loquat::codec {
namespace {

struct UnsafeRange {
  char32_t first;
  char32_t last;
};

// Sorted.
constexpr std::array<UnsafeRange, 13> unsafe = {{{0x0, 0x1F},
                                                 {0x7F, 0x9F},
                                                 {0xAD, 0xAD},
                                                 {0x61C, 0x61C},
                                                 {0x180E, 0x180E},
                                                 {0x200B, 0x200B},
                                                 {0x200E, 0x200F},
                                                 {0x2028, 0x202E},
                                                 {0x2060, 0x206F},
                                                 {0xFEFF, 0xFEFF},
                                                 {0xFFF9, 0xFFFB},
                                                 {0x1D173, 0x1D17A},
                                                 {0xE0000, 0xE0FFF}}};
static_assert(std::is_sorted(unsafe.begin(), unsafe.end(),
                             [](const UnsafeRange& a, const UnsafeRange& b) { return a.last < b.first; }));

bool is_noncharacter(char32_t c) noexcept { return (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF); }

bool is_space_like(char32_t c) noexcept { return c == '\t' || c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029; }

bool is_hex(char c) noexcept { return hex_value(c) >= 0; }

// The length of a colour that may follow a colour code: one to `most` digits (exactly `most` if `all`).
template <class Digit>
std::size_t colour(std::string_view text, std::size_t most, bool all, Digit digit) noexcept {
  std::size_t n = 0;
  while (n < most && n < text.size() && digit(text[n])) ++n;
  return all && n < most ? 0 : n;
}

// The length of the format code at the front of `text`, 0 if there is none.
std::size_t format_code(std::string_view text) noexcept {
  const char c = text.front();
  if (c == '\x02' || c == '\x0F' || c == '\x11' || c == '\x16' || (c >= '\x1D' && c <= '\x1F')) return 1;
  if (c != '\x03' && c != '\x04') return 0;
  const auto one = [c](std::string_view rest) {
    return c == '\x03' ? colour(rest, 2, false, is_digit) : colour(rest, 6, true, is_hex);
  };
  std::size_t n = 1 + one(text.substr(1));
  if (n > 1 && n < text.size() && text[n] == ',') {
    const std::size_t background = one(text.substr(n + 1));
    if (background > 0) n += 1 + background;
  }
  return n;
}

bool is_joiner(char32_t c) noexcept { return c == 0x200C || c == 0x200D; }

// The length of the printable ASCII at the front of `text`: most of what people write, and always kept.
std::size_t plain_run(std::string_view text) noexcept {
  const auto special = [](char c) { return c < 32 || c == 127; };  // a byte above 127 is below 0
  return static_cast<std::size_t>(std::find_if(text.begin(), text.end(), special) - text.begin());
}

// The first character of `text` that is kept, to know what a joiner would join.
bool joinable_follows(std::string_view text) noexcept {
  const Utf8Char next = decode_utf8(text);
  return next.ok && next.value > 0x7F && !is_unsafe(next.value) && !is_joiner(next.value);
}

}  // namespace

bool is_unsafe(char32_t c) noexcept {
  const auto above = std::upper_bound(unsafe.begin(), unsafe.end(), c,
                                      [](char32_t value, const UnsafeRange& r) { return value < r.first; });
  return (above != unsafe.begin() && c <= std::prev(above)->last) || is_noncharacter(c);
}

std::string sanitize_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  char32_t before = 0;  // the last character that was kept
  while (!text.empty()) {
    if (const std::size_t run = plain_run(text)) {
      out.append(text.substr(0, run));
      before = ' ';
      text.remove_prefix(run);
      continue;
    }
    if (const std::size_t code = format_code(text)) {
      text.remove_prefix(code);
      continue;
    }
    Utf8Char c = decode_utf8(text);
    text.remove_prefix(c.length);
    if (is_space_like(c.value))
      c.value = ' ';
    else if (is_noncharacter(c.value))
      c.value = 0xFFFD;
    else if (is_unsafe(c.value))
      continue;
    else if (is_joiner(c.value) && (before <= 0x7F || is_joiner(before) || !joinable_follows(text)))
      continue;
    append_utf8(out, c.value);
    before = c.value;
  }
  return out;
}

std::string strip_irc_formatting(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t code = format_code(text);
    if (code == 0) out += text.front();
    text.remove_prefix(code == 0 ? 1 : code);
  }
  return out;
}

}  // namespace loquat::codec
