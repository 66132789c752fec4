// xml.h - text of any origin in XML and HTML.
//
//   Safe      The result is one line of valid UTF-8 that holds only characters XML 1.0 allows, with < > & " ' escaped:
//             it is text, wherever in an element or a quoted attribute it stands.
//
// Layer: wire (docs/layers.txt).  Source: XML 1.0 s.2.2, s.2.4.
#pragma once

#include <string>
#include <string_view>

namespace loquat::wire {

std::string xml(std::string_view text);

// "<rect x="1"/>": an element without content; attributes as they are.
std::string xml_element(std::string_view name, std::string_view attributes);
// "<text x="1">content</text>"; the content is escaped, the attributes as they are.
std::string xml_element(std::string_view name, std::string_view attributes, std::string_view content);

}  // namespace loquat::wire
