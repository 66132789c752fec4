#include "codec/http1/scan.h"

namespace loquat::codec {

HeadScanner::Result HeadScanner::feed(std::string_view bytes, std::string& head, const HttpLimits& limits) {
  Result out;
  std::size_t copied = 0;  // bytes that are in `head` already
  const auto copy_to = [&](std::size_t end) {
    head.append(bytes.substr(copied, end - copied));
    copied = end;
  };
  while (out.consumed < bytes.size() && !out.done && out.status == 0) {
    if (line_ == 0 && (bytes[out.consumed] == ' ' || bytes[out.consumed] == '\t')) {
      out.status = 400, out.reason = "a line begins with a space";
      break;
    }
    const std::size_t lf = bytes.find('\n', out.consumed);
    const std::size_t end = lf == std::string_view::npos ? bytes.size() : lf + 1;
    line_ += end - out.consumed;
    total_ += end - out.consumed;
    out.consumed = end;
    if (first_line_ && line_ > limits.start_line + 2) {
      out.status = 414, out.reason = "start line too long";
    } else if (!first_line_ && (line_ > limits.field_line + 2 || total_ > limits.head)) {
      out.status = 431, out.reason = "head too large";
    } else if (lf != std::string_view::npos) {
      const char before_lf = lf > 0 ? bytes[lf - 1] : head.empty() ? '\0' : head.back();
      if (first_line_ || line_ == 2) copy_to(end);
      end_line(before_lf, head, out);
    }
  }
  if (out.status == 0 && !out.done) copy_to(out.consumed);
  return out;
}

void HeadScanner::end_line(char before_lf, std::string& head, Result& out) {
  if (line_ < 2 || before_lf != '\r') {
    out.status = 400, out.reason = "a line ends in a bare LF";
  } else if (first_line_) {
    end_first_line(head, out);
  } else if (line_ == 2) {
    out.done = true;
  }
  line_ = 0;
}

void HeadScanner::end_first_line(std::string& head, Result& out) {
  if (line_ == 2) {
    if (skipped_ || start_ == Start::response) out.status = 400, out.reason = "no start line";
    skipped_ = true;
    total_ = 0;
    head.clear();
    return;
  }
  first_line_ = false;
  if (start_ == Start::response) return;
  const std::string_view line = std::string_view(head).substr(0, head.size() - 2);
  if (line.ends_with(" HTTP/1.1") || line.ends_with(" HTTP/1.0")) return;
  const std::string_view last = line.substr(line.rfind(' ') + 1);
  const bool versioned = line.find(' ') != line.rfind(' ') && last.starts_with("HTTP/") &&
                         last.find_first_not_of("0123456789.", 5) == std::string_view::npos;
  out.status = versioned ? 505 : 400;
  out.reason = versioned ? "HTTP version" : "bad request line";
}

}  // namespace loquat::codec
