#include "sim/random.h"

#include <gtest/gtest.h>

#include <vector>

namespace loquat::sim {
namespace {

using namespace std::chrono_literals;

// The numbers are part of what a seed means: another compiler or library must not change them.
TEST(Random, IsTheSameEverywhere) {
  EXPECT_EQ(mix(0), 0xE220A8397B1DCDAFu);  // splitmix64's published first output for seed 0
  Random random(42, 1);
  std::vector<std::uint64_t> first{random.next(), random.next(), random.next()};
  Random again(42, 1);
  EXPECT_EQ(first, (std::vector<std::uint64_t>{again.next(), again.next(), again.next()}));
  EXPECT_EQ(first, (std::vector<std::uint64_t>{0xF3531AA42C795B60u, 0xE98FAED1CE8F8F58u, 0x63F7B75EE424DAD3u}));
}

TEST(Random, SeedsAndStreamsDiffer) {
  EXPECT_NE(Random(1, 1).next(), Random(2, 1).next());
  EXPECT_NE(Random(1, 1).next(), Random(1, 2).next());
}

TEST(Random, BelowReachesAllAndNoMore) {
  Random random(7, 1);
  std::vector<int> seen(10);
  for (int i = 0; i < 10'000; ++i) ++seen.at(random.below(10));
  for (int count : seen) EXPECT_NEAR(count, 1000, 200);
  EXPECT_EQ(random.below(0), 0u);
  EXPECT_FALSE(random.one_in(0));
  EXPECT_TRUE(random.one_in(1));
}

TEST(Random, BetweenIncludesBothEnds) {
  Random random(7, 1);
  bool min = false, max = false;
  for (int i = 0; i < 1000; ++i) {
    Duration drawn = random.between(3ns, 6ns);
    ASSERT_TRUE(3ns <= drawn && drawn <= 6ns);
    min |= drawn == 3ns;
    max |= drawn == 6ns;
  }
  EXPECT_TRUE(min && max);
  EXPECT_EQ(random.between(5ns, 5ns), 5ns);
}

}  // namespace
}  // namespace loquat::sim
