#include "wire/lab/faults.h"

#include <gtest/gtest.h>

#include <chrono>

namespace loquat::wire {
namespace {

using std::chrono::milliseconds;

TEST(Fault, ParsesAndPrints) {
  EXPECT_EQ(str(parse_fault(Fault::Kind::drop, "c>s data #2")), "drop c>s data #2");
  EXPECT_EQ(str(parse_fault(Fault::Kind::drop, "s>c fin")), "drop s>c fin #1");
  EXPECT_EQ(str(parse_fault(Fault::Kind::corrupt, "#4-6")), "corrupt #4-6");
  EXPECT_EQ(str(parse_fault(Fault::Kind::drop, "c>s syn all")), "drop c>s syn all");
  EXPECT_EQ(str(parse_fault(Fault::Kind::delay, "50ms")), "delay all 50ms");
  EXPECT_EQ(str(parse_fault(Fault::Kind::delay, "s>c fin 200ms")), "delay s>c fin #1 200ms");
}

TEST(Fault, RefusesUnknownWords) {
  for (const char* bad : {"c>s dta", "#0", "#x", "#3-", "s<c"})
    EXPECT_THROW(parse_fault(Fault::Kind::drop, bad), std::invalid_argument) << bad;
  for (const char* bad : {"", "fin", "50", "-1ms", "601s", "nanms", "1e9s"})
    EXPECT_THROW(parse_fault(Fault::Kind::delay, bad), std::invalid_argument) << bad;
}

TEST(Fault, RandomFaultsDependOnTheSeedAlone) {
  const auto once = random_faults(7), again = random_faults(7);
  ASSERT_EQ(once.size(), again.size());
  for (std::size_t i = 0; i < once.size(); ++i) EXPECT_EQ(str(once[i]), str(again[i]));
}

TEST(Faults, CountMatchingFrames) {
  const std::vector<std::byte> arp = [] {
    std::vector<std::byte> frame(42);
    frame[12] = std::byte{0x08};
    frame[13] = std::byte{0x06};
    return frame;
  }();
  Faults faults;
  faults.add(parse_fault(Fault::Kind::drop, "c>s arp #2"), true);
  faults.add(parse_fault(Fault::Kind::drop, "arp"), false);
  ASSERT_EQ(faults.meet(Side::client, arp).size(), 1u);
  EXPECT_TRUE(faults.meet(Side::server, arp).empty());
  EXPECT_FALSE(faults.any_ordered_met());
  EXPECT_EQ(faults.ordered_without_frame().size(), 1u);
  ASSERT_EQ(faults.meet(Side::client, arp).size(), 1u);
  EXPECT_TRUE(faults.any_ordered_met());
  EXPECT_TRUE(faults.ordered_without_frame().empty());
  EXPECT_TRUE(faults.meet(Side::client, arp).empty());
}

}  // namespace
}  // namespace loquat::wire
