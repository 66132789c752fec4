// json_text.h - JSON written piece by piece, where building a document first would cost more than the rest.
//
// Layer: wire (docs/layers.txt).  Source: RFC 8259 s.7.
#pragma once

#include <string>
#include <string_view>

namespace loquat::wire {

// Appends `text` in quotes. Bytes that are no UTF-8 become U+FFFD.
void append_json(std::string& out, std::string_view text);

}  // namespace loquat::wire
