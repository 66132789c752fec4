#include "codec/http1/conditions.h"

#include <gtest/gtest.h>

#include <string>

#include "codec/http1/request.h"

namespace loquat::codec {
namespace {

using std::chrono::sys_seconds;

constexpr sys_seconds nov_1994{std::chrono::seconds(784111777)};

TEST(Conditions, DatesHaveThreeForms) {
  for (const char* text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(parse_http_date(text), nov_1994) << text;
  }
  EXPECT_EQ(parse_http_date("Thu Nov 16 08:49:37 2094"), parse_http_date("Tue, 16 Nov 2094 08:49:37 GMT"));
  EXPECT_EQ(parse_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), sys_seconds{});
  EXPECT_EQ(parse_http_date("Saturday, 01-Jan-00 00:00:00 GMT"), parse_http_date("Sat, 01 Jan 2000 00:00:00 GMT"));
  for (const char* text : {"",
                           "0",
                           "Sun",
                           "Sun, ",
                           "Sun, 06 Nov 1994",
                           "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 CET",
                           "Sun, 06 Nov 1994 08:49:37 GMT ",
                           "Sun, 6 Nov 1994 08:49:37 GMT",
                           "Sun, 31 Feb 1994 08:49:37 GMT",
                           "Sun, 06 nov 1994 08:49:37 GMT",
                           "Sun, 06 ovD 1994 08:49:37 GMT",
                           "Sun, 06 Nov 1994 24:00:00 GMT",
                           "Sun, 06 Nov 1994 08:60:00 GMT",
                           "Sun, 06-Nov-1994 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 94",
                           "Sun, 06 Nov 19940 8:49:37 GMT",
                           "Sun, -6 Nov 1994 08:49:37 GMT",
                           "1994-11-06T08:49:37Z",
                           "784111777"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

TEST(Conditions, TagsAreComparedWeaklyOrStrongly) {
  EXPECT_TRUE(etag_matches("\"a\"", "\"a\""));
  EXPECT_TRUE(etag_matches("\"x\", W/\"a\"", "\"a\""));
  EXPECT_TRUE(etag_matches(" * ", "\"a\""));
  for (const char* no : {"", "a", "\"ab\"", "w/\"a\"", "\"*\"", ", ,"}) EXPECT_FALSE(etag_matches(no, "\"a\"")) << no;
  EXPECT_TRUE(etag_matches("W/\"a\", \"a\"", "\"a\"", TagComparison::strong));
  EXPECT_FALSE(etag_matches("W/\"a\"", "\"a\"", TagComparison::strong));
}

TEST(Conditions, ARangeIsReadAsTheStandardSays) {
  struct Case {
    const char* range;
    std::uint64_t size, first, length;
  };
  for (const Case& each : std::initializer_list<Case>{
           {"bytes=0-0", 10, 0, 1},
           {"bytes=0-9", 10, 0, 10},
           {"BYTES=3-5", 10, 3, 3},
           {"bytes=9-", 10, 9, 1},
           {"bytes=0-18446744073709551615", 10, 0, 10},
           {"bytes=0-99999999999999999999999999999999", 10, 0, 10},
           {"bytes=5-10", 10, 5, 5},
           {"bytes=-1", 10, 9, 1},
           {"bytes=-10", 10, 0, 10},
           {"bytes=-11", 10, 0, 10},
           {"bytes=-18446744073709551616", 10, 0, 10},
           {"bytes=0000000000000000000000000000000000001-1", 10, 1, 1},
           {"bytes=1-", UINT64_MAX, 1, UINT64_MAX - 1},
           {"bytes=0-", UINT64_MAX, 0, UINT64_MAX},
       }) {
    const Part part = part_of(each.range, each.size);
    EXPECT_EQ(part.kind, Part::part) << each.range;
    EXPECT_EQ(part.first, each.first) << each.range;
    EXPECT_EQ(part.length, each.length) << each.range;
  }
}

TEST(Conditions, ARangeBehindTheEndIsUnsatisfiable) {
  for (const char* range : {"bytes=10-", "bytes=10-10", "bytes=-0", "bytes=-000", "bytes=18446744073709551615-",
                            "bytes=18446744073709551616-18446744073709551617", "bytes=99999999999999999999999-"}) {
    EXPECT_EQ(part_of(range, 10).kind, Part::unsatisfiable) << range;
  }
  EXPECT_EQ(part_of("bytes=0-", 0).kind, Part::unsatisfiable);
  EXPECT_EQ(part_of("bytes=-0", 0).kind, Part::unsatisfiable);
  EXPECT_EQ(part_of("bytes=-5", 0).kind, Part::whole);  // satisfiable, and there is no 206 for no bytes
}

TEST(Conditions, WhatIsNoRangeAsksForTheWhole) {
  std::string many = "bytes=0-";
  for (int i = 0; i < 1300; ++i) many += ",5-" + std::to_string(i);
  for (const std::string& range : {std::string(),
                                   std::string("bytes"),
                                   std::string("bytes="),
                                   std::string("bytes=-"),
                                   std::string("bytes=a-b"),
                                   std::string("bytes=5-3"),
                                   std::string("bytes=+1-2"),
                                   std::string("bytes=1-+2"),
                                   std::string("bytes=1--2"),
                                   std::string("bytes=--1"),
                                   std::string("bytes= 1-2"),
                                   std::string("bytes=1 -2"),
                                   std::string("bytes=1-2 "),
                                   std::string("bytes:1-2"),
                                   std::string("items=1-2"),
                                   std::string("bytes=0x1-2"),
                                   std::string("bytes=1"),
                                   std::string("bytes=0-1,3-4"),
                                   std::string("bytes=0-1,"),
                                   std::string("bytes=,0-1"),
                                   std::string("bytes=0-1;3-4"),
                                   std::string("bytes=1-2\0", 10),
                                   many}) {
    EXPECT_EQ(part_of(range, 10).kind, Part::whole) << range;
    EXPECT_EQ(part_of(range, 10).length, 10u) << range;
  }
}

const Validators here{"\"a\"", nov_1994};
constexpr const char* same = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* before = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr const char* after = "Sun, 06 Nov 1994 08:49:38 GMT";

void parse(RequestParser& parser, const std::string& lines) {
  const HttpStep step = parser.feed("GET / HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n");
  ASSERT_EQ(step.event, HttpEvent::head) << lines;
}

Conditions conditions_of(const std::string& lines, const Validators& validators = here) {
  RequestParser parser;
  parse(parser, lines);
  return check_conditions(parser.request(), validators);
}

std::string line(const char* name, const char* value) { return std::string(name) + ": " + value + "\r\n"; }

TEST(Conditions, TagsComeBeforeDates) {
  const std::string old = line("If-None-Match", "\"b\""), now = line("If-None-Match", "W/\"a\"");
  EXPECT_EQ(conditions_of(""), Conditions::proceed);
  EXPECT_EQ(conditions_of(now), Conditions::not_modified);
  EXPECT_EQ(conditions_of(old + now), Conditions::not_modified) << "in a second line";
  EXPECT_EQ(conditions_of(old + line("If-Modified-Since", same)), Conditions::proceed);
  EXPECT_EQ(conditions_of(now + line("If-Modified-Since", before)), Conditions::not_modified);
  EXPECT_EQ(conditions_of(line("If-Modified-Since", same)), Conditions::not_modified);
  EXPECT_EQ(conditions_of(line("If-Modified-Since", after)), Conditions::not_modified);
  EXPECT_EQ(conditions_of(line("If-Modified-Since", before)), Conditions::proceed);
  EXPECT_EQ(conditions_of(line("If-Modified-Since", "yesterday")), Conditions::proceed);
  EXPECT_EQ(conditions_of(line("If-Match", "\"a\"") + now), Conditions::not_modified);
  EXPECT_EQ(conditions_of(line("If-Match", "W/\"a\"")), Conditions::failed);
  EXPECT_EQ(conditions_of(line("If-Match", "*")), Conditions::proceed);
  EXPECT_EQ(conditions_of(line("If-Match", "\"b\"") + line("If-Unmodified-Since", same)), Conditions::failed);
  EXPECT_EQ(conditions_of(line("If-Match", "\"a\"") + line("If-Unmodified-Since", before)), Conditions::proceed);
  EXPECT_EQ(conditions_of(line("If-Unmodified-Since", same)), Conditions::proceed);
  EXPECT_EQ(conditions_of(line("If-Unmodified-Since", before)), Conditions::failed);
  const Validators undated{"\"a\"", {}};
  EXPECT_EQ(conditions_of(line("If-Modified-Since", after), undated), Conditions::proceed);
  EXPECT_EQ(conditions_of(line("If-Unmodified-Since", before), undated), Conditions::proceed);
}

Part::Kind kind_of(const std::string& lines, std::chrono::seconds age = std::chrono::hours(1)) {
  RequestParser parser;
  parse(parser, lines);
  return requested_part(parser.request(), 10, here, nov_1994 + age).kind;
}

TEST(Conditions, IfRangeIsStrong) {
  const std::string range = line("Range", "bytes=1-2");
  EXPECT_EQ(kind_of(range), Part::part);
  EXPECT_EQ(kind_of(range + range), Part::whole);
  EXPECT_EQ(kind_of(range + line("If-Range", "\"a\"")), Part::part);
  EXPECT_EQ(kind_of(range + line("If-Range", same)), Part::part);
  EXPECT_EQ(kind_of(range + line("If-Range", same), std::chrono::seconds(0)), Part::whole) << "it may change again";
  for (const char* no : {"W/\"a\"", "\"b\"", "\"b\", \"a\"", "*", "a", "", before, after})
    EXPECT_EQ(kind_of(range + line("If-Range", no)), Part::whole) << no;
  EXPECT_EQ(kind_of(line("Range", "bytes=10-") + line("If-Range", "\"b\"")), Part::whole);
  EXPECT_EQ(kind_of(line("If-Range", "\"a\"")), Part::whole);
}

}  // namespace
}  // namespace loquat::codec
