// html.h - a trace as one self-contained HTML file: the picture of svg.h, the explanation and a table of the frames.
//
//   Safe      No script, and a content security policy that forbids any. Everything from the trace is escaped.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <string>
#include <string_view>

#include "wire/text/language.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

// `explanation`: paragraphs separated by empty lines; may be empty.
std::string html(const Trace& trace, Language language, std::string_view explanation = {});

}  // namespace loquat::wire
