#include "codec/http1/scan.h"

#include <algorithm>

namespace loquat::codec {
namespace {

// A later minor version is read as the latest that we know. RFC 9110 s.2.5.
void serve_as_1_1(std::string& line) {
  const std::size_t version = line.starts_with("HTTP/1.") ? 0 : line.size() - std::min<std::size_t>(line.size(), 10);
  const std::string_view text = std::string_view(line).substr(version, 9);
  const bool ends = text.size() == 9 && (text[8] == ' ' || text[8] == '\r');
  if (ends && text.starts_with("HTTP/1.") && text[7] >= '2' && text[7] <= '9') line[version + 7] = '1';
}

}  // namespace

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
  serve_as_1_1(head);
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
