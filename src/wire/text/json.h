// json.h - the JSON library, for reading; json_writer.h writes. For .cc files only: it takes long to compile, and
// CMakeLists.txt has those that include it compiled together.
//
// Layer: wire (docs/layers.txt).  Source: RFC 8259.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace loquat::wire {

using Json = nlohmann::json;

// Without a line end. Bytes that are no UTF-8 become U+FFFD.
inline std::string one_line(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace loquat::wire
