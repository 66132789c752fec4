#include "codec/http1/message_parser.h"

#include "codec/http1/head_reader.h"
#include "codec/http1/request.h"
#include "codec/http1/response.h"

namespace loquat::codec {
namespace {

HeadReader::Verdict read(HttpRequest& request, const HttpLimits& limits, bool) {
  return HeadReader::read(request, limits);
}

HeadReader::Verdict read(HttpResponse& response, const HttpLimits& limits, bool& no_body) {
  const HeadReader::Verdict verdict = HeadReader::read(response, limits, no_body);
  if (verdict.status == 0 && response.status() >= 200) no_body = false;
  return verdict;
}

int status_of_fault(const HttpRequest&, int status) { return status; }
int status_of_fault(const HttpResponse&, int) { return 502; }

}  // namespace

template <class Head>
HttpStep MessageParser<Head>::feed(std::string_view bytes) {
  switch (phase_) {
    case Phase::done:
      HeadReader::clear(head_);
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

template <class Head>
HttpStep MessageParser<Head>::read_head(std::string_view bytes) {
  const auto scanned = scan_.feed(bytes, HeadReader::buffer(head_), limits_);
  if (scanned.status != 0) return fail(scanned.status, scanned.reason);
  if (!scanned.done) return {HttpEvent::need_more, scanned.consumed, {}, 0, {}};
  const HeadReader::Verdict verdict = read(head_, limits_, no_body_);
  if (verdict.status != 0) return fail(verdict.status, verdict.reason);
  body_.start(head_.body(), head_.content_length());
  phase_ = Phase::head;
  return {HttpEvent::head, scanned.consumed, {}, 0, {}};
}

template <class Head>
HttpStep MessageParser<Head>::read_body(std::string_view bytes) {
  const BodyReader::Result read = body_.feed(bytes, limits_);
  if (read.status != 0) return fail(read.status, read.reason);
  phase_ = read.done ? Phase::done : Phase::body;
  if (read.done) return {HttpEvent::complete, read.consumed, {}, 0, {}};
  return {read.data.empty() ? HttpEvent::need_more : HttpEvent::body, read.consumed, read.data, 0, {}};
}

template <class Head>
HttpStep MessageParser<Head>::fail(int status, std::string_view reason) noexcept {
  phase_ = Phase::failed;
  status_ = status_of_fault(head_, status);
  reason_ = reason;
  return {HttpEvent::error, 0, {}, status_, reason};
}

template class MessageParser<HttpRequest>;
template class MessageParser<HttpResponse>;

}  // namespace loquat::codec
