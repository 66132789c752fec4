// http1_scan.h - finds the end of an HTTP head in a stream, and refuses what no reader of lines should see.
//
// Every line must end in CR LF, none may begin with a space (folding) and none be too long. The check runs as bytes come,
// so that a bad line is refused at once and not when a head that never ends times out.
//
// Layer: codec (docs/layers.txt).  Source: RFC 9112 s.2.2, s.5.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/http1_head.h"

namespace loquat::codec {

class HeadScanner {
 public:
  struct Result {
    bool done = false;
    std::size_t consumed = 0;
    int status = 0;  // not 0: refused
    std::string_view reason;
  };

  // Moves bytes from `bytes` to the end of `head`, up to the empty line that ends it. One empty line at the very start is
  // skipped if `skip_empty`.
  // Not promised: that names, values and the start line are in order; Beast's parser looks at those.
  Result feed(std::string_view bytes, std::string& head, const HttpLimits& limits);

  bool empty() const noexcept { return !started_; }
  void reset() noexcept { *this = HeadScanner(); }

 private:
  Result end_line(const std::string& head, const HttpLimits& limits) noexcept;

  std::size_t line_start_ = 0;
  bool started_ = false;
  bool first_line_ = true;
  bool skipped_ = false;
};

}  // namespace loquat::codec
