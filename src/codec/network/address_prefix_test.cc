#include "codec/network/address_prefix.h"

#include <gtest/gtest.h>

namespace loquat::codec {
namespace {

std::string canonical(std::string_view text) {
  const auto prefix = AddressPrefix::parse(text);
  return prefix ? prefix->str() : "";
}

bool contains(std::string_view prefix, std::string_view address) {
  return AddressPrefix::parse(prefix)->contains(*AddressPrefix::parse(address));
}

TEST(AddressPrefix, HasOneSpelling) {
  EXPECT_EQ(canonical("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(canonical("192.0.2.7/32"), "192.0.2.7");
  EXPECT_EQ(canonical("192.0.2.7/24"), "192.0.2.0/24");
  EXPECT_EQ(canonical("192.0.2.255/31"), "192.0.2.254/31");
  EXPECT_EQ(canonical("0.0.0.0/0"), "0.0.0.0/0");
  EXPECT_EQ(canonical("::FFFF:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(canonical("::ffff:c000:207/120"), "192.0.2.0/24");
  EXPECT_EQ(canonical("2001:DB8:0:0:0:0:0:1"), "2001:db8::1");
  EXPECT_EQ(canonical("2001:db8:ffff::/33"), "2001:db8:8000::/33");
  EXPECT_EQ(canonical("fe80::1%eth0"), "fe80::1");
  EXPECT_EQ(canonical("::/0"), "::/0");
}

TEST(AddressPrefix, RefusesWhatIsNone) {
  for (const char* wrong : {"", "/", "/8", "192.0.2", "192.0.2.7.9", "192.0.2.256", "192.0.2.7/", "192.0.2.7/33",
                            "192.0.2.7/-1", "192.0.2.7/8x", "192.0.2.7/ 8", "2001:db8::/129", "[::1]", "ada", "unix"})
    EXPECT_EQ(canonical(wrong), "") << wrong;
  EXPECT_EQ(canonical(std::string_view("192.0.2.7\0x", 11)), "");
}

TEST(AddressPrefix, ContainsItsOwnFamilyOnly) {
  EXPECT_TRUE(contains("192.0.2.0/24", "192.0.2.255"));
  EXPECT_FALSE(contains("192.0.2.0/24", "192.0.3.0"));
  EXPECT_TRUE(contains("192.0.2.0/24", "::ffff:192.0.2.1"));
  EXPECT_TRUE(contains("10.0.0.0/8", "10.1.0.0/16"));
  EXPECT_FALSE(contains("10.1.0.0/16", "10.0.0.0/8"));
  EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
  EXPECT_TRUE(contains("::/0", "2001:db8::1"));
  EXPECT_FALSE(contains("::/0", "203.0.113.9"));
  EXPECT_FALSE(contains("::/64", "203.0.113.9"));
  EXPECT_FALSE(contains("0.0.0.0/0", "::1"));
}

TEST(AddressPrefix, AHostOfIPv6HasItsWholeNetwork) {
  const auto host = [](std::string_view text) { return AddressPrefix::parse(text)->host().str(); };
  EXPECT_EQ(host("2001:db8::5"), "2001:db8::/64");
  EXPECT_EQ(host("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(host("fe80::5"), "fe80::5");
  EXPECT_EQ(host("::1"), "::1");
}

}  // namespace
}  // namespace loquat::codec
