#include "codec/http1/request.h"

#include "codec/http1/head_reader.h"

namespace loquat::codec {

bool HttpRequest::wants_upgrade(std::string_view protocol) const noexcept {
  return minor() == 1 && has_token("Connection", "upgrade") && has_token("Upgrade", protocol);
}

HttpStep RequestParser::feed(std::string_view bytes) {
  switch (phase_) {
    case Phase::done:
      HeadReader::clear(request_);
      scan_.reset();
      phase_ = Phase::start;
      [[fallthrough]];
    case Phase::start:
      return read_head(bytes);
    case Phase::head:
    case Phase::body:
      return read_body(bytes);
    case Phase::failed:
      break;
  }
  return {HttpEvent::error, 0, {}, status_, reason_};
}

HttpStep RequestParser::read_head(std::string_view bytes) {
  const auto scanned = scan_.feed(bytes, HeadReader::buffer(request_), limits_);
  if (scanned.status != 0) return fail(scanned.status, scanned.reason);
  if (!scanned.done) return {HttpEvent::need_more, scanned.consumed, {}, 0, {}};
  const HeadReader::Verdict verdict = HeadReader::read(request_, limits_);
  if (verdict.status != 0) return fail(verdict.status, verdict.reason);
  body_.start(request_.body(), request_.content_length());
  phase_ = Phase::head;
  return {HttpEvent::head, scanned.consumed, {}, 0, {}};
}

HttpStep RequestParser::read_body(std::string_view bytes) {
  const BodyReader::Result read = body_.feed(bytes, limits_);
  if (read.status != 0) return fail(read.status, read.reason);
  phase_ = read.done ? Phase::done : Phase::body;
  if (read.done) return {HttpEvent::complete, read.consumed, {}, 0, {}};
  return {read.data.empty() ? HttpEvent::need_more : HttpEvent::body, read.consumed, read.data, 0, {}};
}

HttpStep RequestParser::fail(int status, std::string_view reason) noexcept {
  phase_ = Phase::failed;
  status_ = status;
  reason_ = reason;
  return {HttpEvent::error, 0, {}, status, reason};
}

}  // namespace loquat::codec
