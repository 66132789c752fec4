// file.h - `loquat wire why FILE`: verdicts from a capture (pcap, pcapng) or a recording of `loquat wire play`.
#pragma once

#include "run.h"

namespace loquat::tool {

// Returns 0, or 1 if the file holds no TCP. Throws std::runtime_error if it cannot be read or is no capture.
int run_why_file(const WhyOptions& options);

}  // namespace loquat::tool
