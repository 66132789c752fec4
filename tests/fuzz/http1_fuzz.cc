// HTTP/1.1: splitting the input changes nothing, and an accepted message can be written and read again.
#include <chrono>
#include <cstdint>
#include <exception>
#include <string>

#include "codec/http1/conditions.h"
#include "codec/http1/request.h"
#include "codec/http1/response.h"
#include "codec/http1/write.h"
#include "codec/text/url.h"
#include "tests/fuzz/fuzz.h"

using namespace loquat::codec;
using fuzz::check;
using std::string;
using std::string_view;

namespace {

bool clean(string_view s) {
  for (char c : s) {
    if ((static_cast<unsigned char>(c) < 32 && c != '\t') || c == 127) return false;
  }
  return true;
}

void check_head(const HttpHead& head) {
  int hosts = 0, lengths = 0, encodings = 0;
  for (const HttpField& f : head.fields()) {
    check(!f.name.empty() && f.name.find_first_of(" \t:\r\n") == string_view::npos, "a field's name is a token");
    check(clean(f.value), "a field's value has no control characters");
    hosts += http_equal(f.name, "Host");
    lengths += http_equal(f.name, "Content-Length");
    encodings += http_equal(f.name, "Transfer-Encoding");
  }
  check(hosts <= 1 && lengths + encodings <= 1, "one Host, one framing");
  check(head.fields().size() <= HttpLimits().fields, "the number of fields is bounded");
}

// What is asked of a file lies in the file, and a date can be written and read again.
void check_conditional(const HttpRequest& r) {
  const Validators validators{"\"a\"", std::chrono::sys_seconds(std::chrono::hours(24))};
  const auto now = std::chrono::sys_seconds(std::chrono::hours(48));
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{10}, UINT64_MAX}) {
    const Part part = requested_part(r, size, validators, now);
    check(part.first <= size && part.length <= size - part.first, "a part is inside of the whole");
    check(part.kind != Part::part || part.length > 0, "a part is not empty");
    check(part.kind != Part::whole || part.length == size, "the whole is all of it");
  }
  (void)check_conditions(r, validators);
  for (const HttpField& f : r.fields()) {
    if (const auto date = parse_http_date(f.value))
      check(parse_http_date(http_date(*date)) == date, "a date is a date");
  }
}

string describe(const HttpRequest& r) {
  check_head(r);
  check_conditional(r);
  check(r.minor() == 0 || !r.authority().empty(), "HTTP/1.1 has a host");
  check(clean(r.target()) && r.target().find(' ') == string_view::npos, "a target is clean");
  string out = string(r.method()) + " " + string(r.path()) + "?" + string(r.query()) + "\n";
  for (const HttpField& f : r.fields()) out += string(f.name) + ":" + string(f.value) + "\n";
  return out + (r.keep_alive() ? "keep " : "close ") + std::to_string(r.content_length()) + "\n";
}

string describe(const HttpResponse& r) {
  string out = std::to_string(r.status()) + " " + string(r.reason()) + "\n";
  for (const HttpField& f : r.fields()) out += string(f.name) + ":" + string(f.value) + "\n";
  return out;
}

const HttpRequest& head_of(const RequestParser& p) { return p.request(); }
const HttpResponse& head_of(const ResponseParser& p) { return p.response(); }

// Feeds one piece and appends the output. Returns false after an error.
template <class Parser>
bool feed(Parser& parser, string_view piece, string& out) {
  for (;;) {
    const HttpStep step = parser.feed(piece);
    check(step.consumed <= piece.size(), "no more is taken than was given");
    piece.remove_prefix(step.consumed);
    switch (step.event) {
      case HttpEvent::need_more:
        check(piece.empty(), "need_more takes everything");
        return true;
      case HttpEvent::head:
        out += describe(head_of(parser));
        break;
      case HttpEvent::body:
        check(!step.data.empty(), "a body event carries bytes");
        out += step.data;
        break;
      case HttpEvent::complete:
        out += "\n.\n";
        if (piece.empty()) return true;
        break;
      case HttpEvent::error:
        check(step.status >= 400 && step.status <= 505 && !step.reason.empty(), "an error has a status and a reason");
        out += "!" + std::to_string(step.status);
        return false;
    }
  }
}

template <class Parser>
string transcript(string_view bytes, bool pieces) {
  Parser parser;
  string out;
  bool alive = true;
  const auto take = [&](string_view piece) { alive = alive && feed(parser, piece, out); };
  if (pieces)
    fuzz::in_pieces(bytes, take);
  else
    take(bytes);
  return out;
}

void rewrite(string_view bytes) {
  RequestParser parser, again;
  if (parser.feed(bytes).event != HttpEvent::head || parser.request().minor() != 1) return;
  const HttpRequest& r = parser.request();
  string out;
  HttpWriter writer(out, r.method(), r.target());
  for (const HttpField& f : r.fields()) writer.field(f.name, f.value);
  writer.end();
  check(again.feed(out).event == HttpEvent::head, "what was read can be written and read again");
  check(describe(r) == describe(again.request()), "and is the same");
}

void urls(string_view text) {
  if (const auto path = normalize_path(text)) {
    check(path->front() == '/' && path->find('\0') == string::npos, "a path begins with / and has no NUL");
    check((*path + "/").find("/../") == string::npos && path->find('\\') == string::npos, "a path does not climb");
  }
  if (const auto a = split_authority(text))
    check(!a->host.empty() && a->host.find_first_of("/@ ") == string_view::npos, "a host is a host");
  (void)query_value(text, "a");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const string_view bytes = fuzz::text(data, size);
  check(transcript<RequestParser>(bytes, false) == transcript<RequestParser>(bytes, true),
        "a request is the same in pieces");
  check(transcript<ResponseParser>(bytes, false) == transcript<ResponseParser>(bytes, true),
        "a response is the same in pieces");
  rewrite(bytes);
  urls(bytes);
  return 0;
}
