#include "codec/http1/response.h"

namespace loquat::codec {

HttpStep ResponseParser::feed_eof() {
  if (phase_ == Phase::done || idle()) return {};
  if (phase_ == Phase::failed) return {HttpEvent::error, 0, {}, status_, reason_};
  const bool ends_here = head_.body() == HttpBody::until_close || head_.body() == HttpBody::none;
  if (phase_ == Phase::start || !ends_here) return fail(502, "the connection ended inside a response");
  phase_ = Phase::done;
  return {HttpEvent::complete, 0, {}, 0, {}};
}

}  // namespace loquat::codec
