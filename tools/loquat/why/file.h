// file.h - `loquat wire why FILE`: verdicts from a capture (pcap, pcapng) or from a recording of ours.
#pragma once

#include "run.h"

namespace loquat::tool {

// 0: done; 1: no capture, or no TCP in it. Throws std::runtime_error for what cannot be read.
int run_why_file(const WhyOptions& options);

}  // namespace loquat::tool
