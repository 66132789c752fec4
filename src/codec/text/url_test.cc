#include "codec/text/url.h"

#include <gtest/gtest.h>

namespace loquat::codec {
namespace {

using std::string_view;

TEST(Url, decodesPercents) {
  EXPECT_EQ(percent_decode("a%20b%2fc+d"), "a b/c+d");
  EXPECT_EQ(percent_decode("%E6%9E%87"), "枇");
  EXPECT_EQ(percent_decode(""), "");
  for (string_view bad : {"%", "%2", "%zz", "a%0", "%00", "%-1", "% 1"})
    EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
}

TEST(Url, normalizesPaths) {
  EXPECT_EQ(normalize_path("/"), "/");
  EXPECT_EQ(normalize_path("/a/b"), "/a/b");
  EXPECT_EQ(normalize_path("/a/b/"), "/a/b/");
  EXPECT_EQ(normalize_path("//a///b"), "/a/b");
  EXPECT_EQ(normalize_path("/a/./b/../c"), "/a/c");
  EXPECT_EQ(normalize_path("/a/b/.."), "/a/");
  EXPECT_EQ(normalize_path("/%61/%2E/b"), "/a/b");
  EXPECT_EQ(normalize_path("/a/..."), "/a/...");
  EXPECT_EQ(normalize_path("/%E6%9E%87"), "/枇");
  EXPECT_EQ(normalize_path("/a%25b"), "/a%b");  // decoded once
}

TEST(Url, refusesPathsThatEscape) {
  for (string_view bad : {"", "a", "*", "/..", "/a/../..", "/%2e%2e/x", "/.%2e/x", "/a/%2e%2e/%2e%2e/x", "/a%2fb",
                          "/a%2Fb", "/a%5cb", "/a\\b", "/%00", "/a%0ab", "/%ff", "/%c0%af", "/%", "/a%7f"}) {
    EXPECT_EQ(normalize_path(bad), std::nullopt) << bad;
  }
}

TEST(Url, findsQueryValues) {
  EXPECT_EQ(query_value("a=1&b=x+y%21&c", "a"), "1");
  EXPECT_EQ(query_value("a=1&b=x+y%21&c", "b"), "x y!");
  EXPECT_EQ(query_value("a=1&b=x+y%21&c", "c"), "");
  EXPECT_EQ(query_value("a=1", "d"), std::nullopt);
  EXPECT_EQ(query_value("a=%zz", "a"), std::nullopt);
  EXPECT_EQ(query_value("a=1=2&a=3", "a"), "1=2");
  EXPECT_EQ(query_value("", "a"), std::nullopt);
}

TEST(Url, splitsAuthorities) {
  const auto a = split_authority("example.org:80");
  ASSERT_TRUE(a);
  EXPECT_EQ(a->host, "example.org");
  EXPECT_EQ(a->port, "80");
  EXPECT_FALSE(a->ip_literal);
  const auto b = split_authority("[::1]:7777");
  ASSERT_TRUE(b);
  EXPECT_EQ(b->host, "::1");
  EXPECT_EQ(b->port, "7777");
  EXPECT_TRUE(b->ip_literal);
  for (string_view good : {"h", "127.0.0.1", "h:", "[fe80::1]", "[::]", "[1:2:3:4:5:6:7:8]", "[::ffff:10.0.0.1]",
                           "[1:2:3:4:5:6:7::]", "a_b.c-d"}) {
    EXPECT_TRUE(split_authority(good)) << good;
  }
  for (string_view bad :
       {"",    ":80",  "a b",      "a@b",    "a/b",    "a:65536",   "a:-1",  "a:1:2",     "[",   "[]",   "[::1",
        "[1]", "[:1]", "[1:2:3]x", "[::1]x", "[g::1]", "[1::2::3]", "[:::]", "[12345::]", "a,b", "a%2f", "a\\"}) {
    EXPECT_FALSE(split_authority(bad)) << bad;
  }
}

}  // namespace
}  // namespace loquat::codec
