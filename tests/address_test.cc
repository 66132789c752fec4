// Addresses as values: compared, sorted, hashed and printed.
#include "loquat/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <sstream>
#include <unordered_set>
#include <vector>

namespace loquat {
namespace {

std::vector<Address> in_order() {
  return {Address(),
          Address::unix_path("/run/a"),
          Address::unix_path("/run/b"),
          Address::unix_path("/run/b/c"),
          {"9.0.0.1", 443},
          {"10.0.0.1", 80},
          {"10.0.0.1", 8080},
          {"10.0.0.2", 22},
          {"200.0.0.1", 1},
          {"::1", 80},
          {"::1", 443},
          {"2001:db8::1", 1},
          {"fe80::1%1", 1},
          {"fe80::1%2", 1},
          Address::vsock(3, 1024),
          Address::vsock(4, 1024)};
}

TEST(Address, HasATotalOrderThatAgreesWithEquality) {
  const std::vector<Address> sorted = in_order();
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (std::size_t j = 0; j < sorted.size(); ++j) {
      SCOPED_TRACE(sorted[i].str() + " and " + sorted[j].str());
      EXPECT_EQ(sorted[i] <=> sorted[j], i <=> j);
      EXPECT_EQ(sorted[i] == sorted[j], i == j);
    }
  }
}

TEST(Address, IsAKeyInMapsAndSets) {
  std::map<Address, int> map;
  std::unordered_set<Address> set;
  for (int round = 0; round < 2; ++round) {
    for (const Address& address : in_order()) {
      ++map[address];
      set.insert(address);
    }
  }
  EXPECT_EQ(map.size(), in_order().size());
  EXPECT_EQ(set.size(), in_order().size());
  EXPECT_EQ((map[Address("10.0.0.1", 80)]), 2);
}

// A C program may leave any bytes in the padding.
TEST(Address, PaddingIsIgnored) {
  sockaddr_in from_c;
  std::memset(&from_c, 0xAB, sizeof from_c);
  from_c.sin_family = AF_INET;
  from_c.sin_port = htons(80);
  ::inet_pton(AF_INET, "10.0.0.1", &from_c.sin_addr);
  const Address dirty(reinterpret_cast<const sockaddr*>(&from_c), sizeof from_c);
  const Address clean("10.0.0.1", 80);
  EXPECT_EQ(dirty, clean);
  EXPECT_EQ(dirty <=> clean, std::strong_ordering::equal);
  EXPECT_EQ(std::hash<Address>()(dirty), std::hash<Address>()(clean));
  EXPECT_NE(dirty, Address("10.0.0.1", 81));
}

TEST(Address, RefusesMoreBytesThanItHolds) {
  std::vector<char> large(4096, 'x');
  const Address address(reinterpret_cast<const sockaddr*>(large.data()), static_cast<socklen_t>(large.size()));
  EXPECT_EQ(address.size(), sizeof(sockaddr_storage));
  EXPECT_EQ(address, address);
  EXPECT_EQ(Address(nullptr, 0), Address());
}

TEST(Address, IsPrintedAsText) {
  std::ostringstream out;
  out << Address("127.0.0.1", 80) << ' ' << Address("::1", 80) << ' ' << Address::unix_path("/run/x") << ' '
      << Address();
  EXPECT_EQ(out.str(), "127.0.0.1:80 [::1]:80 unix:/run/x unspecified");
}

}  // namespace
}  // namespace loquat
