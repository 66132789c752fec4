#include "wire/columns.h"

#include <cstdio>

#include "codec/utf8.h"

namespace loquat::wire {
namespace {

bool is_wide(char32_t c) noexcept {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0x303E) || (c >= 0x3041 && c <= 0xA4CF) ||
         (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) ||
         (c >= 0xFF01 && c <= 0xFF60) || (c >= 0xFFE0 && c <= 0xFFE6) || (c >= 0x1F300 && c <= 0x1FAFF) ||
         (c >= 0x20000 && c <= 0x3FFFD);
}

void append_number(std::string& out, const char* format, unsigned number) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, format, number);
  out += buffer;
}

void append_visible(std::string& out, std::string_view character, const codec::Utf8Char& decoded) {
  if (!decoded.ok) {
    for (char byte : character) append_number(out, "\\x%02x", static_cast<unsigned char>(byte));
  } else if (decoded.value == '\r' || decoded.value == '\n' || decoded.value == '\t') {
    out += decoded.value == '\r' ? "\\r" : decoded.value == '\n' ? "\\n" : "\\t";
  } else if (decoded.value == '\\') {
    out += "\\\\";
  } else if (decoded.value < 0x80 && codec::is_unsafe(decoded.value)) {
    append_number(out, "\\x%02x", decoded.value);
  } else if (codec::is_unsafe(decoded.value)) {
    append_number(out, "\\u{%x}", decoded.value);
  } else {
    out += character;
  }
}

}  // namespace

std::size_t columns_of(std::string_view text) noexcept {
  std::size_t columns = 0;
  while (!text.empty()) {
    const codec::Utf8Char c = codec::decode_utf8(text);
    columns += is_wide(c.value) ? 2 : 1;
    text.remove_prefix(c.length);
  }
  return columns;
}

std::string padded(std::string_view text, std::size_t columns) {
  const std::size_t used = columns_of(text);
  return std::string(text) + std::string(used < columns ? columns - used : 0, ' ');
}

std::string visible(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const codec::Utf8Char c = codec::decode_utf8(text);
    append_visible(out, text.substr(0, c.length), c);
    text.remove_prefix(c.length);
  }
  return out;
}

}  // namespace loquat::wire
