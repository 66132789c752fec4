// json_rows.h - a trace as JSON, one row a line, and back: what programs read, and what a recording is.
//
// The format "loquat.wire/1" is docs/wire-json.md, member by member.
//
// True of every call in this file:
//   Bytes     A frame is its bytes. The members beside them (flags, seq, options, a summary) are for readers without a
//             decoder; read_row() ignores them and decodes the bytes.
//   Text      Is written as UTF-8; invalid bytes become U+FFFD.
//   Threads   One caller at a time.
//
// Layer: wire (docs/layers.txt).  Source: RFC 8259.
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "wire/trace/numbering.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

// Writes the rows of one trace, from its beginning on: relative numbers count from the first segments.
class TraceWriter {
 public:
  // One object without a line end.
  std::string line(const Row& row);

 private:
  Numbering numbering_;
  Source states_ = Source::kernel, frames_ = Source::captured;  // as the last Begin said
};

// In bytes; a longer line is refused.
inline constexpr std::size_t max_row = 8 * 1024 * 1024;

// The text is not a valid row: "line 3: 'bytes' is not hexadecimal".
struct TraceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// True if a file that begins with `bytes` may be a recording: it begins with a brace.
bool begins_as_recording(std::string_view bytes) noexcept;

// Reads one line; returns nothing if the object's type is unknown. Missing members have their defaults.
//
// Throws TraceError if the line is not a JSON object, is longer than max_row or nested deeper than eight, and if a
// member has the wrong type or a number is out of range. Lines may be of unknown origin.
std::optional<Row> read_row(std::string_view line);

// All rows of a recording. Throws TraceError with the number of the line; also if it has no "begin" of this format.
Trace read_trace(std::string_view text);

}  // namespace loquat::wire
