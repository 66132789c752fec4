#include "codec/http1/head_reader.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>
#include <limits>

#include "codec/http1/request.h"
#include "codec/http1/response.h"
#include "codec/text/url.h"

namespace loquat::codec {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using BeastText = boost::beast::string_view;  // boost::string_view or std::string_view, by Boost's version

std::string_view view(BeastText text) { return {text.data(), text.size()}; }

// A list without its first and last elements as long as these are empty. RFC 9110 s.5.6.1.2: they count for nothing.
std::string_view without_empty_ends(std::string_view list) noexcept {
  constexpr std::string_view nothing = ", \t";
  const std::size_t begin = list.find_first_not_of(nothing);
  if (begin == std::string_view::npos) return {};
  return list.substr(begin, list.find_last_not_of(nothing) + 1 - begin);
}

}  // namespace

// What the fields say about framing and connection, gathered as they come.
struct HeadReader::Framing {
  int lengths = 0, encodings = 0, hosts = 0;
  bool close = false, keep = false, expect = false;
  std::uint64_t length = 0;
  std::string_view encoding, host, expectation;
};

// Beast calls these as it reads. An error that we find is kept in `verdict`; the error code only stops Beast.
template <bool isRequest>
class HeadReader::Beast : public http::basic_parser<isRequest> {
 public:
  Beast(HttpHead& head, const HttpLimits& limits) : head_(head), limits_(limits) {}

  std::string_view method, target, reason;
  int status = 0;
  Framing framing;
  Verdict verdict;

 private:
  using Optional = boost::optional<std::uint64_t>;

  void stop(int code, std::string_view why, error_code& ec) {
    verdict = {code, why};
    ec = http::error::bad_value;
  }

  void on_request_impl(http::verb, BeastText m, BeastText t, int version, error_code&) override {
    method = view(m);
    target = view(t);
    head_.minor_ = version - 10;
  }
  void on_response_impl(int code, BeastText text, int version, error_code&) override {
    status = code;
    reason = view(text);
    head_.minor_ = version - 10;
  }
  void on_field_impl(http::field id, BeastText name, BeastText value, error_code& ec) override {
    if (head_.fields_.size() == limits_.fields) return stop(431, "too many fields", ec);
    head_.fields_.push_back({view(name), view(value)});
    switch (id) {
      case http::field::content_length:
        return on_length(view(value), ec);
      case http::field::transfer_encoding:
        framing.encoding = view(value);
        if (++framing.encodings > 1) stop(400, "two Transfer-Encoding fields", ec);
        return;
      case http::field::host:
        framing.host = view(value);
        ++framing.hosts;
        return;
      case http::field::connection:
        framing.close = framing.close || http_list_has(view(value), "close");
        framing.keep = framing.keep || http_list_has(view(value), "keep-alive");
        return;
      case http::field::expect:
        framing.expectation = view(value);
        framing.expect = true;
        return;
      default:
        return;
    }
  }
  void on_length(std::string_view value, error_code& ec) {
    if (++framing.lengths > 1) return stop(400, "two Content-Length fields", ec);
    const char* end = value.data() + value.size();
    const auto [last, error] = std::from_chars(value.data(), end, framing.length);
    if (value.empty() || last != end || error != std::errc()) stop(400, "bad Content-Length", ec);
  }

  // Bodies are read by BodyReader.
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(Optional const&, error_code&) override {}
  std::size_t on_body_impl(BeastText, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, BeastText, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastText, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}

  HttpHead& head_;
  const HttpLimits& limits_;
};

// Transfer-Encoding may be "chunked" and nothing else. RFC 9112 s.6.1, s.7.
HeadReader::Verdict HeadReader::judge_encoding(const Framing& f, int minor) {
  if (f.lengths > 0) return {400, "both Content-Length and Transfer-Encoding"};
  if (minor == 0) return {400, "Transfer-Encoding on HTTP/1.0"};
  const std::string_view list = without_empty_ends(f.encoding);
  if (http_equal(list, "chunked")) return {};
  if (list.empty()) return {400, "empty Transfer-Encoding"};
  const std::size_t comma = list.rfind(',');
  const std::string_view before = list.substr(0, comma == std::string_view::npos ? 0 : comma);
  const std::string_view last = comma == std::string_view::npos ? list : list.substr(comma + 1);
  const bool in_order = http_list_has(last, "chunked") && !http_list_has(before, "chunked");
  if (!in_order && http_list_has(list, "chunked")) return {400, "chunked is not the last transfer coding"};
  return {501, "unknown transfer coding"};
}

template <bool isRequest>
HeadReader::Verdict HeadReader::run(Beast<isRequest>& beast, HttpHead& head, const HttpLimits& limits) {
  beast.header_limit(static_cast<std::uint32_t>(limits.head + 2));
  beast.body_limit(std::numeric_limits<std::uint64_t>::max());  // not boost::none, which Boost 1.74 reads as 0
  error_code ec;
  const std::size_t used = beast.put(boost::asio::buffer(head.buffer_), ec);
  if (beast.verdict.status != 0) return beast.verdict;
  const Framing& f = beast.framing;
  if (f.encodings > 0) {
    if (const Verdict v = judge_encoding(f, head.minor_); v.status != 0) return v;
  }
  if (ec || used != head.buffer_.size()) return {400, "bad head"};
  head.keep_alive_ = !f.close && (head.minor_ == 1 || f.keep);
  if (f.encodings > 0)
    head.body_ = HttpBody::chunked;
  else if (f.lengths > 0 && f.length > 0)
    head.body_ = HttpBody::length;
  head.content_length_ = f.length;
  return {};
}

HeadReader::Verdict HeadReader::read(HttpRequest& request, const HttpLimits& limits) {
  Beast<true> beast(request, limits);
  if (const Verdict v = run(beast, request, limits); v.status != 0) return v;
  const Framing& f = beast.framing;
  request.method_ = beast.method;
  request.target_ = beast.target;
  request.expects_continue_ = false;
  if (f.length > limits.body) return {413, "body too large"};
  if (request.method_.size() > 32) return {501, "method too long"};
  if (f.expect && request.minor_ == 1) {
    if (!http_equal(without_empty_ends(f.expectation), "100-continue")) return {417, "unknown expectation"};
    request.expects_continue_ = request.body_ != HttpBody::none;
  }
  if (const Verdict v = read_target(request); v.status != 0) return v;
  return read_host(request, f.host, f.hosts);
}

HeadReader::Verdict HeadReader::read_target(HttpRequest& request) {
  std::string_view target = request.target_;
  request.authority_ = {};
  for (char c : target) {
    if (static_cast<unsigned char>(c) >= 0x80 || c == '#')
      return {400, "a character in the target that must be encoded"};
  }
  if (request.method_ == "CONNECT") return {501, "CONNECT"};
  if (target == "*") {
    request.path_ = target;
    request.query_ = {};
    return request.method_ == "OPTIONS" ? Verdict{} : Verdict{400, "a target of *"};
  }
  if (!target.starts_with('/')) {
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) return {400, "a target that is neither a path nor a URL"};
    if (!http_equal(target.substr(0, scheme), "http") && !http_equal(target.substr(0, scheme), "https")) {
      return {400, "a URL of another scheme"};
    }
    target.remove_prefix(scheme + 3);
    request.authority_ = target.substr(0, target.find_first_of("/?"));
    target.remove_prefix(request.authority_.size());
    if (!split_authority(request.authority_)) return {400, "bad host in the target"};
  }
  const std::size_t question = target.find('?');
  request.path_ = target.substr(0, question);
  if (request.path_.empty()) request.path_ = "/";
  request.query_ = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  return {};
}

HeadReader::Verdict HeadReader::read_host(HttpRequest& request, std::string_view host, int hosts) {
  if (hosts > 1) return {400, "two Host fields"};
  if (hosts == 0) return request.minor_ == 1 ? Verdict{400, "no Host field"} : Verdict{};
  if (!split_authority(host)) return {400, "bad Host"};
  if (request.authority_.empty()) request.authority_ = host;  // that of an absolute target wins: RFC 9112 s.3.2.2
  return {};
}

HeadReader::Verdict HeadReader::read(HttpResponse& response, const HttpLimits& limits, bool no_body) {
  Beast<false> beast(response, limits);
  if (const Verdict v = run(beast, response, limits); v.status != 0) return v;
  response.status_ = beast.status;
  response.reason_ = beast.reason;
  if (beast.status < 100 || beast.status > 599) return {502, "bad status"};
  const bool framed = beast.framing.lengths + beast.framing.encodings > 0;
  if (no_body || beast.status < 200 || beast.status == 204 || beast.status == 304) {
    response.body_ = HttpBody::none;
  } else if (!framed) {
    response.body_ = HttpBody::until_close;
    response.keep_alive_ = false;
  } else if (beast.framing.length > limits.body) {
    return {502, "body too large"};
  }
  return {};
}

}  // namespace loquat::codec
