#include "wire/text/json_writer.h"

#include "codec/text/utf8.h"

namespace loquat::wire {
namespace {

constexpr char digits[] = "0123456789abcdef";

bool is_plain(char c) noexcept { return c >= 32 && c < 127 && c != '"' && c != '\\'; }

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      if (c >= 32 && c < 127) {
        out += c;
      } else {
        const auto byte = static_cast<unsigned char>(c);
        ((out += "\\u00") += digits[byte >> 4]) += digits[byte & 15];
      }
  }
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const codec::Utf8Char c = codec::decode_utf8(text);
    if (c.ok && c.value < 128)
      append_ascii(out, text[0]);
    else
      codec::append_utf8(out, c.value);
    text.remove_prefix(c.length);
  }
  out += '"';
}

}  // namespace loquat::wire
