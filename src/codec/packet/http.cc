// HTTP/1: start line and header lines as they stand there, right or wrong. What a server must refuse is not looked for;
// that is http1/request.h's.  Source: RFC 9112.
#include "codec/http1/head.h"
#include "codec/packet/protocols.h"
#include "codec/text/chars.h"

namespace loquat::codec {
namespace {

constexpr std::size_t npos = std::string_view::npos;

struct KnownHeader {
  std::string_view header, name;
};
constexpr KnownHeader headers[] = {
    {"Accept", "http.accept"},
    {"Accept-Encoding", "http.accept_encoding"},
    {"Accept-Language", "http.accept_language"},
    {"Authorization", "http.authorization"},
    {"Cache-Control", "http.cache_control"},
    {"Connection", "http.connection"},
    {"Content-Encoding", "http.content_encoding"},
    {"Content-Length", "http.content_length_header"},
    {"Content-Type", "http.content_type"},
    {"Cookie", "http.cookie"},
    {"Date", "http.date"},
    {"Host", "http.host"},
    {"Last-Modified", "http.last_modified"},
    {"Location", "http.location"},
    {"Referer", "http.referer"},
    {"Sec-WebSocket-Accept", "http.sec_websocket_accept"},
    {"Sec-WebSocket-Key", "http.sec_websocket_key"},
    {"Sec-WebSocket-Protocol", "http.sec_websocket_protocol"},
    {"Sec-WebSocket-Version", "http.sec_websocket_version"},
    {"Server", "http.server"},
    {"Set-Cookie", "http.set_cookie"},
    {"Transfer-Encoding", "http.transfer_encoding"},
    {"Upgrade", "http.upgrade"},
    {"User-Agent", "http.user_agent"},
};

std::string_view header_field(std::string_view header) {
  for (const KnownHeader& known : headers) {
    if (http_equal(known.header, header)) return known.name;
  }
  return "";
}

bool is_http_method(std::string_view word) {
  constexpr std::string_view methods[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                          "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  return std::find(std::begin(methods), std::end(methods), word) != std::end(methods);
}

bool begins_http(std::string_view text) {
  return text.starts_with("HTTP/1.") || is_http_method(text.substr(0, std::min(text.find(' '), text.size())));
}

// Adds a piece of the layer as a field. `at` counts from the layer's start.
void add_piece(LayerWriter& out, std::string_view name, std::string_view label, std::size_t at, std::string_view text) {
  if (!text.empty()) out.add(name, label, at, text.size(), std::string(text));
}

void add_start_line(LayerWriter& out, std::string_view line, bool response) {
  const std::size_t one = std::min(line.find(' '), line.size());
  const std::string_view first = line.substr(0, one);
  const std::size_t rest = std::min(one + 1, line.size());
  if (response) {
    const std::size_t two = std::min(line.find(' ', rest), line.size());
    add_piece(out, "http.response.version", "Version", 0, first);
    add_piece(out, "http.response.code", "Status", rest, line.substr(rest, two - rest));
    if (two < line.size()) add_piece(out, "http.response.phrase", "Reason", two + 1, line.substr(two + 1));
    return;
  }
  const std::size_t last = line.rfind(' ');
  const bool versioned = last != npos && last > one;
  add_piece(out, "http.request.method", "Method", 0, first);
  add_piece(out, "http.request.uri", "Target", rest, line.substr(rest, versioned ? last - rest : npos));
  if (versioned) add_piece(out, "http.request.version", "Version", last + 1, line.substr(last + 1));
}

// `line` is without its end, `size` with it.
void add_header_line(LayerWriter& out, std::string_view line, std::size_t at, std::size_t size, bool response) {
  out.add(response ? "http.response.line" : "http.request.line", "Header", at, size, std::string(line));
  const std::size_t colon = line.find(':');
  if (colon == npos) return;
  const std::string_view name = header_field(line.substr(0, colon));
  if (!name.empty()) out.add(name, "Header", at, size, std::string(trim_spaces(line.substr(colon + 1))));
}

// The end of the line that begins at `at`, behind its LF; npos if it does not end.
std::size_t line_end(std::string_view text, std::size_t at) {
  const std::size_t end = text.find('\n', at);
  return end == npos ? npos : end + 1;
}

std::string_view without_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

// Adds all lines of the head and returns its size.
std::size_t add_head(LayerWriter& out, std::string_view text, bool response) {
  std::size_t at = 0;
  for (bool first = true;; first = false) {
    const std::size_t end = line_end(text, at);
    const std::string_view line = without_end(text.substr(at, end == npos ? npos : end - at));
    if (first) {
      add_start_line(out, line, response);
      out.layer().summary = line;
    } else if (line.empty()) {
      return end == npos ? text.size() : end;
    } else {
      add_header_line(out, line, at, std::min(end, text.size()) - at, response);
    }
    if (end == npos) return text.size();
    at = end;
  }
}

}  // namespace

bool read_http(Dissection& in, Extent range) {
  const std::string_view text = text_of(in.captured(range));
  if (!begins_http(text)) return false;
  LayerWriter out(in, "HTTP", 7, range, range.size());
  const std::size_t head = add_head(out, text, text.starts_with("HTTP/"));
  if (head < text.size()) out.add("http.file_data", "Body", head, text.size() - head, size_text(text.size() - head));
  return true;
}

}  // namespace loquat::codec
