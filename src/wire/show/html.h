// html.h - a trace as one HTML file that needs nothing else: the picture of svg.h, a table of the frames, the
// explanation.
//
//   Safe      No script, and a content security policy that allows none; everything from the trace is text.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <string>
#include <string_view>

#include "wire/text/language.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

// `explanation`: paragraphs, with an empty line between them; may be empty.
std::string html(const Trace& trace, Language language, std::string_view explanation = {});

}  // namespace loquat::wire
