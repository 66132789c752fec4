// head_reader.h - from a head's bytes to its fields, by Boost.Beast's parser and the rules that it does not have.
//
// The head's bytes stand in its buffer, complete, and have passed HeadScanner. Internal to codec.
//
// Layer: codec (docs/layers.txt).  Source: RFC 9112 s.3, s.5, s.6; RFC 9110 s.7.2.
#pragma once

#include <string>
#include <string_view>

#include "codec/http1/head.h"

namespace loquat::codec {

class HttpRequest;
class HttpResponse;

class HeadReader {
 public:
  // `status` is 0 if all is well.
  struct Verdict {
    int status = 0;
    std::string_view reason;
  };

  static std::string& buffer(HttpHead& head) noexcept { return head.buffer_; }
  static void clear(HttpHead& head) noexcept { head.clear(); }

  static Verdict read(HttpRequest& request, const HttpLimits& limits);
  // `no_body`: it answers a HEAD request.
  static Verdict read(HttpResponse& response, const HttpLimits& limits, bool no_body);

 private:
  struct Framing;
  template <bool isRequest>
  class Beast;
  template <bool isRequest>
  static Verdict run(Beast<isRequest>& beast, HttpHead& head, const HttpLimits& limits);
  static Verdict judge_encoding(const Framing& f, int minor);
  static Verdict read_target(HttpRequest& request);
  static Verdict read_host(HttpRequest& request, std::string_view host, int hosts);
};

}  // namespace loquat::codec
