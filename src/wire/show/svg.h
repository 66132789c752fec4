// svg.h - a trace as an SVG picture: a ladder with sloping arrows.
//
//   Shape     One <path class="seg" data-n="4" data-flags="FIN,ACK" data-fate="delivered"> for each TCP segment, from
//             where it left down to where it arrived or was lost; class="frame" for other frames. Time runs down; long
//             waits are shortened, so that the rows stay readable.
//   Alone     No script and no outside reference. Colours follow prefers-color-scheme; the contrast of text is at least
//             4.5:1.
//   Safe      Well-formed XML in which everything from the trace is text.
//
// Layer: wire (docs/layers.txt).  Source: SVG 1.1; WCAG 2.1 s.1.4.3 (contrast).
#pragma once

#include <string>

#include "wire/text/language.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

// A document if `standing`, else an <svg> element for an HTML page.
std::string svg(const Trace& trace, Language language, bool standing = true);

}  // namespace loquat::wire
