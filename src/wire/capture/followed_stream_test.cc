#include "wire/capture/followed_stream.h"

#include <gtest/gtest.h>

#include <utility>

#include "wire/capture/tracker.h"
#include "wire/trace/test_frames.h"

namespace loquat::wire {
namespace {

using codec::tcp::ack;
using codec::tcp::fin;
using codec::tcp::rst;
using codec::tcp::syn;

// A capture, as capture_trace() would have it; a frame each millisecond.
class TalkCapture {
 public:
  TalkCapture& add(Side from, const tests::Tcp& tcp, std::size_t kept = 10000) {
    auto frame = tests::tcp_bytes(from, tcp);
    frame[17] = static_cast<std::byte>(std::to_integer<int>(frame[17]) + std::exchange(promised_, 0));
    const std::size_t length = frame.size();
    frame.resize(std::min(kept, length));
    trace_.emplace_back(
        tracker_.add({.time_ns = ++frames_ * 1'000'000, .original_length = length, .bytes = frame}).frame);
    return *this;
  }
  // The next segment's IP header promises so many bytes more than there are.
  TalkCapture& promise(int bytes) {
    promised_ = bytes;
    return *this;
  }
  TalkCapture& client(std::uint32_t seq, std::uint32_t ack_number, std::string_view payload = {}) {
    return add(Side::client, {.seq = seq, .ack = ack_number, .flags = ack, .payload = payload});
  }
  TalkCapture& server(std::uint32_t seq, std::uint32_t ack_number, std::string_view payload = {}) {
    return add(Side::server, {.seq = seq, .ack = ack_number, .flags = ack, .payload = payload});
  }
  TalkCapture& opened() {
    add(Side::client, {.seq = 99, .flags = syn});
    add(Side::server, {.seq = 699, .ack = 100, .flags = syn | ack});
    return client(100, 700);
  }
  FollowedStream followed() const { return follow_stream(trace_); }
  // "c0 abc" is what the client sent from its byte 0 on; "c9 +3 de": three bytes before it are missing.
  std::vector<std::string> told() const {
    std::vector<std::string> out;
    for (const Turn& turn : followed().turns) {
      const std::string missing = turn.missing == 0 ? "" : "+" + std::to_string(turn.missing) + " ";
      out.push_back((turn.from == Side::client ? "c" : "s") + std::to_string(turn.position) + " " + missing +
                    turn.bytes);
    }
    return out;
  }

 private:
  Tracker tracker_;
  Trace trace_;
  std::int64_t frames_ = 0;
  int promised_ = 0;
};

using Told = std::vector<std::string>;

TEST(FollowedStream, BothSidesTakeTurns) {
  const auto turns = TalkCapture()
                         .opened()
                         .client(100, 700, "GET ")
                         .client(104, 700, "/")
                         .server(700, 105, "200")
                         .client(105, 703, "bye")
                         .followed()
                         .turns;
  ASSERT_EQ(turns.size(), 3u);
  EXPECT_EQ(turns[0].bytes, "GET /");
  EXPECT_EQ(turns[0].frame, 4);
  EXPECT_EQ(turns[0].at, std::chrono::milliseconds(3));
  EXPECT_EQ(turns[1].bytes, "200");
  EXPECT_EQ(turns[2].position, 5u);
}

TEST(FollowedStream, BytesStandOnceAndInOrder) {
  const TalkCapture capture = TalkCapture()
                                  .opened()
                                  .client(103, 700, "def")
                                  .client(100, 700, "abc")
                                  .client(100, 700, "abcdef")
                                  .client(102, 700, "cdefgh");
  EXPECT_EQ(capture.told(), (Told{"c0 abcdefgh"}));
  EXPECT_TRUE(capture.followed().changes.empty());
}

TEST(FollowedStream, OtherBytesOfARepetitionAreToldAndDoNotCount) {
  const TalkCapture capture = TalkCapture().opened().client(100, 700, "abc").client(101, 700, "XYZ");
  EXPECT_EQ(capture.told(), (Told{"c0 abcZ"}));
  EXPECT_EQ(capture.followed().changes, (std::vector<FollowedStream::Change>{{Side::client, 5}}));
}

TEST(FollowedStream, WhatOnlyTheReceiverHasSeenIsMissing) {
  EXPECT_EQ(TalkCapture().opened().client(110, 700, "late").server(700, 114, "ok").told(),
            (Told{"c10 +10 late", "s0 ok"}));
  EXPECT_EQ(TalkCapture().opened().server(700, 110, "ok").told(), (Told{"c10 +10 ", "s0 ok"}));
  EXPECT_EQ(TalkCapture().opened().client(103, 700, "def").told(), (Told{"c3 +3 def"}));  // the capture ends
}

TEST(FollowedStream, AnAckThatIsCapturedBeforeItsDataHidesNothing) {
  EXPECT_EQ(TalkCapture().opened().server(700, 103).client(100, 700, "abc").told(), (Told{"c0 abc"}));
}

TEST(FollowedStream, WhatTheCaptureCutIsMissing) {
  const tests::Tcp cut{.seq = 100, .ack = 700, .flags = ack, .payload = "abcdef"};
  EXPECT_EQ(TalkCapture().opened().add(Side::client, cut, 54 + 2).client(106, 700, "gh").told(),
            (Told{"c0 ab", "c6 +4 gh"}));
}

TEST(FollowedStream, AFinIsNoByte) {
  TalkCapture seen;
  seen.opened().add(Side::client, {.seq = 100, .ack = 700, .flags = fin | ack, .payload = "abc"}).server(700, 104);
  EXPECT_EQ(seen.told(), (Told{"c0 abc"}));
  EXPECT_EQ(TalkCapture().opened().client(100, 700, "abc").server(700, 104).told(),
            (Told{"c0 abc"}));  // it was not seen
}

TEST(FollowedStream, AResetCarriesNothing) {
  const TalkCapture capture =
      TalkCapture()
          .opened()
          .client(100, 700, "abc")
          .add(Side::server, {.seq = 700, .ack = 103, .flags = rst | ack, .payload = "No one is listening"});
  EXPECT_EQ(capture.told(), (Told{"c0 abc"}));
}

TEST(FollowedStream, ACaptureMayBeginInTheMiddle) {
  EXPECT_EQ(TalkCapture().client(5000, 900, "abc").client(4990, 900, "before").server(900, 5003, "ok").told(),
            (Told{"c0 abc", "s0 ok"}));
}

TEST(FollowedStream, ProbesAreNoChange) {
  const TalkCapture capture =
      TalkCapture().opened().client(100, 700, "abc").server(700, 103).client(102, 700, std::string_view("\0", 1));
  EXPECT_EQ(capture.told(), (Told{"c0 abc"}));
  EXPECT_TRUE(capture.followed().changes.empty());
}

TEST(FollowedStream, NumbersMayWrap) {
  const TalkCapture capture = TalkCapture()
                                  .add(Side::client, {.seq = 0xFFFFFFFD, .flags = syn})
                                  .add(Side::server, {.seq = 699, .ack = 0xFFFFFFFE, .flags = syn | ack})
                                  .client(0xFFFFFFFE, 700, "abc")
                                  .client(1, 700, "def")
                                  .server(700, 4);
  EXPECT_EQ(capture.told(), (Told{"c0 abcdef"}));
}

TEST(FollowedStream, AnAckOfNothingThatWasSentIsNoGap) {
  EXPECT_EQ(TalkCapture().opened().client(100, 700, "abc").server(700, 0x70000000).client(103, 700, "def").told(),
            (Told{"c0 abcdef"}));
}

TEST(FollowedStream, AnAckThatLaterOnesContradictIsNoGap) {
  const TalkCapture capture =
      TalkCapture().opened().client(100, 700, "abc").server(700, 9'000'000).client(103, 700, "def").server(700, 106);
  EXPECT_EQ(capture.told(), (Told{"c0 abcdef"}));
}

TEST(FollowedStream, ALongGapIsTold) {
  EXPECT_EQ(TalkCapture().opened().client(100, 700, "ab").server(700, 20'000'102).told(),
            (Told{"c0 ab", "c20000002 +20000000 "}));
}

TEST(FollowedStream, ASegmentFarAwayMovesNothing) {
  const auto told = TalkCapture()
                        .opened()
                        .client(100, 700, "ab")
                        .client(0x60000000, 700, "x")
                        .client(0xD0000000, 700, "y")
                        .client(102, 700, "cd")
                        .told();
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0], "c0 abcd");
}

TEST(FollowedStream, NothingFollowsAFin) {
  TalkCapture seen;
  seen.opened().add(Side::client, {.seq = 100, .ack = 700, .flags = fin | ack, .payload = "abc"});
  EXPECT_EQ(seen.client(104, 700, "more").told(), (Told{"c0 abc"}));
}

TEST(FollowedStream, WhatIsSentToAnEndThatHasGoneCounts) {
  TalkCapture seen;
  seen.opened().client(100, 700, "abc").add(Side::server, {.seq = 700, .ack = 103, .flags = rst | ack});
  EXPECT_EQ(seen.client(103, 700, "late").told(), (Told{"c0 abclate"}));
}

TEST(FollowedStream, WhatAWholePacketDoesNotHaveIsNotMissing) {
  const tests::Tcp boasting{.seq = 100, .ack = 700, .flags = ack, .payload = "abc"};
  EXPECT_EQ(TalkCapture().opened().promise(70).add(Side::client, boasting).client(103, 700, "d").told(),
            (Told{"c0 abcd"}));
}

TEST(FollowedStream, AKeepAliveBeforeAllIsNoByte) {
  const std::string_view zero("\0", 1);
  EXPECT_EQ(TalkCapture().client(4999, 900, zero).server(900, 5000).client(5000, 900, "data").told(),
            (Told{"c1 data"}));
}

}  // namespace
}  // namespace loquat::wire
