// layers.h - `loquat wire layers`: frames of a file, one line each, or one of them layer by layer.
#pragma once

#include <string>

namespace loquat::tool {

struct WireLayersOptions {
  std::string file;   // "-" is standard input
  int frame = 0;      // 0: all
  std::string field;  // to be marked
  std::string format = "text";
  std::string language;  // empty: as the environment says
  bool ascii = false;
};

// Returns the exit status. Throws OSError if the file cannot be read.
int run_wire_layers(const WireLayersOptions& options);

}  // namespace loquat::tool
