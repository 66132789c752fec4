#include "doors/common/flood.h"

#include <gtest/gtest.h>

#include "doors/common/context.h"
#include "doors/peers/peer.h"

namespace loquat::doors {
namespace {

using namespace std::chrono_literals;

const TimePoint noon = TimePoint(1h);

TEST(Pace, ABurstPassesThenAnEvenRate) {
  Pace pace(20, 2);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(pace.take(noon), 0s);
  EXPECT_EQ(pace.take(noon), 500ms);
  EXPECT_EQ(pace.take(noon + 500ms), 500ms);
  EXPECT_FALSE(pace.rested(noon + 10s));
  EXPECT_TRUE(pace.rested(noon + 11s));
  EXPECT_EQ(pace.take(noon + 1h, 21), 500ms);  // rest is not saved beyond the burst
}

TEST(Pace, WhoShareOneAreServedInOrder) {
  Pace pace(1, 10);
  EXPECT_EQ(pace.take(noon), 0s);
  for (int i = 1; i < 5; ++i) EXPECT_EQ(pace.take(noon), i * 100ms);
}

TEST(Flood, RequestsHaveALimitOfTheirOwn) {
  Paces paces(Options{}, 1);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(paces.take({0, 1}, noon), 0s);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(paces.take({1, 0}, noon), 0s);
  EXPECT_EQ(paces.take({0, 1}, noon), 50ms);
  EXPECT_EQ(paces.take({1, 0}, noon), 500ms);
}

TEST(Flood, NobodyWaitsLongForOthersOfTheAddress) {
  AddressPaces paces;
  for (int i = 0; i < 10'000; ++i) paces.take(Options{}, "place", {4, 4}, noon);
  EXPECT_EQ(paces.take(Options{}, "place", {1, 1}, noon), 30s);
  EXPECT_EQ(paces.take(Options{}, "place", {1, 1}, noon + 31s), 0s);
}

TEST(Flood, AddressesAreForgottenWhenTheyHaveRested) {
  const Options options;
  AddressPaces paces;
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_EQ(paces.take(options, std::to_string(i), {1, 0}, noon + i * 100ms), 0s);
    EXPECT_LE(paces.size(), 64u);
  }
}

TEST(Flood, PlacesAreAddressesAndHalvesOfIpv6) {
  EXPECT_EQ(place_of("192.0.2.7"), place_of("::ffff:192.0.2.7"));
  EXPECT_NE(place_of("192.0.2.7"), place_of("192.0.2.8"));
  EXPECT_EQ(place_of("2001:db8::1"), place_of("2001:db8::ffff:1"));
  EXPECT_NE(place_of("2001:db8::1"), place_of("2001:db8:0:1::1"));
  EXPECT_EQ(place_of("fe80::1%eth0"), place_of("fe80::2%eth0"));
  for (const char* exempt : {"127.0.0.1", "127.8.8.8", "::1", "unix", ""}) EXPECT_EQ(place_of(exempt), "") << exempt;
}

}  // namespace
}  // namespace loquat::doors
