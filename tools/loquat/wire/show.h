// show.h - `loquat wire show`: a capture file, or a trace of ours, as a ladder.
#pragma once

#include <optional>
#include <string>

#include "output.h"

namespace loquat::tool {

struct WireShowOptions {
  std::string file;
  std::optional<std::size_t> stream;
  WireOutputOptions output;
  std::string expect;  // a file (wire/expect/script.h); empty: none
};

// Returns the exit status.
int run_wire_show(const WireShowOptions& options);

}  // namespace loquat::tool
