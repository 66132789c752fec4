#include "wire/lab/slow_path.h"

#include <gtest/gtest.h>

#include <chrono>

namespace loquat::wire {
namespace {

using std::chrono::milliseconds;

TEST(SlowPath, DelayOnly) {
  SlowPath path({.delay = milliseconds(50)});
  EXPECT_EQ(path.extra(Side::client, 1500, milliseconds(0)), milliseconds(50));
  EXPECT_EQ(path.extra(Side::client, 1500, milliseconds(0)), milliseconds(50));
  EXPECT_EQ(SlowPath().extra(Side::client, 1500, milliseconds(3)), milliseconds(0));
}

TEST(SlowPath, FramesQueueForTheLink) {
  SlowPath path({.delay = milliseconds(50), .bytes_per_second = 100'000});
  EXPECT_EQ(path.extra(Side::client, 1000, milliseconds(0)), milliseconds(60));
  EXPECT_EQ(path.extra(Side::client, 1000, milliseconds(0)), milliseconds(70));
  EXPECT_EQ(path.extra(Side::client, 1000, milliseconds(5)), milliseconds(75));
  EXPECT_EQ(path.extra(Side::server, 1000, milliseconds(5)), milliseconds(60));  // the other direction is free
  EXPECT_EQ(path.extra(Side::client, 1000, milliseconds(500)), milliseconds(60));
}

TEST(SlowPath, AFullQueueLosesWhatComes) {
  SlowPath path({.bytes_per_second = 100'000, .queue = 2500});
  EXPECT_EQ(path.extra(Side::client, 1000, milliseconds(0)), milliseconds(10));
  EXPECT_EQ(path.extra(Side::client, 1000, milliseconds(0)), milliseconds(20));
  EXPECT_EQ(path.extra(Side::client, 1000, milliseconds(0)), std::nullopt);
  EXPECT_EQ(path.extra(Side::client, 500, milliseconds(0)), milliseconds(25)) << "a smaller one has room";
  EXPECT_EQ(path.extra(Side::server, 1000, milliseconds(0)), milliseconds(10));
  EXPECT_EQ(path.extra(Side::client, 1000, milliseconds(9)), std::nullopt);
  EXPECT_EQ(path.extra(Side::client, 1000, milliseconds(10)), milliseconds(25)) << "the first one has gone";
}

TEST(SlowPath, JitterKeepsTheOrderAndRepeats) {
  const SlowPath::Way way{.delay = milliseconds(10), .jitter = milliseconds(20)};
  SlowPath path(way), again(way);
  Duration before{};
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const Duration sent = milliseconds(i), extra = *path.extra(Side::client, 100, sent);
    EXPECT_EQ(again.extra(Side::client, 100, sent), extra);
    EXPECT_GE(sent + extra, before);
    EXPECT_GE(extra, milliseconds(10));
    EXPECT_LE(extra, milliseconds(30));
    differs |= extra != milliseconds(10);
    before = sent + extra;
  }
  EXPECT_TRUE(differs);
}

}  // namespace
}  // namespace loquat::wire
