// line_reader.h - lines out of pieces, in bounded memory.
//
// True of every call in this file:
//   Units     Sizes are bytes, without the line end.
//   Memory    At most `max_size` bytes are held between calls, and none while the stream stands at a line end.
//   Threads   One caller at a time.
//
// Layer: codec (docs/layers.txt).  Source: RFC 2812 s.2.3, modern.ircdocs.horse "Message Format".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace loquat::codec {

// Cuts a stream into lines that end in LF or CRLF.
class LineReader {
 public:
  enum class Kind : std::uint8_t {
    line,       // `text` is the line; it holds no CR, LF or NUL
    too_long,   // more than `max_size` bytes; reported once, when that is known; the rest up to the next LF is skipped
    forbidden,  // a CR or NUL stood inside the line; `text` is empty
  };
  struct Line {
    Kind kind = Kind::line;
    std::string_view text;
  };

  explicit LineReader(std::size_t max_size) : max_size_(max_size) {}

  // Takes the next line's bytes off the front of `bytes` and returns it, or takes all of `bytes` and returns nothing.
  // Call again until it returns nothing.
  //
  // `text` points into `bytes` or into the reader; it is valid until the next call, while the memory of `bytes` is.
  std::optional<Line> next(std::string_view& bytes);

  // The bytes of a line that has no end yet. Empty while an overlong line is being skipped.
  std::string_view pending() const noexcept { return taken_ ? std::string_view() : std::string_view(held_); }
  // Drops the pending bytes, which the caller has used.
  void clear() noexcept;

 private:
  Line finish(std::string_view whole) noexcept;
  void release_taken();

  std::size_t max_size_;
  std::string held_;
  bool skipping_ = false;
  bool taken_ = false;  // held_ was handed out by the last call
};

}  // namespace loquat::codec
