// frame_text.h - frames in a few words.
//
//   Safe      The texts are one line of valid UTF-8 without control characters, whatever the bytes are.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <string>

#include "wire/trace.h"

namespace loquat::wire {

// What a frame without TCP is: "ARP who-has 10.0.0.2".
std::string frame_summary(const Frame& frame);

}  // namespace loquat::wire
