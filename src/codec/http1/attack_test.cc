// Requests that two servers might read differently, and their relatives: each must be refused, in one piece or many.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "codec/http1/request.h"

namespace loquat::codec {
namespace {

using namespace std::literals;

using std::string;
using std::string_view;

// The status with which `bytes` are refused, or 0.
int refusal(string_view bytes, std::size_t piece) {
  RequestParser parser;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    string_view now = bytes.substr(at, piece);
    while (!now.empty()) {
      const HttpStep step = parser.feed(now);
      if (step.event == HttpEvent::error) return step.status;
      if (step.event == HttpEvent::need_more) break;
      now.remove_prefix(step.consumed);
    }
  }
  return 0;
}

void expect_refused(const string& bytes, int status = 400) {
  for (std::size_t piece : {1, 2, 5, 100000}) {
    EXPECT_EQ(refusal(bytes, piece), status) << "in pieces of " << piece << ": " << testing::PrintToString(bytes);
  }
}

// A request with `fields` and then `body`.
string with(string_view fields, string_view body = "") {
  return "POST / HTTP/1.1\r\nHost: h\r\n" + string(fields) + "\r\n" + string(body);
}

TEST(Http1Attack, lengths) {
  for (string_view fields :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 5\r\n", "Content-Length: 5,6\r\n", "Content-Length: +5\r\n", "Content-Length: -5\r\n",
        "Content-Length: 0x5\r\n", "Content-Length: 5 5\r\n", "Content-Length: 5_0\r\n", "Content-Length:\r\n",
        "Content-Length: \"5\"\r\n", "Content-Length: 5a\r\n", "Content-Length: 5.0\r\n", "Content-Length: 5;\r\n",
        "Content-Length: ٥\r\n", "Content-Length: 5\r\ncontent-length: 0\r\n"}) {
    expect_refused(with(fields, "hello"));
  }
}

TEST(Http1Attack, transferCodings) {
  for (string_view value : {"chunked, chunked", "chunked, identity", "chunked,gzip", "", ", chunked, chunked", ", ,",
                            ",chunked,,chunked"}) {
    expect_refused(with("Transfer-Encoding: " + string(value) + "\r\n", "0\r\n\r\n"));
  }
  for (string_view value : {"identity", "identity, chunked", "gzip, chunked", "xchunked", "chunked;q=1", "\"chunked\"",
                            "chunked\xC2\xA0", "cow"}) {
    expect_refused(with("Transfer-Encoding: " + string(value) + "\r\n", "0\r\n\r\n"), 501);
  }
  expect_refused(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"));
  expect_refused(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n"));
  expect_refused(
      with("Transfer-Encoding: \x0b"
           "chunked\r\n",
           "0\r\n\r\n"));
  expect_refused(with("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"));
  expect_refused(with("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n"));
  expect_refused(with("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"));
  expect_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

TEST(Http1Attack, chunks) {
  for (string_view size : {"0_2e",
                           "+1",
                           "-1",
                           "0x1",
                           "1 ",
                           " 1",
                           "",
                           "g",
                           "1\t",
                           ";a",
                           "1\n",
                           "\r\n1",
                           "1g",
                           "1\x01",
                           "0000000000000001",
                           "fffffffffffffffff",
                           "1;\x7f",
                           " ;a",
                           "1 1",
                           "1 1;a",
                           "1 a;b"}) {
    expect_refused(with("Transfer-Encoding: chunked\r\n", string(size) + "\r\na\r\n0\r\n\r\n"));
  }
  expect_refused(with("Transfer-Encoding: chunked\r\n", "1\0\r\na\r\n0\r\n\r\n"s));
  for (string_view body : {"1\na\r\n0\r\n\r\n", "1\r\na\n0\r\n\r\n", "1\r\nab\r\n0\r\n\r\n", "1\r\na\r0\r\n\r\n",
                           "1\r\na0\r\n\r\n", "1;a\nb\r\na\r\n", "0\n\r\n", "0\r\n\n", "0\r\nA\r\n\r\n",
                           "0\r\n A: b\r\n\r\n", "0\r\nA : b\r\n\r\n", "0\r\nA: b\n\r\n", "0\r\nA: b\r\r\n",
                           "0\r\n: b\r\n\r\n", "0\r\nA: b\x01\r\n\r\n", "0\r\n\rX", "1;a=\"\r\n\"\r\na\r\n0\r\nx"}) {
    expect_refused(with("Transfer-Encoding: chunked\r\n", body));
  }
}

TEST(Http1Attack, trailersAreNotMerged) {
  RequestParser parser;
  const string text =
      with("Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 50\r\nHost: evil\r\nX-Admin: 1\r\n\r\n");
  string_view bytes = text;
  const HttpStep head = parser.feed(bytes);
  ASSERT_EQ(head.event, HttpEvent::head);
  ASSERT_EQ(parser.feed(bytes.substr(head.consumed)).event, HttpEvent::complete);
  EXPECT_EQ(parser.request().find("X-Admin"), std::nullopt);
  EXPECT_EQ(parser.request().authority(), "h");
}

TEST(Http1Attack, hosts) {
  for (string_view fields :
       {"", "Host: a\r\nHost: a\r\n", "Host: a\r\nhost: b\r\n", "Host:\r\n", "Host: a b\r\n", "Host: a,b\r\n",
        "Host: http://a\r\n", "Host: a/b\r\n", "Host: u@a\r\n", "Host: a:b\r\n", "Host: a:99999\r\n", "Host: [::1\r\n",
        "Host: [a]\r\n", "Host: a:80:80\r\n", "Host: :80\r\n", "Host: \xC3\xA9\r\n", "Host: a#b\r\n", "Host: a?b\r\n",
        "Host: a\\b\r\n"}) {
    expect_refused("GET / HTTP/1.1\r\n" + string(fields) + "\r\n");
  }
}

TEST(Http1Attack, linesAndCharacters) {
  for (string_view head : {"GET / HTTP/1.1\nHost: h\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: h\n\r\n",
                           "GET / HTTP/1.1\r\nHost: h\r\n\n",
                           "GET / HTTP/1.1\r\nHost: h\rA: b\r\n\r\n",
                           "GET / HTTP/1.1\rHost: h\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: h\r\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: h\r\n A: b\r\n\r\n",
                           "GET / HTTP/1.1\r\n Host: h\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\tc\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: h\r\n: b\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: h\r\nA\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: h\r\nA b: c\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: h\r\n\xC3\xA9: c\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: h\r\nA: \x01\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: h\r\nA: \x7f\r\n\r\n",
                           "GET / HTTP/1.1\r\nHost: h\r\n(A): c\r\n\r\n",
                           "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
                           " GET / HTTP/1.1\r\nHost: h\r\n\r\n",
                           "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"}) {
    expect_refused(string(head));
  }
  expect_refused("GET / HTTP/1.1\r\nHost: h\r\nA: b\0\r\n\r\n"s);
  expect_refused("GET / HTTP/1.1\r\nHost: h\r\nA\0: b\r\n\r\n"s);
  expect_refused("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"s);
}

TEST(Http1Attack, requestLines) {
  for (string_view line :
       {"GET /", "GET", "GET / ", "/ HTTP/1.1", "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ",
        "GET / http/1.1", "GET /a b HTTP/1.1", "GET\t/ HTTP/1.1", "GET / HTTP/1.1\t", "G(T / HTTP/1.1", "GET /HTTP/1.1",
        "\"GET\" / HTTP/1.1", "GET / XHTTP/1.1", "G\xC3\x89T / HTTP/1.1"}) {
    expect_refused(string(line) + "\r\nHost: h\r\n\r\n");
  }
  for (string_view line : {"PRI * HTTP/2.0", "GET / HTTP/2.0", "GET / HTTP/0.9", "GET / HTTP/1.20", "GET / HTTP/1.10",
                           "GET / HTTP/01.1", "GET / HTTP/1", "GET / HTTP/3"}) {
    expect_refused(string(line) + "\r\nHost: h\r\n\r\n", 505);
  }
  expect_refused(string(33, 'M') + " / HTTP/1.1\r\nHost: h\r\n\r\n", 501);
}

TEST(Http1Attack, aPrefixOfABodyIsNeverARequest) {
  // What a front server forwards as one request must be one request here.
  RequestParser parser;
  const string text = with("Content-Length: 44\r\n", "GET /admin HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n1234567");
  string_view bytes = text;
  HttpStep step = parser.feed(bytes);
  ASSERT_EQ(step.event, HttpEvent::head);
  bytes.remove_prefix(step.consumed);
  step = parser.feed(bytes);
  ASSERT_EQ(step.event, HttpEvent::body);
  EXPECT_EQ(step.data.size(), 44u);
}

}  // namespace
}  // namespace loquat::codec
