// begin_text.h - where a trace was made and how, as its heading says it.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <string>

#include "wire/text/texts.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

TextPattern<0> text_of(Source source);
// "Linux 6.18 in two private namespaces, uid 1000" is what a trace keeps, in English: it is told in any language.
std::string system_text(const std::string& system, Language language);

}  // namespace loquat::wire
