// capture_file.h - a whole capture file, or a recording of the lab, and one of its connections.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "../help/message_text.h"
#include "../wire/input.h"
#include "wire/capture/capture_trace.h"
#include "wire/text/language.h"

namespace loquat::tool {

struct CaptureFile {
  // Says on standard error what is wrong with the file. Throws as WireInput.
  explicit CaptureFile(const std::string& path);
  // `end`: which end's view, if it is a recording.
  wire::Trace trace(std::size_t stream, wire::Side end = wire::Side::client) const;

  WireInput input;
  std::vector<std::byte> bytes;
  wire::CaptureContents contents;
  wire::Trace recording;  // empty if it is a capture
};

// A failure, in the language that is asked for.
TranslatedError failure(wire::Language language, const wire::Text& text);
// `asked`, or the only connection of the file. Throws failure() if there is none or several.
std::size_t chosen_stream(const CaptureFile& file, std::optional<std::size_t> asked, wire::Language language);

}  // namespace loquat::tool
