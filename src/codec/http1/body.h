// body.h - reads an HTTP/1.1 body: by its length, in chunks, or to the end of the connection.
//
// Ours rather than Beast's, because Beast reads a chunk's quoted extension past the end of its line, and hands trailers
// out as fields. Here a size is 1 to 15 hexadecimal digits and nothing else. The form of extensions and trailers is
// checked, their content dropped.
//
// Layer: codec (docs/layers.txt).  Source: RFC 9112 s.6 and s.7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codec/http1/head.h"

namespace loquat::codec {

class BodyReader {
 public:
  struct Result {
    bool done = false;  // the body is complete; `data` is empty
    std::size_t consumed = 0;
    std::string_view data;  // the next part, a view into what was fed
    int status = 0;         // not 0: refused
    std::string_view reason;
  };

  // Prepares for a body of `kind`; `length` counts for HttpBody::length only.
  void start(HttpBody kind, std::uint64_t length) noexcept;

  // Takes bytes up to the next part of the body, or all of them. HttpBody::until_close is never done.
  Result feed(std::string_view bytes, const HttpLimits& limits) noexcept;

 private:
  enum class State : std::uint8_t {
    none,
    fixed,
    until_close,
    size,
    size_space,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer,
    trailer_lf,
    end_lf,
    done
  };
  void read_data(std::string_view bytes, const HttpLimits& limits, Result& out) noexcept;
  // Takes one byte of the framing. Returns false and sets status and reason in `out` if it is out of place.
  bool step(char c, const HttpLimits& limits, Result& out) noexcept;
  bool on_size(char c, Result& out) noexcept;
  bool on_extension(char c, Result& out) noexcept;
  bool on_trailer(char c, Result& out) noexcept;
  bool end_size_line(const HttpLimits& limits, Result& out) noexcept;

  State state_ = State::none;
  std::uint8_t digits_ = 0;
  bool quoted_ = false;  // extension: inside quotes, where no line may end
  bool escaped_ = false;
  bool named_ = false;       // trailer: the colon came
  std::uint32_t line_ = 0;   // bytes of the size line, or of all trailers
  std::uint64_t left_ = 0;   // bytes of the body, or of this chunk
  std::uint64_t total_ = 0;  // bytes of all chunks
};

}  // namespace loquat::codec
