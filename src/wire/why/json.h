// json.h - a socket and its verdict as one JSON object, for `loquat wire why --json`. Format: docs/why.md.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <string>

#include "wire/why/why.h"

namespace loquat::wire {

// Without a line end.
std::string json_line(const Observation& seen, const Verdict& verdict);
std::string json_line(const Death& death, const Verdict& verdict);
// For what is not a socket: a port that no program listens on, a connection in a capture file.
std::string json_line(const std::string& what, const Verdict& verdict);

}  // namespace loquat::wire
