#include "codec/http1/response.h"

#include "codec/http1/head_reader.h"

namespace loquat::codec {

HttpStep ResponseParser::feed(std::string_view bytes) {
  switch (phase_) {
    case Phase::done:
      HeadReader::clear(response_);
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
  return {HttpEvent::error, 0, {}, 502, reason_};
}

HttpStep ResponseParser::read_head(std::string_view bytes) {
  const auto scanned = scan_.feed(bytes, HeadReader::buffer(response_), limits_);
  if (scanned.status != 0) return fail(scanned.reason);
  if (!scanned.done) return {HttpEvent::need_more, scanned.consumed, {}, 0, {}};
  const HeadReader::Verdict verdict = HeadReader::read(response_, limits_, no_body_);
  if (verdict.status != 0) return fail(verdict.reason);
  if (response_.status() >= 200) no_body_ = false;
  body_.start(response_.body(), response_.content_length());
  phase_ = Phase::head;
  return {HttpEvent::head, scanned.consumed, {}, 0, {}};
}

HttpStep ResponseParser::read_body(std::string_view bytes) {
  const BodyReader::Result read = body_.feed(bytes, limits_);
  if (read.status != 0) return fail(read.reason);
  phase_ = read.done ? Phase::done : Phase::body;
  if (read.done) return {HttpEvent::complete, read.consumed, {}, 0, {}};
  return {read.data.empty() ? HttpEvent::need_more : HttpEvent::body, read.consumed, read.data, 0, {}};
}

HttpStep ResponseParser::feed_eof() {
  if (phase_ == Phase::done || (phase_ == Phase::start && scan_.empty())) return {};
  if (phase_ == Phase::failed) return {HttpEvent::error, 0, {}, 502, reason_};
  const bool ends_here = response_.body() == HttpBody::until_close || response_.body() == HttpBody::none;
  if (phase_ == Phase::start || !ends_here) return fail("the connection ended inside a response");
  phase_ = Phase::done;
  return {HttpEvent::complete, 0, {}, 0, {}};
}

HttpStep ResponseParser::fail(std::string_view reason) noexcept {
  phase_ = Phase::failed;
  reason_ = reason;
  return {HttpEvent::error, 0, {}, 502, reason};
}

}  // namespace loquat::codec
