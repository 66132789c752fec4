// json.h - the JSON library under this layer's own names. For .cc files only: it takes long to compile, and
// CMakeLists.txt has those that include it compiled together.
//
// Layer: wire (docs/layers.txt).  Source: RFC 8259.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace loquat::wire {

using Json = nlohmann::json;                 // members sorted by name
using OrderedJson = nlohmann::ordered_json;  // members in the order in which they were added

// Without a line end. Bytes that are no UTF-8 become U+FFFD.
std::string one_line(const Json& value);
std::string one_line(const OrderedJson& value);

}  // namespace loquat::wire
