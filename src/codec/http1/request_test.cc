#include "codec/http1/request.h"

#include <gtest/gtest.h>

#include <string>

#include "codec/http1/response.h"

namespace loquat::codec {
namespace {

using std::string;
using std::string_view;

// Everything that came out of `bytes`, as text: "GET /x [body] . " for a complete request, "!400" for an error.
template <class Parser>
string run(Parser& parser, string_view bytes, std::size_t piece = 100000) {
  string out;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    string_view now = bytes.substr(at, piece);
    for (bool more = true; more;) {
      const HttpStep step = parser.feed(now);
      now.remove_prefix(step.consumed);
      switch (step.event) {
        case HttpEvent::need_more:
          EXPECT_TRUE(now.empty());
          more = false;
          break;
        case HttpEvent::head:
          if constexpr (requires { parser.request(); }) {
            out += string(parser.request().method()) + " " + string(parser.request().target()) + " ";
          } else {
            out += std::to_string(parser.response().status()) + " ";
          }
          break;
        case HttpEvent::body:
          EXPECT_FALSE(step.data.empty());
          out += step.data;
          break;
        case HttpEvent::complete:
          out += ". ";
          more = !now.empty();
          break;
        case HttpEvent::error:
          return out + "!" + std::to_string(step.status);
      }
    }
  }
  return out;
}

string request(string_view bytes) {
  RequestParser whole;
  const string out = run(whole, bytes);
  for (std::size_t piece : {1, 2, 3, 7, 11}) {
    RequestParser parser;
    EXPECT_EQ(run(parser, bytes, piece), out) << "in pieces of " << piece << ": " << bytes;
  }
  return out;
}

TEST(Http1, readsAHead) {
  RequestParser parser;
  const HttpStep step = parser.feed(
      "GET /a/b?c=d&e HTTP/1.1\r\nHost: example.org:80\r\nX-Empty:\r\nAccept:  text/html \t\r\nx-two: 1\r\nX-Two: "
      "2\r\n\r\n");
  ASSERT_EQ(step.event, HttpEvent::head);
  const HttpRequest& r = parser.request();
  EXPECT_EQ(r.method(), "GET");
  EXPECT_EQ(r.target(), "/a/b?c=d&e");
  EXPECT_EQ(r.path(), "/a/b");
  EXPECT_EQ(r.query(), "c=d&e");
  EXPECT_EQ(r.authority(), "example.org:80");
  EXPECT_EQ(r.get("ACCEPT"), "text/html");
  EXPECT_EQ(r.find("x-empty"), "");
  EXPECT_EQ(r.find("x-none"), std::nullopt);
  EXPECT_EQ(r.get("X-TWO"), "1");
  EXPECT_EQ(r.fields().size(), 5u);
  EXPECT_EQ(r.body(), HttpBody::none);
  EXPECT_TRUE(r.keep_alive());
  EXPECT_EQ(parser.feed("").event, HttpEvent::complete);
  EXPECT_FALSE(parser.idle());
  EXPECT_EQ(parser.feed("").event, HttpEvent::need_more);
  EXPECT_TRUE(parser.idle());
}

TEST(Http1, readsBodiesAndPipelines) {
  EXPECT_EQ(request("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\nHost: h\r\n\r\n"),
            "POST /a hello. GET /b . ");
  EXPECT_EQ(request("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nB;x=\"y z\"\r\n "
                    "wonderful!\r\n0\r\nX-Trailer: t\r\n\r\n"
                    "\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n"),
            "POST /a hello wonderful!. GET /b . ");
  EXPECT_EQ(request("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"), "POST / . ");
  EXPECT_EQ(request("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n000\r\n\r\n"), "POST / . ");
}

TEST(Http1, acceptsWhatIsOptional) {
  const string head = "POST / HTTP/1.1\r\nHost: h\r\n";
  for (string_view coding : {", chunked", "chunked,", " ,\t, chunked , ,"}) {  // RFC 9110 s.5.6.1.2
    EXPECT_EQ(request(head + "Transfer-Encoding: " + string(coding) + "\r\n\r\n1\r\na\r\n0\r\n\r\n"), "POST / a. ");
  }
  for (string_view size : {"1 ;a", "1\t ;a", "1 ; a", "1 ;a=b"}) {  // RFC 9112 s.7.1.1
    EXPECT_EQ(request(head + "Transfer-Encoding: chunked\r\n\r\n" + string(size) + "\r\na\r\n0 ;x\r\n\r\n"),
              "POST / a. ");
  }
  EXPECT_EQ(request(head + "Expect: ,100-continue\r\nContent-Length: 1\r\n\r\na"), "POST / a. ");
}

TEST(Http1, aLaterMinorVersionIsReadAs11) {
  for (string_view version : {"HTTP/1.2", "HTTP/1.9"}) {  // RFC 9110 s.2.5
    for (std::size_t piece : {1, 5, 1000}) {
      RequestParser parser;
      const string text = "GET /HTTP/1.2 " + string(version) + "\r\nHost: h\r\n\r\n";
      EXPECT_EQ(run(parser, text, piece), "GET /HTTP/1.2 . ");
    }
    RequestParser parser;
    ASSERT_EQ(parser.feed("GET / " + string(version) + "\r\nHost: h\r\n\r\n").event, HttpEvent::head);
    EXPECT_EQ(parser.request().minor(), 1);
    EXPECT_TRUE(parser.request().keep_alive());
  }
}

TEST(Http1, keepAliveFollowsVersionAndConnection) {
  const auto keeps = [](string_view line, string_view connection) {
    RequestParser p;
    const string text = string(line) + "\r\nHost: h\r\n" + string(connection) + "\r\n";
    EXPECT_EQ(p.feed(text).event, HttpEvent::head);
    return p.request().keep_alive();
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1", ""));
  EXPECT_FALSE(keeps("GET / HTTP/1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1", "Connection: keep-alive\r\nconnection: Foo, CLOSE\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0", ""));
  EXPECT_TRUE(keeps("GET / HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST(Http1, knowsExpectAndUpgrade) {
  RequestParser p;
  ASSERT_EQ(p.feed("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\nUpgrade: h2c, "
                   "websocket\r\nConnection: x, upgrade\r\n\r\n")
                .event,
            HttpEvent::head);
  EXPECT_TRUE(p.request().expects_continue());
  EXPECT_TRUE(p.request().wants_upgrade("WebSocket"));
  EXPECT_FALSE(p.request().wants_upgrade("h3"));
  RequestParser none;
  ASSERT_EQ(none.feed("GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nUpgrade: websocket\r\n\r\n").event,
            HttpEvent::head);
  EXPECT_FALSE(none.request().expects_continue());  // no body to wait for
  EXPECT_FALSE(none.request().wants_upgrade("websocket"));
  EXPECT_EQ(request("POST / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n"), "!417");
}

TEST(Http1, targetsHaveFourForms) {
  RequestParser url;
  ASSERT_EQ(url.feed("GET http://Example.org:8080?q HTTP/1.1\r\nHost: example.ORG:8080\r\n\r\n").event,
            HttpEvent::head);
  EXPECT_EQ(url.request().path(), "/");
  EXPECT_EQ(url.request().query(), "q");
  EXPECT_EQ(request("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), "OPTIONS * . ");
  EXPECT_EQ(request("GET * HTTP/1.1\r\nHost: h\r\n\r\n"), "!400");
  EXPECT_EQ(request("CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"), "!501");
  EXPECT_EQ(request("GET a HTTP/1.1\r\nHost: h\r\n\r\n"), "!400");
  EXPECT_EQ(request("GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n"), "!400");
  for (string_view host : {"h", "h:80", "other:8080"}) {  // RFC 9112 s.3.2.2: the target's wins
    RequestParser other;
    ASSERT_EQ(other.feed("GET http://other/ HTTP/1.1\r\nHost: " + string(host) + "\r\n\r\n").event, HttpEvent::head);
    EXPECT_EQ(other.request().authority(), "other");
  }
  EXPECT_EQ(request("GET http://other/ HTTP/1.1\r\n\r\n"), "!400");
  EXPECT_EQ(request("GET http://other/ HTTP/1.1\r\nHost: a b\r\n\r\n"), "!400");
  EXPECT_EQ(request("GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n"), "!400");
  EXPECT_EQ(request("GET /#a HTTP/1.1\r\nHost: h\r\n\r\n"), "!400");
  EXPECT_EQ(request("GET /\xC3\xA9 HTTP/1.1\r\nHost: h\r\n\r\n"), "!400");
}

TEST(Http1, limitsHaveTheirStatus) {
  const string head = "GET / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(request("GET /" + string(8192, 'a')), "!414");
  EXPECT_EQ(request(head + "A: " + string(8192, 'a')), "!431");
  string fields = head, lines = head;
  for (int i = 0; i < 99; ++i) fields += "A: b\r\n";
  EXPECT_EQ(request(fields + "\r\n"), "GET / . ");
  EXPECT_EQ(request(fields + "A: b\r\n\r\n"), "!431");
  for (int i = 0; i < 5; ++i) lines += "A: " + string(7000, 'a') + "\r\n";
  EXPECT_EQ(request(lines), "!431");
  EXPECT_EQ(request(head + "Content-Length: 1048577\r\n\r\n"), "!413");
  EXPECT_EQ(request(head + "Content-Length: 18446744073709551615\r\n\r\n"), "!413");
  EXPECT_EQ(request(head + "Content-Length: 18446744073709551616\r\n\r\n"), "!400");
  EXPECT_EQ(request(head + "Transfer-Encoding: chunked\r\n\r\n100001\r\n"), "GET / !413");
  EXPECT_EQ(request(head + "Transfer-Encoding: chunked\r\n\r\n5;" + string(300, 'x')), "GET / !400");
  EXPECT_EQ(request(head + "Transfer-Encoding: chunked\r\n\r\n0\r\nA: " + string(9000, 'x')), "GET / !431");
  HttpLimits small;
  small.body = 6;
  RequestParser p(small);
  EXPECT_EQ(run(p, head + "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n3\r\n"), "GET / abcd!413");
}

TEST(Http1, anErrorIsForever) {
  RequestParser p;
  EXPECT_EQ(p.feed("\n").status, 400);
  EXPECT_EQ(p.feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n").status, 400);
}

TEST(Http1, aBadLineIsRefusedBeforeTheHeadEnds) {
  RequestParser a, b, c, d;
  EXPECT_EQ(a.feed("GET /\r\n").status, 400);  // HTTP/0.9: nothing would follow
  EXPECT_EQ(b.feed("PRI * HTTP/2.0\r\n").status, 505);
  EXPECT_EQ(c.feed("GET / HTTP/1.1\n").status, 400);
  EXPECT_EQ(d.feed("GET / HTTP/1.1\r\nA: b\r\n c").status, 400);
}

TEST(Http1, buffersAreReusedForTheNextRequest) {
  const string text = "GET / HTTP/1.1\r\nHost: h\r\nCookie: " + string(500, 'x') + "\r\n\r\n";
  RequestParser p;
  const char* first = nullptr;
  for (int i = 0; i < 3; ++i) {
    string_view bytes = text;
    const HttpStep step = p.feed(bytes);
    ASSERT_EQ(step.event, HttpEvent::head);
    const char* now = p.request().get("Cookie").data();
    if (i == 0) first = now;
    EXPECT_EQ(now, first);
    ASSERT_EQ(p.feed(bytes.substr(step.consumed)).event, HttpEvent::complete);
  }
}

string response(string_view bytes, std::size_t piece, bool eof = false, bool head = false) {
  ResponseParser p;
  if (head) p.expect_no_body();
  string out = run(p, bytes, piece);
  if (eof) {
    const HttpStep step = p.feed_eof();
    out += step.event == HttpEvent::complete ? "." : step.event == HttpEvent::error ? "!" : "-";
  }
  return out;
}

TEST(Http1Client, readsResponses) {
  for (std::size_t piece : {1, 5, 1000}) {
    EXPECT_EQ(response("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", piece),
              "100 . 200 hi. ");
    EXPECT_EQ(response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", piece, true),
              "200 hi. -");
    EXPECT_EQ(response("HTTP/1.1 200 OK\r\n\r\nto the end", piece, true), "200 to the end.");
    EXPECT_EQ(response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", piece, true), "200 hi!");
    EXPECT_EQ(response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", piece, true, true), "200 . -");
    EXPECT_EQ(response("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", piece, true), "304 . -");
    EXPECT_EQ(response("HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nhi", piece), "200 hi. ");
    EXPECT_EQ(response("HTTP/1.1 200\r\n\r\n", piece), "!502");
    EXPECT_EQ(response("HTTP/1.1 200 OK\nA: b\r\n\r\n", piece), "!502");
    EXPECT_EQ(response("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n", piece), "!502");
    EXPECT_EQ(response("HTTP/1.1 2", piece, true), "!");
  }
}

}  // namespace
}  // namespace loquat::codec
