#include "codec/text/utf8.h"

#include <array>
#include <cstring>
#include <stdexcept>

namespace loquat::codec {
namespace {

// A sequence is a lead byte and continuation bytes 80..BF; after four lead bytes the first continuation is narrower.
// Table 3-7 of Unicode.
struct Lead {
  std::uint8_t length;  // 0: starts no sequence
  std::uint8_t low;     // the range of the second byte
  std::uint8_t high;
};

constexpr Lead lead_of(unsigned char c) {
  if (c < 0x80) return {1, 0, 0};
  if (c < 0xC2) return {0, 0, 0};
  if (c < 0xE0) return {2, 0x80, 0xBF};
  if (c == 0xE0) return {3, 0xA0, 0xBF};
  if (c == 0xED) return {3, 0x80, 0x9F};
  if (c < 0xF0) return {3, 0x80, 0xBF};
  if (c == 0xF0) return {4, 0x90, 0xBF};
  if (c < 0xF4) return {4, 0x80, 0xBF};
  if (c == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

// The validator's states after start and bad: how many continuation bytes must follow, and the next one's range.
struct Wait {
  std::uint8_t left;
  std::uint8_t low;
  std::uint8_t high;
};
constexpr std::array<Wait, 9> wait_table = {{{},
                                             {},
                                             {1, 0x80, 0xBF},
                                             {2, 0x80, 0xBF},
                                             {2, 0xA0, 0xBF},
                                             {2, 0x80, 0x9F},
                                             {3, 0x80, 0xBF},
                                             {3, 0x90, 0xBF},
                                             {3, 0x80, 0x8F}}};

constexpr std::uint8_t state_for(const Lead& lead) {
  for (std::uint8_t s = 2; s < wait_table.size(); ++s) {
    if (wait_table[s].left + 1 == lead.length && wait_table[s].low == lead.low && wait_table[s].high == lead.high)
      return s;
  }
  return lead.length == 1 ? 0 : 1;
}

constexpr std::array<std::uint8_t, 256> first_states = [] {
  std::array<std::uint8_t, 256> table{};
  for (int c = 0; c < 256; ++c) table[static_cast<std::size_t>(c)] = state_for(lead_of(static_cast<unsigned char>(c)));
  return table;
}();

// The bytes of `text` before the first one that is not ASCII.
std::size_t ascii_run(std::string_view text) noexcept {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
  return i;
}

bool is_continuation(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Characters that belong to the one before them.
bool extends(char32_t c) noexcept {
  return (c >= 0x300 && c <= 0x36F) || (c >= 0x483 && c <= 0x489) || (c >= 0x591 && c <= 0x5BD) ||
         (c >= 0x610 && c <= 0x61A) || (c >= 0x64B && c <= 0x65F) || (c >= 0x900 && c <= 0x903) ||
         (c >= 0x93A && c <= 0x94F && c != 0x93D) || c == 0xE31 || (c >= 0xE34 && c <= 0xE3A) ||
         (c >= 0xE47 && c <= 0xE4E) || c == 0x200C || c == 0x200D || (c >= 0x20D0 && c <= 0x20FF) || c == 0x3099 ||
         c == 0x309A || (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0x1F3FB && c <= 0x1F3FF);
}

std::size_t back_to_boundary(std::string_view text, std::size_t at) noexcept {
  for (std::size_t n = at; at - n < 4; --n) {
    if (n == 0 || !is_continuation(text[n])) return n;
  }
  return at;  // no sequence is that long: the bytes are invalid, and any cut is as good
}

bool joins(std::string_view text, std::size_t at) noexcept {
  if (extends(decode_utf8(text.substr(at)).value)) return true;
  return at >= 3 && text.substr(at - 3, 3) == "\xE2\x80\x8D";  // after a zero width joiner
}

}  // namespace

bool Utf8Validator::feed(std::string_view piece) noexcept {
  if (state_ == bad) return false;
  for (std::size_t i = 0; i < piece.size();) {
    if (state_ == start) {
      i += ascii_run(piece.substr(i));
      if (i == piece.size()) return true;
      state_ = first_states[static_cast<unsigned char>(piece[i++])];
    } else {
      const Wait& wait = wait_table[state_];
      const auto c = static_cast<unsigned char>(piece[i++]);
      if (c < wait.low || c > wait.high)
        state_ = bad;
      else
        state_ = wait.left == 1 ? start : (wait.left == 2 ? 2 : 3);
    }
    if (state_ == bad) return false;
  }
  return true;
}

bool is_utf8(std::string_view text) noexcept {
  Utf8Validator v;
  return v.feed(text) && v.complete();
}

Utf8Char decode_utf8(std::string_view text) noexcept {
  if (text.empty()) return {};
  const auto first = static_cast<unsigned char>(text[0]);
  const Lead lead = lead_of(first);
  if (lead.length == 1) return {first, 1, true};
  if (lead.length == 0) return {0xFFFD, 1, false};
  char32_t value = first & (0x7F >> lead.length);
  for (std::uint8_t i = 1; i < lead.length; ++i) {
    const unsigned char c = i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
    const unsigned char low = i == 1 ? lead.low : 0x80, high = i == 1 ? lead.high : 0xBF;
    if (c < low || c > high) return {0xFFFD, i, false};
    value = value << 6 | (c & 0x3F);
  }
  return {value, lead.length, true};
}

void append_utf8(std::string& out, char32_t c) {
  if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = 0xFFFD;
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  out += static_cast<char>((0xF0 << (3 - more) & 0xFF) | (c >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | (c >> (6 * i) & 0x3F));
}

std::size_t utf8_unfinished(std::string_view text) noexcept {
  for (std::size_t n = 1; n <= 3 && n <= text.size(); ++n) {
    if (is_continuation(text[text.size() - n])) continue;
    const Utf8Char c = decode_utf8(text.substr(text.size() - n));
    const bool waits = !c.ok && c.length == n && lead_of(static_cast<unsigned char>(text[text.size() - n])).length > n;
    return waits ? n : 0;
  }
  return 0;
}

std::size_t utf8_cut(std::string_view text, std::size_t max_size) noexcept {
  if (text.size() <= max_size) return text.size();
  const std::size_t hard = back_to_boundary(text, max_size);
  std::size_t soft = hard;
  while (soft > 0 && joins(text, soft)) soft = back_to_boundary(text, soft - 1);
  return soft > 0 ? soft : hard;
}

std::vector<std::string_view> split_text(std::string_view text, std::size_t max_size) {
  if (max_size < 4) throw std::invalid_argument("split_text: a piece must hold at least 4 bytes");
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    std::size_t cut = utf8_cut(text, max_size);
    std::size_t next = cut;
    if (cut < text.size()) {
      const std::size_t space = text.substr(0, cut + 1).rfind(' ');
      if (space != std::string_view::npos && space > cut - cut / 3) cut = space, next = space + 1;
    }
    pieces.push_back(text.substr(0, cut));
    text.remove_prefix(next);
  }
  return pieces;
}

}  // namespace loquat::codec
