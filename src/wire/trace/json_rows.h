// json_rows.h - a trace as JSON, one row a line, and back: what programs read, and what a recording is.
//
// The format "loquat.wire/1" is docs/wire-json.md, member by member.
//
// True of every call in this file:
//   Bytes     A frame is told by its bytes. What stands beside them (flags, seq, options, a summary) is for readers
//             without a decoder; read_row() does not believe it, it looks into the bytes again.
//   Text      Is written as UTF-8; what is none becomes U+FFFD.
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
class JsonWriter {
 public:
  // One object without a line end.
  std::string line(const Row& row);

 private:
  Numbering numbering_;
  Source states_ = Source::kernel, frames_ = Source::captured;  // as the last Begin said
};

// A longer line is no row.
inline constexpr std::size_t kMaxRow = 8 * 1024 * 1024;

// What is no row of ours: "line 3: 'bytes' is not hexadecimal".
struct TraceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// True if a file that begins with `bytes` may be a recording: it begins with a brace.
bool begins_as_recording(std::string_view bytes) noexcept;

// The row that a line tells; nothing for an object of a type that no row has. A member that is missing has the value
// that it has in a row without it; one of another type than documented is refused.
//
// Throws TraceError for what is no JSON object, for numbers out of range, for more than 8 MiB a line, and for objects
// within objects deeper than eight. It is made for lines of unknown origin.
std::optional<Row> read_row(std::string_view line);

// All rows of a recording. Throws TraceError with the number of the line; also if it has no "begin" of this format.
Trace read_trace(std::string_view text);

}  // namespace loquat::wire
