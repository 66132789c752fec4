// history_failure.h - what a client is told when the history cannot be read.
//
// Layer: doors (docs/layers.txt).
#pragma once

#include <exception>
#include <string>

#include "doors/common/context.h"

namespace loquat::doors {

// Writes the whole of `error` to the log, and returns what is for everybody: the archive's sentences name files of this
// machine.
std::string history_failure(const Context& context, const std::exception& error);

}  // namespace loquat::doors
