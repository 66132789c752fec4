#include "codec/text/names.h"

#include <algorithm>
#include <array>

#include "codec/text/chars.h"
#include "codec/text/utf8.h"

namespace loquat::codec {
namespace {

enum Script : std::uint8_t {
  no_script = 0,
  latin = 1,
  cyrillic = 2,
  greek = 4,
  armenian = 8,
  hebrew = 16,
  arabic = 32,
  georgian = 64,
  cjk = 128,
};

struct Range {
  char32_t first;
  char32_t last;
  Script script;
};

// Letters that are whole by themselves and stay as they are under normal form C, sorted.
constexpr std::array letters = {
    Range{0xC0, 0xD6, latin},      Range{0xD8, 0xF6, latin},        Range{0xF8, 0x131, latin},
    Range{0x134, 0x137, latin},    Range{0x139, 0x13E, latin},      Range{0x141, 0x148, latin},
    Range{0x14A, 0x17E, latin},    Range{0x1A0, 0x1A1, latin},      Range{0x1AF, 0x1B0, latin},
    Range{0x1CD, 0x1DC, latin},    Range{0x218, 0x21B, latin},      Range{0x386, 0x386, greek},
    Range{0x388, 0x38A, greek},    Range{0x38C, 0x38C, greek},      Range{0x38E, 0x3A1, greek},
    Range{0x3A3, 0x3CE, greek},    Range{0x400, 0x45F, cyrillic},   Range{0x490, 0x4BF, cyrillic},
    Range{0x4D0, 0x4FF, cyrillic}, Range{0x531, 0x556, armenian},   Range{0x561, 0x586, armenian},
    Range{0x5D0, 0x5EA, hebrew},   Range{0x621, 0x63A, arabic},     Range{0x641, 0x64A, arabic},
    Range{0x679, 0x679, arabic},   Range{0x67E, 0x67E, arabic},     Range{0x686, 0x686, arabic},
    Range{0x688, 0x688, arabic},   Range{0x691, 0x691, arabic},     Range{0x698, 0x698, arabic},
    Range{0x6A9, 0x6A9, arabic},   Range{0x6AF, 0x6AF, arabic},     Range{0x6BA, 0x6BA, arabic},
    Range{0x6BE, 0x6BE, arabic},   Range{0x6C1, 0x6C1, arabic},     Range{0x6CC, 0x6CC, arabic},
    Range{0x6D2, 0x6D2, arabic},   Range{0x10D0, 0x10FA, georgian}, Range{0x1E80, 0x1E85, latin},
    Range{0x1E9E, 0x1E9E, latin},  Range{0x1EA0, 0x1EF9, latin},    Range{0x3005, 0x3005, cjk},
    Range{0x3007, 0x3007, cjk},    Range{0x3041, 0x3096, cjk},      Range{0x309D, 0x309E, cjk},
    Range{0x30A1, 0x30FA, cjk},    Range{0x30FC, 0x30FE, cjk},      Range{0x3105, 0x312F, cjk},
    Range{0x3400, 0x4DBF, cjk},    Range{0x4E00, 0x9FFF, cjk},      Range{0xAC00, 0xD7A3, cjk},
    Range{0x20000, 0x2A6DF, cjk},  Range{0x2A700, 0x2B739, cjk},    Range{0x2B740, 0x2B81D, cjk},
    Range{0x2B820, 0x2CEA1, cjk},  Range{0x2CEB0, 0x2EBE0, cjk},    Range{0x30000, 0x3134A, cjk},
};

constexpr std::string_view nick_punctuation = "[]\\`_^{|}-";
constexpr std::string_view room_punctuation = "_-.+#&~[]{}|^";

constexpr bool is_decimal(char32_t c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_ascii_letter(char32_t c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

Script script_of(char32_t c) noexcept {
  if (c < 0x80) return is_ascii_letter(c) ? latin : no_script;
  const auto above = std::upper_bound(letters.begin(), letters.end(), c,
                                      [](char32_t value, const Range& range) { return value < range.first; });
  if (above == letters.begin() || c > std::prev(above)->last) return no_script;
  return std::prev(above)->script;
}

bool one_script(unsigned scripts) noexcept {
  if ((scripts & cjk) != 0) scripts &= ~static_cast<unsigned>(latin);
  return (scripts & (scripts - 1)) == 0;
}

NameError check_characters(std::string_view text, std::string_view punctuation) noexcept {
  unsigned scripts = 0;
  while (!text.empty()) {
    const Utf8Char c = decode_utf8(text);
    if (!c.ok) return NameError::not_utf8;
    text.remove_prefix(c.length);
    const Script script = script_of(c.value);
    scripts |= script;
    const bool common = is_decimal(c.value) ||
                        (c.value < 0x80 && punctuation.find(static_cast<char>(c.value)) != std::string_view::npos);
    if (script == no_script && !common) return NameError::bad_character;
  }
  return one_script(scripts) ? NameError::none : NameError::mixed_script;
}

struct Twin {
  char32_t from;
  char32_t to;
};

// Characters and what they look like, sorted. Case is folded here where the capital has another twin than the small
// letter.
constexpr std::array twins = {
    Twin{'0', 'o'},       Twin{'1', 'l'},       Twin{'I', 'l'},       Twin{'O', 'o'},       Twin{'|', 'l'},
    Twin{0x130, 'i'},     Twin{0x131, 'i'},     Twin{0x391, 'a'},     Twin{0x392, 'b'},     Twin{0x395, 'e'},
    Twin{0x396, 'z'},     Twin{0x397, 'h'},     Twin{0x399, 'l'},     Twin{0x39A, 'k'},     Twin{0x39C, 'm'},
    Twin{0x39D, 'n'},     Twin{0x39F, 'o'},     Twin{0x3A1, 'p'},     Twin{0x3A4, 't'},     Twin{0x3A5, 'y'},
    Twin{0x3A7, 'x'},     Twin{0x3B1, 'a'},     Twin{0x3B3, 'y'},     Twin{0x3B5, 'e'},     Twin{0x3B7, 'n'},
    Twin{0x3B9, 'i'},     Twin{0x3BA, 'k'},     Twin{0x3BD, 'v'},     Twin{0x3BF, 'o'},     Twin{0x3C1, 'p'},
    Twin{0x3C4, 't'},     Twin{0x3C5, 'u'},     Twin{0x3C7, 'x'},     Twin{0x405, 's'},     Twin{0x406, 'l'},
    Twin{0x408, 'j'},     Twin{0x410, 'a'},     Twin{0x412, 'b'},     Twin{0x415, 'e'},     Twin{0x417, '3'},
    Twin{0x41A, 'k'},     Twin{0x41C, 'm'},     Twin{0x41D, 'h'},     Twin{0x41E, 'o'},     Twin{0x420, 'p'},
    Twin{0x421, 'c'},     Twin{0x422, 't'},     Twin{0x423, 'y'},     Twin{0x425, 'x'},     Twin{0x430, 'a'},
    Twin{0x432, 'b'},     Twin{0x435, 'e'},     Twin{0x437, '3'},     Twin{0x43A, 'k'},     Twin{0x43C, 'm'},
    Twin{0x43D, 'h'},     Twin{0x43E, 'o'},     Twin{0x440, 'p'},     Twin{0x441, 'c'},     Twin{0x442, 't'},
    Twin{0x443, 'y'},     Twin{0x445, 'x'},     Twin{0x451, 0xEB},    Twin{0x455, 's'},     Twin{0x456, 'i'},
    Twin{0x457, 0xEF},    Twin{0x458, 'j'},     Twin{0x4AE, 'y'},     Twin{0x4AF, 'y'},     Twin{0x4BB, 'h'},
    Twin{0x555, 'o'},     Twin{0x563, 'q'},     Twin{0x566, 'q'},     Twin{0x570, 'h'},     Twin{0x578, 'n'},
    Twin{0x57D, 'u'},     Twin{0x581, 'g'},     Twin{0x585, 'o'},     Twin{0x5E1, 'o'},     Twin{0x643, 0x6A9},
    Twin{0x647, 0x6C1},   Twin{0x649, 0x6CC},   Twin{0x64A, 0x6CC},   Twin{0x6BE, 0x6C1},   Twin{0x3007, 'o'},
    Twin{0x30A8, 0x5DE5}, Twin{0x30AA, 0x624D}, Twin{0x30AB, 0x529B}, Twin{0x30BF, 0x5915}, Twin{0x30C8, 0x535C},
    Twin{0x30CB, 0x4E8C}, Twin{0x30CF, 0x516B}, Twin{0x30D8, 0x3078}, Twin{0x30D9, 0x3079}, Twin{0x30DA, 0x307A},
    Twin{0x30EA, 0x308A}, Twin{0x30ED, 0x53E3}, Twin{0x30FC, 0x4E00}, Twin{0x3127, 0x4E28}, Twin{0x4E28, 'l'},
};

template <class Table>
constexpr bool is_sorted_table(const Table& table) {
  for (std::size_t i = 1; i < table.size(); ++i) {
    if constexpr (requires { table[i].from; }) {
      if (table[i - 1].from >= table[i].from) return false;
    } else if (table[i - 1].last >= table[i].first) {
      return false;
    }
  }
  return true;
}
static_assert(is_sorted_table(letters) && is_sorted_table(twins));

char32_t fold_case(char32_t c) noexcept {
  if (c >= 'A' && c <= 'Z') return c + 32;
  if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F)) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if (c >= 0x531 && c <= 0x556) return c + 48;
  const bool even_capital = (c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177) || (c >= 0x490 && c <= 0x4BF) ||
                            (c >= 0x4D0 && c <= 0x4FF) || (c >= 0x1A0 && c <= 0x1A1) || (c >= 0x218 && c <= 0x21B) ||
                            (c >= 0x1E80 && c <= 0x1E85) || (c >= 0x1EA0 && c <= 0x1EF9);
  const bool odd_capital = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E) || (c >= 0x1AF && c <= 0x1B0) ||
                           (c >= 0x1CD && c <= 0x1DC);
  if (even_capital) return c | 1;
  if (odd_capital) return c + (c & 1);
  if (c == 0x178) return 0xFF;
  return c == 0x1E9E ? 0xDF : c;
}

char32_t twin_of(char32_t c) noexcept {
  const auto at = std::lower_bound(twins.begin(), twins.end(), c,
                                   [](const Twin& twin, char32_t value) { return twin.from < value; });
  return at != twins.end() && at->from == c ? at->to : c;
}

}  // namespace

NameError check_nick(std::string_view nick) noexcept {
  if (nick.empty()) return NameError::empty;
  if (nick.size() > nick_length) return NameError::too_long;
  if (nick.front() == '-' || is_decimal(static_cast<unsigned char>(nick.front()))) return NameError::bad_start;
  return check_characters(nick, nick_punctuation);
}

NameError check_room(std::string_view name) noexcept {
  if (name.empty()) return NameError::empty;
  if (name.size() > room_length) return NameError::too_long;
  if (name.front() != '#' || name.size() == 1) return NameError::bad_start;
  return check_characters(name.substr(1), room_punctuation);
}

std::string_view describe(NameError error) noexcept {
  switch (error) {
    case NameError::none:
      return "is fine";
    case NameError::empty:
      return "is empty";
    case NameError::too_long:
      return "is too long";
    case NameError::bad_start:
      return "does not begin as it must";
    case NameError::bad_character:
      return "has a character that is not allowed";
    case NameError::mixed_script:
      return "mixes scripts whose letters look alike";
    case NameError::not_utf8:
      return "is not UTF-8";
  }
  return "is not allowed";
}

std::string room_name(std::string_view typed) { return (is_room(typed) ? "" : "#") + std::string(typed); }

std::string fold_name(std::string_view name) {
  std::string out(name);
  std::transform(out.begin(), out.end(), out.begin(), fold_ascii);
  return out;
}

bool same_name(std::string_view a, std::string_view b) noexcept { return equal_ignoring_case(a, b); }

std::string name_skeleton(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  while (!name.empty()) {
    const Utf8Char c = decode_utf8(name);
    name.remove_prefix(c.length);
    append_utf8(out, twin_of(fold_case(twin_of(c.value))));
  }
  return out;
}

}  // namespace loquat::codec
