// xml.h - text of any origin in XML and HTML.
//
//   Safe      The result is one line of valid UTF-8 with only the characters that XML 1.0 allows, and < > & " ' are
//             escaped. It stays text in an element and in a quoted attribute.
//
// Layer: wire (docs/layers.txt).  Source: XML 1.0 s.2.2, s.2.4.
#pragma once

#include <string>
#include <string_view>

namespace loquat::wire {

std::string xml(std::string_view text);

// "<rect x="1"/>": an element without content. `attributes` are not escaped.
std::string xml_element(std::string_view name, std::string_view attributes);
// "<text x="1">content</text>"; `content` is escaped, `attributes` are not.
std::string xml_element(std::string_view name, std::string_view attributes, std::string_view content);

}  // namespace loquat::wire
