#include "wire/lab/wire.h"

#include <gtest/gtest.h>

#include <chrono>

#include "codec/network/segment.h"
#include "wire/trace/test_frames.h"

namespace loquat::wire {
namespace {

using std::chrono::milliseconds;

Frame data_frame(Side from, std::uint32_t seq = 1, std::string_view payload = "x") {
  Frame frame;
  frame.from = from;
  frame.bytes = tests::tcp_bytes(from, {.seq = seq, .flags = codec::tcp::ack, .payload = payload});
  return frame;
}

// A wire whose time the test sets.
class WireTest : public ::testing::Test {
 protected:
  int send(Side from, std::uint32_t seq = 1) { return wire.send(data_frame(from, seq)).number; }
  // Delivers what is due and returns the numbers, in order; a copy counts as minus its original's number.
  std::vector<int> delivered() {
    std::vector<int> numbers;
    for (const int number : wire.due()) {
      for (auto arrival = wire.take(number); arrival; arrival = wire.take_overtaken_by(number, arrival->frame.from)) {
        numbers.push_back(arrival->frame.copy_of != 0 ? -arrival->frame.copy_of : arrival->frame.number);
        fates.push_back(arrival->frame.fate);
      }
    }
    wire.go_on();
    return numbers;
  }

  Duration time{};
  Wire wire{[this] { return time; }, {}, milliseconds(10)};
  std::vector<Fate> fates;
};

using FrameNumbers = std::vector<int>;

TEST_F(WireTest, FrameIsHeldForTheLatency) {
  EXPECT_FALSE(wire.wait());
  EXPECT_EQ(send(Side::client), 1);
  EXPECT_EQ(wire.wait(), milliseconds(10));
  EXPECT_EQ(delivered(), FrameNumbers{});
  time = milliseconds(10);
  EXPECT_EQ(wire.wait(), milliseconds(0));
  EXPECT_EQ(delivered(), FrameNumbers{1});
  EXPECT_EQ(delivered(), FrameNumbers{});
  EXPECT_TRUE(wire.is_quiet());
}

TEST_F(WireTest, BurstWaitsForItsLastFrame) {
  send(Side::client);
  time = milliseconds(9);
  send(Side::server);
  time = milliseconds(18);
  EXPECT_EQ(delivered(), FrameNumbers{});
  time = milliseconds(19);
  EXPECT_EQ(delivered(), (FrameNumbers{1, 2}));
}

TEST_F(WireTest, AnswerLeavesWhenItsCauseArrives) {
  wire.path({.delay = milliseconds(50)});
  send(Side::client);
  time = milliseconds(20);
  send(Side::client, 2);
  time = milliseconds(60);
  ASSERT_EQ(wire.due(), FrameNumbers{1});
  ASSERT_TRUE(wire.take(1));
  time = milliseconds(200);  // the machine is busy
  send(Side::server);
  wire.go_on();
  EXPECT_EQ(wire.wait(), milliseconds(20));
  time = milliseconds(500);
  EXPECT_EQ(delivered(), FrameNumbers{2});
  EXPECT_EQ(wire.wait(), milliseconds(40));
}

TEST_F(WireTest, LateMachineKeepsTheOrderOfTimes) {
  wire.path({.delay = milliseconds(50)});
  send(Side::client);
  time = milliseconds(55);
  send(Side::server);
  time = milliseconds(500);
  EXPECT_EQ(delivered(), FrameNumbers{1});  // at 60
  time = milliseconds(510);
  EXPECT_EQ(wire.wait(), milliseconds(45));
}

TEST_F(WireTest, DropAndCorruptAreFates) {
  wire.fault("drop", "c>s data #1");
  wire.fault("corrupt", "c>s data #2");
  send(Side::client);
  send(Side::client, 2);
  time = milliseconds(10);
  EXPECT_EQ(delivered(), (FrameNumbers{1, 2}));
  EXPECT_EQ(fates, (std::vector<Fate>{Fate::dropped, Fate::corrupted}));
}

TEST_F(WireTest, CopyFollowsItsOriginal) {
  wire.fault("duplicate", "c>s data #1");
  EXPECT_EQ(send(Side::client), 1);
  EXPECT_EQ(send(Side::client, 2), 3);
  time = milliseconds(10);
  EXPECT_EQ(delivered(), (FrameNumbers{1, -1, 3}));
}

TEST_F(WireTest, CopyTakesTheSlowPathToo) {
  wire.path({.delay = milliseconds(50)});
  wire.fault("duplicate", "c>s data");
  send(Side::client);
  time = milliseconds(59);
  EXPECT_EQ(delivered(), FrameNumbers{});
  time = milliseconds(60);
  EXPECT_EQ(delivered(), (FrameNumbers{1, -1}));
}

TEST_F(WireTest, AFullQueueLosesAFrameAndSaysSo) {
  wire.path({.bytes_per_second = 1000, .queue = 100});
  send(Side::client);
  EXPECT_EQ(wire.send(data_frame(Side::client, 2)).why.en, "lost: the queue of the slow link was full");
  time = milliseconds(10);
  EXPECT_EQ(delivered(), FrameNumbers{2});
  time = milliseconds(100);
  EXPECT_EQ(delivered(), FrameNumbers{1});
  EXPECT_EQ(fates, (std::vector<Fate>{Fate::dropped, Fate::delivered}));
  EXPECT_FALSE(wire.is_disturbed()) << "nobody has asked for it";
}

TEST_F(WireTest, StepTakesTheOriginalBeforeItsCopy) {
  wire.fault("duplicate", "c>s data #1");
  wire.pause(true);
  send(Side::client);
  time = milliseconds(1);
  send(Side::client, 2);
  time = milliseconds(100);
  EXPECT_TRUE(wire.step());
  EXPECT_EQ(delivered(), FrameNumbers{1});
}

TEST_F(WireTest, ReorderedFrameFollowsTheNextOfItsSide) {
  wire.fault("reorder", "c>s data #1");
  send(Side::client);
  send(Side::server);
  send(Side::client, 2);
  time = milliseconds(10);
  EXPECT_EQ(delivered(), (FrameNumbers{2, 3, 1}));
}

TEST_F(WireTest, ReorderedFrameDoesNotWaitForever) {
  wire.fault("reorder", "c>s data #1");
  send(Side::client);
  time = milliseconds(60);
  EXPECT_EQ(delivered(), FrameNumbers{1});
}

TEST_F(WireTest, DelayedFrameComesLater) {
  wire.fault("delay", "c>s data #1 200ms");
  send(Side::client);
  send(Side::client, 2);
  time = milliseconds(10);
  EXPECT_EQ(delivered(), FrameNumbers{2});
  EXPECT_EQ(wire.wait(), milliseconds(200));
}

TEST_F(WireTest, HeldFramesWaitForRelease) {
  wire.hold();
  send(Side::client);
  send(Side::server);
  EXPECT_EQ(wire.held(), 2u);
  EXPECT_TRUE(wire.is_quiet());
  time = milliseconds(100);
  EXPECT_EQ(delivered(), FrameNumbers{});
  wire.release();
  EXPECT_EQ(delivered(), (FrameNumbers{1, 2}));
  EXPECT_FALSE(wire.is_disturbed());
}

TEST_F(WireTest, PausedWireDeliversOnRequest) {
  wire.pause(true);
  send(Side::client);
  send(Side::client, 2);
  send(Side::client, 3);
  time = milliseconds(1000);
  EXPECT_EQ(delivered(), FrameNumbers{});
  EXPECT_TRUE(wire.is_watched());
  EXPECT_TRUE(wire.deliver(2));
  EXPECT_EQ(delivered(), FrameNumbers{2});
  EXPECT_TRUE(wire.step());
  EXPECT_EQ(delivered(), FrameNumbers{1});
  EXPECT_TRUE(wire.drop(3));
  EXPECT_EQ(delivered(), FrameNumbers{3});
  EXPECT_EQ(fates.back(), Fate::dropped);
  EXPECT_FALSE(wire.step());
  EXPECT_FALSE(wire.deliver(3));
  EXPECT_TRUE(wire.is_disturbed());
}

TEST_F(WireTest, HoldFaultStopsAFrame) {
  wire.fault("hold", "#1");
  EXPECT_TRUE(wire.is_stopped(send(Side::client)));
  time = milliseconds(1000);
  EXPECT_EQ(delivered(), FrameNumbers{});
  EXPECT_TRUE(wire.deliver(1));
  EXPECT_EQ(delivered(), FrameNumbers{1});
}

TEST_F(WireTest, RouterRefusesAndAnswers) {
  wire.route([](Side from, std::span<const std::byte>) -> std::optional<Refusal> {
    if (from == Side::server) return {};
    return Refusal{{"no way", {}}, Bytes(1), {"an answer", {}}};
  });
  send(Side::client);
  send(Side::server);
  time = milliseconds(10);
  ASSERT_EQ(wire.due(), (FrameNumbers{1, 2}));
  const auto refused = wire.take(1), passed = wire.take(2);
  EXPECT_EQ(refused->frame.fate, Fate::dropped);
  EXPECT_EQ(refused->frame.why.en, "no way");
  EXPECT_EQ(refused->answer.size(), 1u);
  EXPECT_EQ(passed->frame.fate, Fate::delivered);
  EXPECT_TRUE(passed->answer.empty());
}

TEST_F(WireTest, CutWireLosesFrames) {
  wire.cut();
  send(Side::client);
  time = milliseconds(10);
  EXPECT_EQ(delivered(), FrameNumbers{1});
  EXPECT_EQ(fates.back(), Fate::dropped);
}

TEST_F(WireTest, FindsWhatASegmentRepeats) {
  send(Side::client, 1);
  send(Side::server, 1);
  send(Side::client, 2);
  EXPECT_EQ(wire.send(data_frame(Side::client, 2)).retransmission_of, 3);
  EXPECT_EQ(wire.send(data_frame(Side::client, 3)).retransmission_of, 0);
  EXPECT_EQ(wire.send(data_frame(Side::client, 2, "")).retransmission_of, 0);  // an ACK repeats nothing
}

TEST(Wire, OrderedFaultIsNamedInTheFrame) {
  Wire wire([] { return Duration{}; }, {parse_fault(Fault::Kind::drop, "c>s data")}, Duration{});
  EXPECT_FALSE(wire.is_disturbed());
  EXPECT_EQ(wire.faults_without_frame().size(), 1u);
  wire.send(data_frame(Side::client));
  EXPECT_TRUE(wire.is_disturbed());
  EXPECT_TRUE(wire.faults_without_frame().empty());
  EXPECT_EQ(wire.take(1)->frame.why.en, "lost, as you asked: drop c>s data #1");
}

TEST(Wire, UnknownFaultThrows) {
  Wire wire([] { return Duration{}; }, {}, Duration{});
  EXPECT_THROW(wire.fault("lose", "c>s data"), std::invalid_argument);
}

}  // namespace
}  // namespace loquat::wire
