#include "codec/http1/write.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "codec/http1/request.h"
#include "codec/http1/response.h"

namespace loquat::codec {
namespace {

using namespace std::literals;

using std::string;

TEST(HttpWriter, writesResponsesThatTheParserReads) {
  string out;
  HttpWriter(out, 404)
      .field("Content-Type", "text/plain")
      .field("Content-Length", 5)
      .prepared("Server: loquat\r\n")
      .end();
  EXPECT_EQ(out, "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nServer: loquat\r\n\r\n");
  ResponseParser p;
  ASSERT_EQ(p.feed(out).event, HttpEvent::head);
  EXPECT_EQ(p.response().status(), 404);
  EXPECT_EQ(p.response().reason(), "Not Found");
  EXPECT_EQ(p.response().content_length(), 5u);
}

TEST(HttpWriter, writesRequestsAndChunks) {
  string out;
  HttpWriter(out, "POST", "/x?y").field("Host", "h").field("Transfer-Encoding", "chunked").end();
  append_chunk(out, "hello wonderful!");
  append_chunk(out, "");
  append_last_chunk(out);
  RequestParser p;
  std::string_view bytes = out;
  HttpStep step = p.feed(bytes);
  ASSERT_EQ(step.event, HttpEvent::head);
  bytes.remove_prefix(step.consumed);
  step = p.feed(bytes);
  EXPECT_EQ(step.data, "hello wonderful!");
  bytes.remove_prefix(step.consumed);
  EXPECT_EQ(p.feed(bytes).event, HttpEvent::complete);
}

TEST(HttpWriter, refusesInjectionAndAppendsNothingOfIt) {
  string out;
  HttpWriter w(out, 200);
  const string before = out;
  for (const string& bad :
       {string("a\r\nSet-Cookie: x"), string("a\nb"), string("a\rb"), "a\0b"s, string("\x01"), string("\x7f")}) {
    EXPECT_THROW(w.field("X", bad), std::invalid_argument);
  }
  for (const string& bad : {string(""), string("a b"), string("a:"), string("a\r\n"), string("é")}) {
    EXPECT_THROW(w.field(bad, "x"), std::invalid_argument);
    EXPECT_THROW(w.field(bad, 1), std::invalid_argument);
  }
  EXPECT_EQ(out, before);
  EXPECT_THROW(HttpWriter(out, 99), std::invalid_argument);
  EXPECT_THROW(HttpWriter(out, 600), std::invalid_argument);
  EXPECT_THROW(HttpWriter(out, "GET", "/a b"), std::invalid_argument);
  EXPECT_THROW(HttpWriter(out, "GET", "/\r\n"), std::invalid_argument);
  EXPECT_THROW(HttpWriter(out, "G T", "/"), std::invalid_argument);
  EXPECT_EQ(out, before);
  EXPECT_NO_THROW(w.field("X", "tab\tand é are fine"));
}

TEST(HttpWriter, knowsReasonsAndDates) {
  EXPECT_EQ(http_reason(200), "OK");
  EXPECT_EQ(http_reason(431), "Request Header Fields Too Large");
  EXPECT_EQ(http_reason(100), "Continue");
  EXPECT_EQ(http_reason(299), "Unknown");
  EXPECT_EQ(http_reason(511), "Network Authentication Required");
  const auto at = [](std::int64_t seconds) {
    return http_date(std::chrono::sys_seconds(std::chrono::seconds(seconds)));
  };
  EXPECT_EQ(at(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110's example
  EXPECT_EQ(at(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(at(1709164799), "Wed, 28 Feb 2024 23:59:59 GMT");
  EXPECT_EQ(at(1709164800), "Thu, 29 Feb 2024 00:00:00 GMT");
}

}  // namespace
}  // namespace loquat::codec
