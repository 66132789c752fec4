// svg.h - a trace as a picture: the ladder with sloping arrows, a standing SVG.
//
//   Shape     One <path class="seg" data-n="4" data-flags="FIN,ACK" data-fate="delivered"> for each TCP segment, from
//             where it left down to where it arrived or was lost; class="frame" for other frames. Down is later; rows
//             keep a distance that can be read, long waits are shortened.
//   Alone     No script, no reference to anything outside; colours follow prefers-color-scheme; text has a contrast of
//             4.5:1 at least.
//   Safe      Well-formed XML in which everything from the trace is text.
//
// Layer: wire (docs/layers.txt).  Source: SVG 1.1; WCAG 2.1 s.1.4.3 (contrast).
#pragma once

#include <string>

#include "wire/text/language.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

// A whole document, if `standing`; else an <svg> to be put into an HTML page.
std::string svg(const Trace& trace, Language language, bool standing = true);

}  // namespace loquat::wire
