// request.h - reads HTTP/1.1 requests, for a server: bytes in, events out, nothing that waits.
//
//   RequestParser parser;
//   for (;;) {
//     auto step = parser.feed(bytes);            // bytes: what the socket gave and is not consumed yet
//     bytes.remove_prefix(step.consumed);
//     switch (step.event) {
//       case HttpEvent::need_more: read the socket again; keep no byte, all are consumed
//       case HttpEvent::head:      parser.request() is ready; send "100 Continue" if it expects_continue()
//       case HttpEvent::body:      step.data is the next part of the body, a view into bytes
//       case HttpEvent::complete:  answer; feed the rest of bytes for the next request if keep_alive()
//       case HttpEvent::error:     answer step.status, close
//     }
//   }
//
// True of every call in this file:
//   Strict    Whatever two servers might read differently is refused. Refused are: Content-Length with
//             Transfer-Encoding, or twice, or not only digits; Transfer-Encoding other than one "chunked", or on
//             HTTP/1.0; Host absent on 1.1, twice, or not a host; a bare CR or LF, NUL, a control character; a folded
//             line; space before a colon; an unclean chunk size; HTTP/0.9, HTTP/2 and up; a target in the wrong form.
//   Order     head, then any number of body, then complete; or error at any time, and then forever.
//   Pieces    How the bytes are cut into pieces changes nothing but the cut of the body.
//   Threads   One caller at a time.
//   Cost      No allocation per request once the buffers have grown.
//
// Layer: codec (docs/layers.txt).  Source: RFC 9112, RFC 9110.  See also write.h, response.h, url.h.
#pragma once

#include <string_view>

#include "codec/http1/head.h"
#include "codec/http1/message_parser.h"

namespace loquat::codec {

// A request's head.
class HttpRequest : public HttpHead {
 public:
  std::string_view method() const noexcept { return method_; }
  // The target as it came: "/a?b", "http://host/a" or "*".
  std::string_view target() const noexcept { return target_; }
  // Its path, still percent-encoded: "/a"; "*" for OPTIONS *; "/" for "http://host".
  std::string_view path() const noexcept { return path_; }
  // What stands after '?', without it; empty if there is none.
  std::string_view query() const noexcept { return query_; }
  // Host and port as the client wants them, checked for their form: "example.org:80", "[::1]:7777". Those of an
  // absolute target win over Host. Empty on HTTP/1.0 without either.
  std::string_view authority() const noexcept { return authority_; }

  // True if the client waits for "100 Continue" before it sends the body. RFC 9110 s.10.1.1.
  bool expects_continue() const noexcept { return expects_continue_; }
  // True if the client asks to go on in `protocol`: HTTP/1.1, Upgrade and Connection: upgrade. RFC 9110 s.7.8.
  bool wants_upgrade(std::string_view protocol) const noexcept;

 private:
  friend class HeadReader;
  std::string_view method_, target_, path_, query_, authority_;
  bool expects_continue_ = false;
};

class RequestParser : public MessageParser<HttpRequest> {
 public:
  explicit RequestParser(const HttpLimits& limits = {}) : MessageParser(HeadScanner::Start::request, limits) {}

  // The request's head: from the head event until the first feed() after complete.
  const HttpRequest& request() const noexcept { return head_; }
};

}  // namespace loquat::codec
