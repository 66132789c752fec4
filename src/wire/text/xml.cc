#include "wire/text/xml.h"

#include "codec/text/utf8.h"

namespace loquat::wire {

std::string xml(std::string_view text) {
  std::string out;
  for (const char c : codec::sanitize_line(text)) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string xml_element(std::string_view name, std::string_view attributes) {
  std::string out = "<";
  out += name;
  if (!attributes.empty()) (out += ' ') += attributes;
  return out += "/>";
}

std::string xml_element(std::string_view name, std::string_view attributes, std::string_view content) {
  std::string out = xml_element(name, attributes);
  out.replace(out.size() - 2, 2, ">");
  out += xml(content);
  return ((out += "</") += name) += '>';
}

}  // namespace loquat::wire
