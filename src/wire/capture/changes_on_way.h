// changes_on_way.h - what a middlebox has changed in a segment. Internal to two_captures.h.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include "wire/capture/pairing.h"
#include "wire/text/text.h"

namespace loquat::wire {

// "MSS 1460 -> 1360, source 10.0.0.1:40000 -> 192.0.2.1:1024"; empty if nothing was.
Text changes_on_way(const Sighting& sent, const Sighting& received);

}  // namespace loquat::wire
