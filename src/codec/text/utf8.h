// utf8.h - UTF-8 that arrives in pieces, is cut to size, and is made safe to show.
//
// True of every call in this file:
//   Units     Sizes and positions are bytes, never characters, unless a name says otherwise.
//   UTF-8     As RFC 3629 has it: no surrogates, nothing above U+10FFFF, no overlong form.
//   Lifetime  A string_view argument is read during the call only. Returned views point into the argument.
//   Threads   Free functions: any. Objects: one caller at a time.
//
// Layer: codec (docs/layers.txt).  Source: RFC 3629, Unicode 15 s.3.9 and s.23.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loquat::codec {

// Checks a stream of UTF-8 piece by piece. It fails at the first byte that no continuation could make valid.
class Utf8Validator {
 public:
  // Takes the next piece. Returns false from the first impossible byte on, and for every later piece.
  bool feed(std::string_view piece) noexcept;

  // True if no byte was impossible.
  bool ok() const noexcept { return state_ != bad; }
  // True if the stream so far is valid and ends at a character's end.
  bool complete() const noexcept { return state_ == start; }

  void reset() noexcept { state_ = start; }

 private:
  static constexpr std::uint8_t start = 0;
  static constexpr std::uint8_t bad = 1;
  std::uint8_t state_ = start;
};

// True if `text` is whole, valid UTF-8. Empty text is.
bool is_utf8(std::string_view text) noexcept;

// One decoded character. `length` is 0 at the end of the text; `ok` is false for a byte that starts no valid sequence
// (then `value` is U+FFFD and `length` covers the longest part of a sequence that was valid, at least 1).
struct Utf8Char {
  char32_t value = 0;
  std::uint8_t length = 0;
  bool ok = true;
};

// Decodes the first character of `text`.  Source: Unicode 15 s.3.9, "maximal subparts".
Utf8Char decode_utf8(std::string_view text) noexcept;

// Appends `c` to `out`. A value that is no Unicode scalar is appended as U+FFFD.
void append_utf8(std::string& out, char32_t c);

// The length of the unfinished sequence at the end of `text`: 0 if it ends at a character's end (or in a byte that can
// never become valid), else 1 to 3 bytes that wait for more.
std::size_t utf8_unfinished(std::string_view text) noexcept;

// The greatest n <= `max_size` at which `text` may be cut without splitting a character. It may be 0 if `max_size` is
// below 4. It also steps back over combining marks, joiners and variation selectors that belong to the character
// before, unless nothing would be left.
std::size_t utf8_cut(std::string_view text, std::size_t max_size) noexcept;

// Splits `text` into views of at most `max_size` bytes, at characters, and at a space where one lies in the last third
// of a piece (that space is dropped). No view is empty; empty text gives none.
//
// Throws std::invalid_argument if `max_size` is below 4.
std::vector<std::string_view> split_text(std::string_view text, std::size_t max_size);

// `text` as one line that is safe to show in a terminal, a room or a log: the result is valid UTF-8 that contains no
// character of is_unsafe().
//
// Tab, CR, LF, U+2028 and U+2029 become a space. Invalid bytes and noncharacters become U+FFFD. IRC's colour and format
// codes are dropped with their numbers. All other characters of is_unsafe() are dropped. Zero width joiner and
// non-joiner stay between two characters that are not ASCII, where emoji and several scripts need them.
std::string sanitize_line(std::string_view text);

// True for what never passes: C0, DEL, C1, bidi controls (U+061C, U+200E/F, U+202A-202E, U+2066-2069), line and
// paragraph separators, U+00AD, U+180E, U+200B, U+2060-2065, U+206A-206F, U+FEFF, U+FFF9-FFFB, tags and supplementary
// variation selectors (U+E0000-E0FFF), musical format controls (U+1D173-1D17A), noncharacters.
bool is_unsafe(char32_t c) noexcept;

// `text` without IRC's format codes: ^B ^C[N[N][,N[N]]] ^D[HHHHHH[,HHHHHH]] ^O ^Q ^V ^] ^^ ^_ .
// Source: modern.ircdocs.horse/formatting.
std::string strip_irc_formatting(std::string_view text);

}  // namespace loquat::codec
