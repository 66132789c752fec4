// response.h - reads HTTP/1.1 responses, for a client. The events are those of request.h.
//
// True of every call in this file:
//   Strict    As in request.h. The status of an error event is always 502: the peer is at fault.
//   Threads   One caller at a time.
//
// Layer: codec (docs/layers.txt).  Source: RFC 9112 s.4 and s.6.3.
#pragma once

#include <string_view>

#include "codec/http1/head.h"
#include "codec/http1/message_parser.h"

namespace loquat::codec {

// A response's head.
class HttpResponse : public HttpHead {
 public:
  int status() const noexcept { return status_; }
  std::string_view reason() const noexcept { return reason_; }

 private:
  friend class HeadReader;
  int status_ = 0;
  std::string_view reason_;
};

// As RequestParser. A 1xx response is a response of its own: head, complete. After 101 the rest of the bytes is no HTTP
// any more: do not feed it.
class ResponseParser : public MessageParser<HttpResponse> {
 public:
  explicit ResponseParser(const HttpLimits& limits = {}) : MessageParser(HeadScanner::Start::response, limits) {}

  // Tells that the next response answers a HEAD request, so it has no body whatever its fields say.
  void expect_no_body() noexcept { no_body_ = true; }

  // Tells that the stream has ended. Returns complete if that ends a body that lasts until then, error if it cuts a
  // response short, need_more if no response had begun.
  HttpStep feed_eof();

  const HttpResponse& response() const noexcept { return head_; }
};

}  // namespace loquat::codec
