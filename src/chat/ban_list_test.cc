#include "chat/ban_list.h"

#include <gtest/gtest.h>

#include "codec/text/names.h"

namespace loquat::chat {
namespace {

codec::AddressPrefix at(const std::string& address) { return *codec::AddressPrefix::parse(address); }

TEST(BanList, FindsTheBanOfAnAddressAmongMany) {
  BanList bans;
  for (int i = 0; i < 20'000; ++i)
    bans.add({"10." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ".0/24", "list"});
  for (const char* target : {"192.0.2.7", "198.51.100.0/22", "2001:db8::/32", "::/64"}) bans.add({target, ""});
  const auto met = [&](const std::string& address) {
    const Ban* ban = bans.covering(at(address));
    return ban == nullptr ? std::string() : ban->target;
  };
  EXPECT_EQ(met("10.79.249.255"), "10.79.249.0/24");
  EXPECT_EQ(met("10.80.0.1"), "");
  EXPECT_EQ(met("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(met("192.0.2.8"), "") << "and not by ::/64, which has no IPv4 address";
  EXPECT_EQ(met("198.51.103.9"), "198.51.100.0/22");
  EXPECT_EQ(met("2001:db8:1::1"), "2001:db8::/32");
  EXPECT_EQ(met("::1"), "::/64");
  bans.remove("198.51.100.0/22");
  bans.remove("198.51.100.0/22");
  EXPECT_EQ(met("198.51.103.9"), "");
}

TEST(BanList, KnowsABanByEachOfItsNames) {
  using Targets = std::vector<std::string>;
  BanList bans({{"bob", "noise"}, {"192.0.2.7", "", "Bob"}, {"::FFFF:192.0.2.7", "as an old version stored it"}});
  EXPECT_EQ(bans.targets_of("BOB"), (Targets{"192.0.2.7", "bob"}));
  EXPECT_EQ(bans.targets_of("192.0.2.7"), (Targets{"192.0.2.7", "::FFFF:192.0.2.7"}));
  EXPECT_EQ(bans.targets_of("b0b"), Targets{}) << "who looks like bob is not bob";
  bans.remove("192.0.2.7");
  EXPECT_TRUE(bans.has_address(at("192.0.2.7")));
  bans.remove("::FFFF:192.0.2.7");
  EXPECT_FALSE(bans.has_address(at("192.0.2.7")));
  EXPECT_TRUE(bans.has_nick(codec::name_skeleton("b0b")));
  bans.add({"b0b", ""});
  bans.remove("bob");
  EXPECT_TRUE(bans.has_nick(codec::name_skeleton("bob"))) << "two bans had the same look";
  bans.remove("b0b");
  EXPECT_FALSE(bans.has_nick(codec::name_skeleton("bob")));
}

}  // namespace
}  // namespace loquat::chat
