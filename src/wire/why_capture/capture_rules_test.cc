#include "wire/why_capture/capture_rules.h"

#include <gtest/gtest.h>

#include "wire/why_capture/test_story.h"

namespace loquat::wire {
namespace {

using codec::tcp::ack;
using codec::tcp::fin;
using codec::tcp::rst;
using codec::tcp::syn;
using codec::test::operator+;
using codec::test::u16;
using codec::test::u32;
using tests::Story;

// An ICMP error about what the client sent. `rest`: the word behind the checksum.
codec::test::Frame icmp(unsigned type, unsigned code, std::uint32_t rest = 0) {
  const auto quoted = codec::test::ipv4(6, u16(40000) + u16(80) + u32(1000));
  return codec::test::ethernet(codec::test::ipv4(1, u16(type << 8 | code) + u16(0) + u32(rest) + quoted));
}

TEST(CaptureRules, RefusedByIcmp) {
  EXPECT_EQ(Story().client(syn, 0, 0).other(icmp(3, 13)).verdict(), "refused-by-icmp certain");
  EXPECT_EQ(Story().handshake().other(icmp(3, 1)).client(ack, 1, 1, "x").server(ack, 1, 2).verdict(), "healthy likely")
      << "of an open connection it is a hint: RFC 1122 s.4.2.3.9";
}

TEST(CaptureRules, ASynAckThatNobodyAcknowledges) {
  Story story;
  EXPECT_EQ(story.client(syn, 0, 0).server(syn | ack, 0, 1).verdict(), "connecting possible");
  EXPECT_EQ(story.at(1).server(syn | ack, 0, 1).at(3).server(syn | ack, 0, 1).verdict(), "handshake-unanswered likely");
  Story deaf;  // the client repeats its SYN, though the answer is there
  deaf.client(syn, 0, 0).server(syn | ack, 0, 1).at(1).client(syn, 0, 0).server(syn | ack, 0, 1);
  EXPECT_EQ(deaf.verdict(), "handshake-unanswered likely");
}

TEST(CaptureRules, OneSynAckWithoutAckMayBeACaptureThatMissesIt) {
  Story story;
  story.client(syn, 0, 0).server(syn | ack, 0, 1).story.add({.time_ns = 4 * tests::second});
  EXPECT_EQ(story.verdict(), "handshake-unanswered possible");
}

TEST(CaptureRules, ABacklogThatTookTheConnectionAfterAllMadeItSlow) {
  Story story;
  story.handshake().client(ack, 1, 1, "GET").at(1).server(syn | ack, 0, 1).client(ack, 4, 1);
  EXPECT_EQ(story.verdict(), "backlog-full likely");
  story.at(1.2).client(ack, 1, 1, "GET").at(3).server(syn | ack, 0, 1).client(ack, 1, 1, "GET");
  EXPECT_EQ(story.server(ack, 1, 4).at(3.1).server(ack, 1, 4, "OK").client(ack, 4, 3).verdict(),
            "slow-handshake likely");
  Story deferred;  // TCP_DEFER_ACCEPT: no data, so the SYN,ACK again; and then its timeout closes
  deferred.handshake().at(1).server(syn | ack, 0, 1).client(ack, 1, 1).at(20).server(fin | ack, 1, 1).client(ack, 1, 2);
  EXPECT_NE(deferred.verdict(), "backlog-full likely");
}

codec::test::Frame from_port(unsigned port, unsigned flags, bool back) {
  auto frame = codec::test::tcp_frame(back ? codec::test::Tcp{80, port, 2000, 1001, flags, 500, {}, {}}
                                           : codec::test::Tcp{port, 80, 1000, 0, flags, 500, {}, {}});
  if (back) std::swap_ranges(frame.begin() + 26, frame.begin() + 30, frame.begin() + 30);
  return frame;
}

TEST(CaptureRules, WhoAnswersOthersNowIsNoFilter) {
  Story before;
  before.other(from_port(7, syn, false)).other(from_port(7, syn | ack, true));
  EXPECT_EQ(before.at(60).client(syn, 0, 0).at(61).client(syn, 0, 0).verdict(), "syn-filtered likely")
      << "a minute ago it did";
  Story now;
  now.client(syn, 0, 0).other(from_port(7, syn, false)).other(from_port(7, syn | ack, true)).at(1).client(syn, 0, 0);
  EXPECT_EQ(now.story.verdicts()[0].second.cause, Cause::backlog_full);
  EXPECT_EQ(now.story.verdicts()[0].second.certainty, Certainty::possible);
  Story counted = now;
  counted.story.add_counters({{"ListenOverflows", 2}});
  EXPECT_EQ(counted.story.verdicts()[0].second.certainty, Certainty::likely);
  now.other(from_port(9, syn, false)).at(2).other(from_port(9, syn, false));
  EXPECT_EQ(now.story.verdicts()[0].second.certainty, Certainty::likely) << "others fare the same";
}

TEST(CaptureRules, CrossingSynsAreNoBacklog) {
  EXPECT_EQ(Story()
                .client(syn, 0, 0)
                .server(syn, 0, 0)
                .client(syn | ack, 0, 1)
                .server(syn | ack, 0, 1)
                .client(ack, 1, 1)
                .server(ack, 1, 1)
                .verdict(),
            "healthy likely");
}

TEST(CaptureRules, OneDirectionAloneProvesNothing) {
  EXPECT_EQ(Story().client(syn, 0, 0).client(ack, 1, 1).at(1).client(ack, 1, 1, "x").verdict(), "unknown possible");
}

TEST(CaptureRules, ASlowHandshake) {
  Story story;
  story.client(syn, 0, 0).at(3).client(syn, 0, 0).at(3.01).server(syn | ack, 0, 1).client(ack, 1, 1);
  EXPECT_EQ(story.client(ack, 1, 1, "x").server(ack, 1, 2).verdict(), "slow-handshake likely");
  EXPECT_EQ(story.at(60).client(ack, 2, 1, "y").server(ack, 1, 3).verdict(), "healthy likely") << "long ago";
}

TEST(CaptureRules, AnOlderConnectionOfThePortsIsInTheWay) {
  Story story;
  story.handshake().at(60).client(syn, 5000, 0).server(ack, 1, 1).client(rst, 1, 0);
  EXPECT_EQ(story.story.verdicts().front().second.cause, Cause::half_open) << "the client has begun anew";
  story.at(61).client(syn, 5000, 0).server(syn | ack, 90000, 5001).client(ack, 5001, 90001);
  EXPECT_EQ(story.verdict(), "slow-handshake certain");
}

TEST(CaptureRules, KeepAlivesWithAByteAreNoLoss) {
  Story story;
  story.handshake().client(ack, 1, 1, "hello").server(ack, 1, 6);
  for (int i = 1; i < 4; ++i) story.at(5 * i).client(ack, 5, 1, "o").server(ack, 1, 6);
  EXPECT_EQ(story.verdict(), "healthy likely");
}

TEST(CaptureRules, AMirrorPortShowsAllTwice) {
  Story story;
  for (unsigned i = 0; i < 2; ++i) story.ip(7).client(syn, 0, 0);
  for (unsigned i = 0; i < 2; ++i) story.ip(8).server(syn | ack, 0, 1);
  for (unsigned i = 0; i < 2; ++i) story.ip(9).client(ack, 1, 1);
  EXPECT_EQ(story.verdict(), "capture-duplicates likely");
}

TEST(CaptureRules, Reordering) {
  Story story;
  story.at(0).client(syn, 0, 0).at(0.01).server(syn | ack, 0, 1).at(0.02).client(ack, 1, 1);
  story.at(0.021).client(ack, 6, 1, "world").at(0.0212).client(ack, 1, 1, "hello").at(0.03).server(ack, 1, 11);
  EXPECT_EQ(story.verdict(), "reordering likely");
}

const std::string large(1400, 'x'), small(300, 'y');

TEST(CaptureRules, OnlySmallSegmentsPass) {
  Story sender;
  sender.handshake()
      .client(ack, 1, 1, small)
      .server(ack, 1, 301)
      .server(ack, 1, 301, large)
      .server(ack, 1401, 301, small);
  sender.client(ack, 301, 1);  // what came behind it came
  for (int i = 1; i < 4; ++i) sender.at(i).server(ack, 1, 301, large);
  EXPECT_EQ(sender.verdict(), "pmtu-black-hole likely");
  sender.client(ack, 301, 1401).server(ack, 1401, 301, small).client(ack, 301, 1701);
  EXPECT_EQ(sender.verdict(), "path-loss certain") << "it did pass";
}

TEST(CaptureRules, OnlySmallSegmentsCome) {
  Story receiver;
  receiver.handshake().client(ack, 1, 1, small).server(ack, 1, 301).server(ack, 2801, 301, small).client(ack, 301, 1);
  EXPECT_EQ(receiver.at(9).client(ack, 300, 1).verdict(), "pmtu-black-hole likely");
}

TEST(CaptureRules, TooBigIsHeardOrNot) {
  Story heard;
  heard.handshake().client(ack, 1, 1, large).other(icmp(3, 4, 1300)).client(ack, 1, 1, std::string(1200, 'x'));
  EXPECT_EQ(heard.at(0.1).server(ack, 1, 1201).verdict(), "healthy likely");
  Story deaf;
  deaf.handshake().client(ack, 1, 1, large).other(icmp(3, 4, 1300));
  for (int i = 1; i < 4; ++i) deaf.at(i).client(ack, 1, 1, large);
  EXPECT_EQ(deaf.verdict(), "pmtu-black-hole likely");
}

TEST(CaptureRules, ALargeSegmentThatNeverPassesWhileNothingElseIsSent) {
  Story ssh;
  ssh.handshake().server(ack, 1, 1, "x").client(ack, 1, 2).server(ack, 2, 1, large);
  for (int i = 1; i < 5; ++i) ssh.at(i).server(ack, 2, 1, large);
  EXPECT_EQ(ssh.verdict(), "pmtu-black-hole possible") << "or the other end went just then";
}

TEST(CaptureRules, WhatPassedBeforeIsNotTooLarge) {
  Story story;
  story.handshake();
  for (std::uint32_t i = 0; i < 6; ++i) story.client(ack, 1 + 1400 * i, 1, large);
  story.server(ack, 1, 1401).server(ack, 1, 2801).server(ack, 1, 2801).server(ack, 1, 2801);
  for (int i = 1; i < 4; ++i) story.at(i).client(ack, 2801, 1, large);
  EXPECT_EQ(story.verdict(), "peer-gone likely");
}

TEST(CaptureRules, ANumberFarAwayIsNoGap) {
  Story story;
  story.handshake().client(ack, 1, 1, "GET").server(ack, 1, 4).server(fin | ack, 1'900'000'000, 4);
  story.client(ack, 4, 1).at(20).client(ack, 4, 1).client(ack, 4, 1);
  EXPECT_EQ(story.verdict().find("pmtu"), std::string::npos);
}

TEST(CaptureRules, WhatHadArrivedIsNoLoss) {
  Story story;  // a phone that slept: it acknowledges the first one and reports each copy
  story.handshake().server(ack, 1, 1, "push");
  for (int i = 1; i < 4; ++i) story.at(i).server(ack, 1, 1, "push");
  for (int i = 0; i < 4; ++i) story.at(4).client(ack, 1, 5);
  EXPECT_EQ(story.verdict(), "spurious-retransmissions likely");
  Story lost;
  lost.handshake().server(ack, 1, 1, "push");
  for (int i = 1; i < 4; ++i) lost.at(i).server(ack, 1, 1, "push");
  EXPECT_EQ(lost.client(ack, 1, 5).verdict(), "path-loss certain");
}

TEST(CaptureRules, OneLossThatCostNothingIsNoVerdict) {
  Story story;
  story.handshake();
  for (std::uint32_t i = 0; i < 20; ++i) story.at(i).client(ack, 1 + i, 1, "x").server(ack, 1, 2 + i);
  EXPECT_EQ(story.client(ack, 21, 1, "y").at(19.05).client(ack, 21, 1, "y").server(ack, 1, 22).verdict(),
            "healthy likely");
}

TEST(CaptureRules, OnlyTheLastFinGetsNoAck) {
  Story story;
  story.handshake().client(ack, 1, 1, "GET").server(fin | ack, 1, 4).client(fin | ack, 4, 2);
  for (int i = 1; i < 4; ++i) story.at(i).client(fin | ack, 4, 2);
  EXPECT_EQ(story.verdict(), "closed likely");
}

TEST(CaptureRules, NagleWaitsForDelayedAcks) {
  Story story;
  story.handshake();
  std::uint32_t at = 1;
  for (int i = 0; i < 5; ++i, at += 10) {
    story.at(i * 0.041 + 0.001).client(ack, at, 1, "0123456789").at(i * 0.041 + 0.0415).server(ack, 1, at + 10);
  }
  EXPECT_EQ(story.verdict(), "nagle-delayed-ack likely");
}

TEST(CaptureRules, AnAnswerAfterDelayIsNotNagle) {
  Story story;
  story.handshake();
  for (std::uint32_t i = 0; i < 5; ++i) {
    story.at(i * 0.041 + 0.001).client(ack, 1 + i, 1 + i, "q").at(i * 0.041 + 0.0415).server(ack, 1 + i, 2 + i, "a");
  }
  EXPECT_EQ(story.verdict(), "healthy likely");
}

TEST(CaptureRules, ASlowServer) {
  Story story;
  story.handshake().client(ack, 1, 1, "GET").server(ack, 1, 4).at(5).server(ack, 1, 4, "OK").client(ack, 4, 3);
  EXPECT_EQ(story.verdict(), "slow-server likely");
  const auto evidence = story.story.verdicts().front().second.evidence;
  ASSERT_FALSE(evidence.empty());
  EXPECT_EQ(evidence.front().text.en, "of 5 s: 5 s until 10.0.0.2:80 answered");
  EXPECT_EQ(story.at(60).client(ack, 4, 3, "GET").server(ack, 3, 7, "OK").verdict(), "healthy likely")
      << "the client took longer";
}

TEST(CaptureRules, AServerThatOwesAnAnswer) {
  Story story;
  story.handshake().client(ack, 1, 1, "a").server(ack, 1, 2, "b").client(ack, 2, 2, "c").server(ack, 2, 3);
  story.story.add({.time_ns = 9 * tests::second});
  EXPECT_EQ(story.verdict(), "slow-server possible") << "if it owes one at all";
}

TEST(CaptureRules, AFinIsNoAnswer) {
  Story upload;
  upload.handshake().client(ack, 1, 1, "all of it").server(ack, 1, 10).at(5).server(fin | ack, 1, 10);
  EXPECT_EQ(upload.client(fin | ack, 10, 2).server(ack, 2, 11).verdict(), "closed certain");
}

TEST(CaptureRules, CloseWaitBeginsWithTheAckOfTheFin) {
  Story story;
  story.handshake().client(fin | ack, 1, 1).story.add({.time_ns = 9 * tests::second});
  EXPECT_EQ(story.verdict(), "closing possible") << "nobody has seen the FIN arrive";
}

TEST(CaptureRules, AVerdictOfACaptureWithCopiesSaysSo) {
  Story story;
  for (unsigned i = 0; i < 2; ++i) story.ip(7).client(syn, 0, 0);
  for (unsigned i = 0; i < 2; ++i) story.ip(8).server(rst | ack, 0, 1);
  EXPECT_EQ(story.verdict(), "closed-port likely");
  EXPECT_EQ(story.story.verdicts().front().second.evidence.back().text.en,
            "2 of 4 frames are copies of another; those were not sent again.");
}

TEST(CaptureRules, ABoxBetweenResets) {
  EXPECT_EQ(Story().ip(0, 52).handshake().client(ack, 1, 1, "x").ip(0, 63).server(rst, 1, 0).verdict(), "reset likely");
}

TEST(CaptureRules, AResetTellsWhatIsLost) {
  Story story;
  story.handshake().client(ack, 1, 1, "hello").server(rst | ack, 1, 1);
  const auto evidence = story.story.verdicts().front().second.evidence;
  EXPECT_EQ(evidence.back().text.en, "5 B had been sent and were not acknowledged: they are lost");
}

TEST(CaptureRules, DataWithASynThatIsNotTakenIsNoLoss) {
  EXPECT_EQ(Story()
                .client(syn, 0, 0, "hello")
                .server(syn | ack, 0, 1)
                .client(ack, 1, 1, "hello")
                .server(ack, 1, 6)
                .client(fin | ack, 6, 1)
                .server(fin | ack, 1, 7)
                .verdict(),
            "closed certain");
}

}  // namespace
}  // namespace loquat::wire
