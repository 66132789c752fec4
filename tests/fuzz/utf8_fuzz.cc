// UTF-8: validator and decoder agree, cuts are at characters, and sanitized text is safe.
#include <string>

#include "codec/text/utf8.h"
#include "tests/fuzz/fuzz.h"

using namespace loquat::codec;
using fuzz::check;
using std::string;
using std::string_view;

namespace {

void check_validator(string_view bytes) {
  bool decoded = true;
  string copy;
  for (string_view rest = bytes; !rest.empty();) {
    const Utf8Char c = decode_utf8(rest);
    check(c.length >= 1 && c.length <= rest.size(), "decoding goes on");
    if (c.ok) append_utf8(copy, c.value);
    decoded = decoded && c.ok;
    rest.remove_prefix(c.length);
  }
  check(is_utf8(bytes) == decoded, "validator and decoder agree");
  if (decoded) check(copy == bytes, "decoding and encoding give the text again");
  Utf8Validator pieces, whole;
  fuzz::in_pieces(bytes, [&](string_view piece) { pieces.feed(piece); });
  whole.feed(bytes);
  check(pieces.ok() == whole.ok() && pieces.complete() == whole.complete(), "pieces change nothing");
  if (whole.ok()) {
    const std::size_t open = utf8_unfinished(bytes);
    check((open == 0) == whole.complete(), "an unfinished end is known");
    check(is_utf8(bytes.substr(0, bytes.size() - open)), "all before it is valid");
  }
}

void check_cuts(string_view bytes) {
  const bool valid = is_utf8(bytes);
  for (std::size_t most : {4, 5, 17, 100}) {
    const std::size_t cut = utf8_cut(bytes, most);
    check(cut <= most && cut <= bytes.size() && (cut > 0 || bytes.empty()), "a cut is within its bound and gets on");
    if (valid) check(is_utf8(bytes.substr(0, cut)), "a cut splits no character");
    std::size_t total = 0, pieces = 0;
    for (string_view piece : split_text(bytes, most)) {
      check(!piece.empty() && piece.size() <= most && (!valid || is_utf8(piece)), "a piece is whole and fits");
      total += piece.size();
      ++pieces;
    }
    check(total <= bytes.size() && total + pieces >= bytes.size(), "nothing but spaces is lost");
  }
}

// What must never pass, written a second time: a hole in is_unsafe() must not hide behind itself.
bool forbidden(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x61C || c == 0x200B || c == 0x200E || c == 0x200F ||
         c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF ||
         c == 0xFFFE || c == 0xFFFF || (c >= 0xE0000 && c <= 0xE0FFF);
}

void check_sanitized(string_view bytes) {
  const string safe = sanitize_line(bytes);
  check(is_utf8(safe), "sanitized text is UTF-8");
  for (string_view rest = safe; !rest.empty();) {
    const Utf8Char c = decode_utf8(rest);
    check(!is_unsafe(c.value) && !forbidden(c.value), "nothing unsafe is left");
    rest.remove_prefix(c.length);
  }
  check(sanitize_line(safe) == safe, "sanitizing twice changes nothing");
  check(strip_irc_formatting(bytes).find_first_of("\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f") == string::npos,
        "no format code is left");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const string_view bytes = fuzz::text(data, size);
  check_validator(bytes);
  check_cuts(bytes);
  check_sanitized(bytes);
  return 0;
}
