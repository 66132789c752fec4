#include "codec/network/forwarded.h"

#include <gtest/gtest.h>

#include <string>

namespace loquat::codec {
namespace {

std::string listed(const ForwardedFrom& all) {
  std::string out;
  for (const auto& one : all) out += (one.address ? one.address->text() : one.withheld ? "-" : "?") + " ";
  return out;
}

std::string x_forwarded_for(std::string_view value) {
  ForwardedFrom out;
  read_x_forwarded_for(value, out);
  return listed(out);
}

std::string forwarded(std::string_view value) {
  ForwardedFrom out;
  return read_forwarded(value, out) ? listed(out) : "refused";
}

TEST(Forwarded, xForwardedFor) {
  EXPECT_EQ(x_forwarded_for("192.0.2.7"), "192.0.2.7 ");
  EXPECT_EQ(x_forwarded_for(" 192.0.2.7 ,\t10.0.0.1"), "192.0.2.7 10.0.0.1 ");
  EXPECT_EQ(x_forwarded_for("2001:db8::7, [2001:db8::8], [2001:db8::9]:80, 192.0.2.7:80, ::ffff:192.0.2.8"),
            "2001:db8::7 2001:db8::8 2001:db8::9 192.0.2.7 192.0.2.8 ");
  EXPECT_EQ(x_forwarded_for("unknown, _hidden, Unknown:80, _hidden:_port"), "- - - - ");
  EXPECT_EQ(x_forwarded_for("192.0.2.7.8, [::1, [::1]x, 300.1.1.1, fe80::1%eth0, 010.0.0.1, unknowns, unix:, :, []"),
            "? ? ? ? ? ? ? ? ? ? ");
  EXPECT_EQ(x_forwarded_for(",, 192.0.2.7,"), "192.0.2.7 ");
  EXPECT_EQ(x_forwarded_for(""), "");
}

TEST(Forwarded, aQuoteInXForwardedForSwallowsNothing) {
  for (const char* sent : {"\"", "\"\\", "\\", "\"[", "[", "\"192.0.2.1", "for=\""}) {
    EXPECT_EQ(x_forwarded_for(std::string(sent) + ", 203.0.113.9"), "? 203.0.113.9 ") << sent;
  }
  EXPECT_EQ(x_forwarded_for("\"192.0.2.1, 203.0.113.9\""), "? ? ");
  EXPECT_EQ(x_forwarded_for("\"192.0.2.1\""), "? ");
}

TEST(Forwarded, forwarded) {
  EXPECT_EQ(forwarded("for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60 ");
  EXPECT_EQ(forwarded("For=\"[2001:db8:cafe::17]:4711\""), "2001:db8:cafe::17 ");
  EXPECT_EQ(forwarded("for=192.0.2.43, for=\"198.51.100.17:99\";by=x"), "192.0.2.43 198.51.100.17 ");
  EXPECT_EQ(forwarded("for=unknown, for=_SEVKISEK, proto=https, for=, for, for=x"), "- - - ? ? ? ");
  EXPECT_EQ(forwarded("host=\"a,for=192.0.2.1;b\\\"\";for=192.0.2.2"), "192.0.2.2 ") << "quoted";
  EXPECT_EQ(forwarded("for=\"\\192.0.2.1\""), "192.0.2.1 ");
  EXPECT_EQ(forwarded(", ,for=192.0.2.1,"), "192.0.2.1 ");
}

TEST(Forwarded, aFieldThatEndsInsideAQuoteIsRefused) {
  for (const char* sent : {"\"", "for=\"", "for=\"192.0.2.1", "for=\"\\", "for=192.0.2.1, host=\"a\\\"", "a\"b"}) {
    EXPECT_EQ(forwarded(sent), "refused") << sent;
    // Whatever the proxy appends has an even number of quotes.
    EXPECT_EQ(forwarded(std::string(sent) + ", for=203.0.113.9"), "refused") << sent;
    EXPECT_EQ(forwarded(std::string(sent) + ", for=\"[2001:db8::1]:80\";by=\"[::1]\""), "refused") << sent;
  }
  EXPECT_EQ(forwarded("for=\\, for=203.0.113.9"), "? 203.0.113.9 ") << "no escape outside of quotes";
  EXPECT_EQ(forwarded("for=\"\\\"\", for=203.0.113.9"), "? 203.0.113.9 ");
}

}  // namespace
}  // namespace loquat::codec
