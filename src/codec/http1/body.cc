#include "codec/http1/body.h"

#include <algorithm>

#include "codec/text/chars.h"

namespace loquat::codec {
namespace {

bool refuse(BodyReader::Result& out, int status, std::string_view reason) noexcept {
  out.status = status;
  out.reason = reason;
  return false;
}

}  // namespace

void BodyReader::start(HttpBody kind, std::uint64_t length) noexcept {
  *this = BodyReader();
  left_ = length;
  switch (kind) {
    case HttpBody::none:
      state_ = State::done;
      break;
    case HttpBody::length:
      state_ = length > 0 ? State::fixed : State::done;
      break;
    case HttpBody::chunked:
      state_ = State::size;
      break;
    case HttpBody::until_close:
      state_ = State::until_close;
      break;
  }
}

BodyReader::Result BodyReader::feed(std::string_view bytes, const HttpLimits& limits) noexcept {
  Result out;
  while (state_ != State::done) {
    if (out.consumed == bytes.size()) return out;
    if (state_ == State::fixed || state_ == State::data || state_ == State::until_close) {
      read_data(bytes.substr(out.consumed), limits, out);
      return out;
    }
    if (!step(bytes[out.consumed++], limits, out)) return out;
  }
  out.done = true;
  return out;
}

void BodyReader::read_data(std::string_view bytes, const HttpLimits& limits, Result& out) noexcept {
  if (state_ == State::until_close) {
    total_ += bytes.size();
    if (total_ > limits.body) {
      refuse(out, 413, "body too large");
      return;
    }
    out.data = bytes;
  } else {
    out.data = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
    left_ -= out.data.size();
    if (left_ == 0) state_ = state_ == State::fixed ? State::done : State::data_cr;
  }
  out.consumed += out.data.size();
}

bool BodyReader::step(char c, const HttpLimits& limits, Result& out) noexcept {
  const auto expect = [&](char wanted, State next) {
    if (c != wanted) return refuse(out, 400, "bad chunk");
    state_ = next;
    return true;
  };
  switch (state_) {
    case State::size:
    case State::size_space:
    case State::extension:
      if (++line_ > limits.chunk_line) return refuse(out, 400, "chunk line too long");
      return state_ == State::extension ? on_extension(c, out) : on_size(c, out);
    case State::size_lf:
      return c == '\n' ? end_size_line(limits, out) : refuse(out, 400, "bad chunk");
    case State::data_cr:
      return expect('\r', State::data_lf);
    case State::data_lf:
      line_ = digits_ = 0;
      return expect('\n', State::size);
    case State::trailer_start:
    case State::trailer:
    case State::trailer_lf:
      if (++line_ > limits.trailers) return refuse(out, 431, "trailers too large");
      return on_trailer(c, out);
    case State::end_lf:
      return expect('\n', State::done);
    default:
      return refuse(out, 400, "bad chunk");
  }
}

bool BodyReader::on_size(char c, Result& out) noexcept {
  if (const int digit = hex_value(c); digit >= 0 && state_ == State::size) {
    if (++digits_ > 15) return refuse(out, 400, "chunk size too long");
    left_ = left_ << 4 | static_cast<unsigned>(digit);
    return true;
  }
  const bool space = c == ' ' || c == '\t';  // only an extension may follow it: RFC 9112 s.7.1.1
  const bool end = c == '\r' && state_ == State::size;
  if (digits_ == 0 || (c != ';' && !space && !end)) return refuse(out, 400, "bad chunk size");
  state_ = c == ';' ? State::extension : space ? State::size_space : State::size_lf;
  return true;
}

bool BodyReader::on_extension(char c, Result& out) noexcept {
  if (c == '\r' && !quoted_)
    state_ = State::size_lf;
  else if (!is_text(c))
    return refuse(out, 400, "bad chunk extension");
  if (c == '"' && !escaped_) quoted_ = !quoted_;
  escaped_ = quoted_ && c == '\\' && !escaped_;
  return true;
}

bool BodyReader::end_size_line(const HttpLimits& limits, Result& out) noexcept {
  line_ = 0;
  if (left_ > limits.body - std::min(total_, limits.body)) return refuse(out, 413, "body too large");
  total_ += left_;
  state_ = left_ == 0 ? State::trailer_start : State::data;
  return true;
}

// Trailers are read only to find their end: none is merged into the head, where it could pass for a field that was
// checked.
bool BodyReader::on_trailer(char c, Result& out) noexcept {
  if (state_ == State::trailer_lf) {
    state_ = State::trailer_start;
    return c == '\n' || refuse(out, 400, "bad trailer");
  }
  if (state_ == State::trailer_start) {
    named_ = false;
    state_ = c == '\r' ? State::end_lf : State::trailer;
    return c == '\r' || is_token_char(c) || refuse(out, 400, "bad trailer");
  }
  if (!named_) {
    named_ = c == ':';
    return named_ || is_token_char(c) || refuse(out, 400, "bad trailer");
  }
  if (c == '\r') state_ = State::trailer_lf;
  return c == '\r' || is_text(c) || refuse(out, 400, "bad trailer");
}

}  // namespace loquat::codec
