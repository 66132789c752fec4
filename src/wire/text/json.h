// json.h - the JSON library, for reading; json_writer.h writes. For .cc files only: it takes long to compile, and
// CMakeLists.txt has those that include it compiled together.
//
// Layer: wire (docs/layers.txt).  Source: RFC 8259.
#pragma once

#include <nlohmann/json.hpp>

namespace loquat::wire {

using Json = nlohmann::json;

}  // namespace loquat::wire
