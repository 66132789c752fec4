#include "http/static_files.h"

#include "http/http_test_client.h"

namespace loquat::http {
namespace {

constexpr EmbeddedFile files[] = {
    {"/assets/a-1f.js", "text/javascript; charset=utf-8", "a long script", "gzipped", "1f", true},
    {"/index.html", "text/html; charset=utf-8", "<p>hello", "", "2e", false},
};

TEST(StaticFiles, GzipIsTakenByWhoSaysSo) {
  for (const char* yes :
       {"gzip", "GZip", "deflate, gzip;q=0.5", "x-gzip", "*", "br , gzip ; q=1", "*;q=0, gzip", "gzip;q=0.001"}) {
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  }
  for (const char* no : {"", "identity", "gzip;q=0", "gzip; q=0.000", "*, gzip;q=0", "*;q=0", "br", "gzipped"}) {
    EXPECT_FALSE(accepts_gzip(no)) << no;
  }
}

TEST(StaticFiles, ATableThatIsNotSortedIsRefused) {
  const EmbeddedFile wrong[] = {files[1], files[0]};
  EXPECT_THROW(StaticFiles{wrong}, std::invalid_argument);
  EXPECT_EQ(StaticFiles(files).find("/index.html"), &files[1]);
  EXPECT_EQ(StaticFiles(files).find("/"), nullptr);
}

class StaticFilesIn : public InEveryWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, StaticFilesIn, ::testing::Values("epoll", "uring", "sim"), world_name);

TEST_P(StaticFilesIn, AreServedAsABrowserLikesThem) {
  run([] {
    const StaticFiles page(files, {.extra_lines = "X-Extra: 1\r\n"});
    Site site([&](Request& request, Response& response) {
      if (!page.serve(request, response)) throw Error(404);
    });
    Client client = site.connect();
    const auto get = [&](const std::string& target, const std::string& lines = {}, const std::string& method = "GET") {
      return client.send(method + " " + target + " HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n").answer(method == "HEAD");
    };
    const Answer index = get("/");
    EXPECT_EQ(index.body, "<p>hello");
    EXPECT_EQ(index["Content-Type"], "text/html; charset=utf-8");
    EXPECT_EQ(index["Cache-Control"], "no-cache");
    EXPECT_EQ(index["ETag"], "\"2e\"");
    EXPECT_EQ(index["Vary"], "");
    EXPECT_EQ(index["X-Content-Type-Options"], "nosniff");
    EXPECT_NE(index["Content-Security-Policy"].find("default-src 'self'"), std::string::npos);
    EXPECT_EQ(index["X-Extra"], "1");

    const Answer plain = get("/assets/a-1f.js?v=1", "Accept-Encoding: gzip;q=0\r\n");
    EXPECT_EQ(plain.body, "a long script");
    EXPECT_EQ(plain["Content-Encoding"], "");
    EXPECT_EQ(plain["Vary"], "Accept-Encoding");
    EXPECT_NE(plain["Cache-Control"].find("immutable"), std::string::npos);
    const Answer small = get("/assets/a-1f.js", "Accept-Encoding: gzip, br\r\n");
    EXPECT_EQ(small.body, "gzipped");
    EXPECT_EQ(small["Content-Encoding"], "gzip");
    EXPECT_NE(small["ETag"], plain["ETag"]);

    const Answer unchanged =
        get("/assets/a-1f.js", "Accept-Encoding: gzip\r\nIf-None-Match: \"z\", " + small["ETag"] + "\r\n");
    EXPECT_EQ(unchanged.status, 304);
    EXPECT_EQ(unchanged["ETag"], small["ETag"]);
    EXPECT_EQ(unchanged["Vary"], "Accept-Encoding");
    EXPECT_EQ(unchanged["Content-Length"], "");
    EXPECT_EQ(get("/assets/a-1f.js", "If-None-Match: " + small["ETag"] + "\r\n").status, 200);

    const Answer head = get("/", {}, "HEAD");
    EXPECT_EQ(head["Content-Length"], "8");
    EXPECT_EQ(head.body, "");
    const Answer post = get("/", {}, "DELETE");
    EXPECT_EQ(post.status, 405);
    EXPECT_EQ(post["Allow"], "GET, HEAD");
    EXPECT_EQ(get("/nothing").status, 404);
    EXPECT_EQ(get("/assets/").status, 404);
    EXPECT_EQ(get("/../index.html").status, 404);
  });
}

}  // namespace
}  // namespace loquat::http
