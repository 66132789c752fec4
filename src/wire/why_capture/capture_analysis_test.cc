#include "wire/why_capture/capture_analysis.h"

#include <gtest/gtest.h>

#include <string>

#include "wire/why_capture/test_story.h"

namespace loquat::wire {
namespace {

using codec::tcp::ack;
using codec::tcp::fin;
using codec::tcp::rst;
using codec::tcp::syn;
using tests::Story;

TEST(CaptureAnalysis, NothingAndANormalLife) {
  Story story;
  EXPECT_EQ(story.verdict(), "none");
  story.handshake().client(ack, 1, 1, "hello");
  EXPECT_EQ(story.verdict(), "healthy likely");
  story.server(ack, 1, 6).client(fin | ack, 6, 1).server(fin | ack, 1, 7).client(ack, 7, 2);
  EXPECT_EQ(story.verdict(), "closed certain");
  EXPECT_EQ(story.story.verdicts().front().first, "10.0.0.1:40000 -> 10.0.0.2:80");
}

TEST(CaptureAnalysis, WithoutTheOrderOfTimeNothingIsMoreThanPossible) {
  Story story;
  story.handshake().client(ack, 1, 1, "hello").at(0.5).server(ack, 1, 6).at(0.2).server(fin | ack, 1, 6);
  story.client(fin | ack, 6, 2).server(ack, 2, 7);
  EXPECT_EQ(story.verdict(), "closed possible");
  Story nearly;  // two queues of a card
  nearly.handshake().client(ack, 1, 1, "hello").at(0.0005).server(ack, 1, 6).at(0).server(ack, 1, 6, "hello");
  EXPECT_EQ(nearly.verdict(), "healthy likely");
}

TEST(CaptureAnalysis, ACaptureOfAnotherDayIsNoWait) {
  constexpr double days = 86'400;
  Story story;
  story.handshake().client(fin | ack, 1, 1).at(1).server(ack, 1, 2).at(1000 * days).other({});
  EXPECT_EQ(story.verdict(), "closing possible") << "nobody captured for years: it is no leak";
  Story back;  // the later day first
  back.at(1000 * days).other({}).at(0).handshake().client(fin | ack, 1, 1).at(1).server(ack, 1, 2);
  EXPECT_EQ(back.verdict(), "closing possible");
  EXPECT_EQ(back.at(6).other({}).verdict(), "close-wait-leak likely");
}

TEST(CaptureAnalysis, Refused) {
  EXPECT_EQ(Story().client(syn, 0, 0).server(rst | ack, 0, 1).verdict(), "closed-port likely");
}

TEST(CaptureAnalysis, SynsWithoutAnswer) {
  Story story;
  EXPECT_EQ(story.client(syn, 0, 0).verdict(), "connecting possible");
  EXPECT_EQ(story.at(1).client(syn, 0, 0).verdict(), "syn-filtered likely");
}

TEST(CaptureAnalysis, AServerThatDropsTheLastAck) {
  Story story;
  story.handshake().at(1).server(syn | ack, 0, 1).client(ack, 1, 1);
  EXPECT_EQ(story.verdict(), "backlog-full possible") << "or the ACK was lost, or the server waits for data";
  EXPECT_EQ(story.at(3).server(syn | ack, 0, 1).client(ack, 1, 1).verdict(), "backlog-full likely");
}

TEST(CaptureAnalysis, ResetsAreToldApartAsFarAsPacketsGo) {
  EXPECT_EQ(Story().handshake().client(rst | ack, 1, 1).verdict(), "reset-linger-0 likely");
  EXPECT_EQ(Story().handshake().client(ack, 1, 1, "hello").server(rst | ack, 1, 6).verdict(),
            "reset-unread-data likely");
  EXPECT_EQ(
      Story().handshake().client(ack, 1, 1, "hello").at(1).server(ack, 1, 6, "hi").server(rst | ack, 3, 6).verdict(),
      "reset-linger-0 likely");
  EXPECT_EQ(Story().handshake().at(9).client(ack, 1, 1, "hello").server(rst, 1, 0).verdict(), "half-open likely");
  EXPECT_EQ(Story()
                .handshake()
                .server(fin | ack, 1, 1)
                .client(ack, 1, 2)
                .client(ack, 1, 2, "late")
                .server(rst, 2, 0)
                .verdict(),
            "reset-late-data likely");
}

TEST(CaptureAnalysis, CountersSettleWhoAborted) {
  Story story;
  story.handshake().client(ack, 1, 1, "hello").server(rst | ack, 1, 6);
  story.story.add_counters({{"TCPAbortOnData", 1}});
  EXPECT_EQ(story.verdict(), "reset-linger-0 certain");
  Story other;
  other.handshake().client(ack, 1, 1, "hello").server(rst | ack, 1, 6);
  other.story.add_counters({{"TCPAbortOnClose", 1}});
  EXPECT_EQ(other.verdict(), "reset-unread-data certain");
}

TEST(CaptureAnalysis, AClosedWindow) {
  Story story;
  story.handshake().client(ack, 1, 1, "hello").server(ack, 1, 6, {}, 0);
  EXPECT_EQ(story.at(1).client(ack, 5, 1).server(ack, 1, 6, {}, 0).verdict(), "peer-not-reading likely");
  EXPECT_EQ(story.at(4).client(ack, 5, 1).server(ack, 1, 6, {}, 0).verdict(), "peer-not-reading certain");
  EXPECT_EQ(story.server(ack, 1, 6, {}, 500).client(ack, 6, 1, "more").verdict(), "peer-not-reading likely")
      << "it was";
  EXPECT_EQ(
      Story().handshake().server(ack, 1, 1, {}, 0).at(0.1).server(ack, 1, 1).at(5).client(ack, 1, 1, "x").verdict(),
      "healthy likely");
}

TEST(CaptureAnalysis, LossAndSilence) {
  Story story;
  story.handshake();
  for (std::uint32_t i = 0; i < 20; ++i) {
    story.at(i).client(ack, 1 + i, 1, "x");
    if (i % 5 == 0) story.at(i + 0.3).client(ack, 1 + i, 1, "x");
    story.server(ack, 1, 2 + i);
  }
  EXPECT_EQ(story.verdict(), "path-loss certain");
  Story silent;
  silent.handshake().client(ack, 1, 1, "hello").at(0.2).client(ack, 1, 1, "hello").at(0.6).client(ack, 1, 1, "hello");
  EXPECT_EQ(silent.verdict(), "peer-gone likely");
}

TEST(CaptureAnalysis, AFinThatTheOtherEndDoesNotAnswer) {
  Story story;
  story.handshake().client(fin | ack, 1, 1).server(ack, 1, 2);
  EXPECT_EQ(story.verdict(), "closing possible");
  story.story.add({.time_ns = 5 * tests::second});  // the capture goes on with something else
  EXPECT_EQ(story.verdict(), "close-wait-leak likely");
}

TEST(CaptureAnalysis, AForgedResetIsNotBelieved) {
  EXPECT_EQ(Story().handshake().server(rst, 9, 0).client(ack, 1, 1).server(ack, 1, 1, "on it goes").verdict(),
            "healthy likely");
}

TEST(CaptureAnalysis, KeepaliveGivesUp) {
  EXPECT_EQ(
      Story().handshake().at(10).client(ack, 0, 1).at(11).client(ack, 0, 1).at(12).client(rst | ack, 1, 1).verdict(),
      "peer-gone likely");
}

TEST(CaptureAnalysis, ALeakThatSpeaksLate) {
  Story story;
  story.handshake().server(fin | ack, 1, 1).client(ack, 1, 2).at(5).client(ack, 1, 2, "late").server(rst, 2, 0);
  EXPECT_EQ(story.verdict(), "close-wait-leak likely");
}

TEST(CaptureAnalysis, ANewConnectionOfTheSamePorts) {
  Story story;
  story.handshake().client(rst | ack, 1, 1).at(1).client(syn, 9, 0);
  ASSERT_EQ(story.story.verdicts().size(), 2U);
  EXPECT_EQ(story.verdict(), "connecting possible");
}

}  // namespace
}  // namespace loquat::wire
