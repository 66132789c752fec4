#include "capture_file.h"

#include "codec/text/utf8.h"
#include "wire/capture/recording.h"
#include "wire/text/texts.h"
#include "wire/trace/json_rows.h"

namespace loquat::tool {
namespace {

wire::Trace read_recording(const WireInput& input, std::string_view text) {
  try {
    return wire::read_trace(text);
  } catch (const wire::TraceError& e) {
    throw std::runtime_error(input.name() + ": " + codec::sanitize_line(e.what()));
  }
}

}  // namespace

CaptureFile::CaptureFile(const std::string& path) : input(path) {
  for (auto next = input.read(); !next.empty(); next = input.read())
    bytes.insert(bytes.end(), next.begin(), next.end());
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (wire::begins_as_recording(text)) {
    recording = read_recording(input, text);
    contents = wire::recording_contents(recording);
    return;
  }
  contents = wire::capture_contents(bytes);
  if (!contents.problem.empty()) complain(input.name() + ": " + contents.problem);
}

wire::Trace CaptureFile::trace(std::size_t stream, wire::Side end) const {
  if (!recording.empty()) return wire::recording_trace(recording, end, stream);
  return wire::capture_trace(bytes, input.base_name(), stream);
}

TranslatedError failure(wire::Language language, const wire::Text& text) {
  return TranslatedError(std::string(in(language, text)));
}

std::size_t chosen_stream(const CaptureFile& file, std::optional<std::size_t> asked, wire::Language language) {
  const std::size_t count = file.contents.connections.size();
  if (count == 0) throw failure(language, wire::texts::no_tcp(file.input.name()));
  if (asked && *asked >= count) throw failure(language, wire::texts::no_such_stream(file.input.name(), count, *asked));
  if (!asked && count > 1) throw failure(language, wire::texts::choose_stream(file.input.name(), count));
  return asked.value_or(0);
}

}  // namespace loquat::tool
