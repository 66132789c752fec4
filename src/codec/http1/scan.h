// scan.h - finds the end of an HTTP head in a stream, and refuses what no reader of lines should see.
//
// Every line must end in CR LF, none may begin with a space (folding) and none be too long. The check runs as bytes
// come, so that a bad line is refused at once and not when a head that never ends times out.
//
// Layer: codec (docs/layers.txt).  Source: RFC 9112 s.2.2, s.5.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/http1/head.h"

namespace loquat::codec {

class HeadScanner {
 public:
  enum class Start : std::uint8_t { request, response };

  struct Result {
    bool done = false;
    std::size_t consumed = 0;
    int status = 0;  // not 0: refused
    std::string_view reason;
  };

  explicit HeadScanner(Start start) : start_(start) {}

  // Moves bytes from `bytes` to the end of `head`, up to the empty line that ends it. One empty line before a request
  // is skipped. A request line that does not end in HTTP/1.x is refused as soon as it ends; HTTP/1.2 and up
  // are turned into HTTP/1.1. Not promised:
  // that names, values and the rest of the start line are in order; Beast's parser looks at those.
  Result feed(std::string_view bytes, std::string& head, const HttpLimits& limits);

  bool empty() const noexcept { return total_ == 0; }
  void reset() noexcept { *this = HeadScanner(start_); }

 private:
  // A line has ended. Sets `out` if that ends the head, or refuses it.
  void end_line(char before_lf, std::string& head, Result& out);
  void end_first_line(std::string& head, Result& out);

  Start start_;
  bool first_line_ = true;
  bool skipped_ = false;
  std::size_t line_ = 0;   // bytes of this line so far
  std::size_t total_ = 0;  // bytes of the head so far
};

}  // namespace loquat::codec
