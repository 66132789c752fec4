// message_parser.h - the state machine that RequestParser (request.h) and ResponseParser (response.h) share.
//
// Layer: codec (docs/layers.txt).  Source: RFC 9112.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "codec/http1/body.h"
#include "codec/http1/head.h"
#include "codec/http1/scan.h"

namespace loquat::codec {

enum class HttpEvent : std::uint8_t { need_more, head, body, complete, error };

struct HttpStep {
  HttpEvent event = HttpEvent::need_more;
  std::size_t consumed = 0;  // bytes taken off the front of what was fed
  std::string_view data;     // for body: never empty, points into what was fed
  int status = 0;            // for error: 400, 413, 414, 417, 431, 501 or 505; of a response 502
  std::string_view reason;   // for error: a constant such as "two Content-Length fields"
};

// Head: HttpRequest or HttpResponse.
template <class Head>
class MessageParser {
 public:
  // Takes bytes off the front of `bytes` up to the next event. need_more means that all of them are taken.
  // After complete, the next call begins the next message; an empty line before a request is skipped.
  HttpStep feed(std::string_view bytes);

  // True between two messages: no byte of the next one has come. At the end of the stream this tells a clean close.
  bool idle() const noexcept { return phase_ == Phase::start && scan_.empty(); }

 protected:
  enum class Phase : std::uint8_t { start, head, body, done, failed };
  MessageParser(HeadScanner::Start start, const HttpLimits& limits) : limits_(limits), scan_(start) {}
  HttpStep fail(int status, std::string_view reason) noexcept;

  HttpLimits limits_;
  Head head_;
  HeadScanner scan_;
  BodyReader body_;
  Phase phase_ = Phase::start;
  bool no_body_ = false;  // the next response answers HEAD
  int status_ = 0;
  std::string_view reason_;

 private:
  HttpStep read_head(std::string_view bytes);
  HttpStep read_body(std::string_view bytes);
};

}  // namespace loquat::codec
