#include "wire/capture/segment_kind.h"

#include <gtest/gtest.h>

#include "wire/capture/tracker.h"
#include "wire/trace/test_frames.h"

namespace loquat::wire {
namespace {

using codec::tcp::ack;
using codec::tcp::fin;
using codec::tcp::rst;
using codec::tcp::syn;

// A capture, segment by segment. Identifications count from 100 on each side; times are ms.
class Capture {
 public:
  Capture& at(double time) {
    time_ = time;
    return *this;
  }
  Capture& client(const tests::Tcp& tcp) { return send(Side::client, tcp); }
  Capture& server(const tests::Tcp& tcp) { return send(Side::server, tcp); }
  // The next segment has this identification, and those behind it go on from where they were.
  Capture& id(int value) {
    once_ = value;
    return *this;
  }
  // The next segment's IP header promises so many bytes more than there are.
  Capture& promise(int bytes) {
    promised_ = bytes;
    return *this;
  }
  // The next segment is the first fragment of a packet.
  Capture& fragment() {
    fragment_ = 0x20;
    return *this;
  }
  // The handshake takes two milliseconds: a round trip of 1 ms on each side of the capture.
  Capture& handshake() {
    return client({.seq = 99, .flags = syn})
        .server({.seq = 699, .ack = 100, .flags = syn | ack})
        .client({.seq = 100, .ack = 700, .flags = ack});
  }
  const SegmentFacts& last() const { return *seen_.back().facts; }
  std::string kind() const { return std::string(name(last().kind)); }
  const Frame& frame() const { return seen_.back(); }
  const TrackedConnection& connection(std::size_t n = 0) const { return tracker_.connections().at(n); }
  std::size_t connections() const { return tracker_.connections().size(); }

 private:
  Capture& send(Side from, tests::Tcp tcp) {
    auto frame = tests::tcp_bytes(from, tcp);
    const int id = once_ >= 0 ? once_ : next_id_[from == Side::client ? 0 : 1]++;
    once_ = -1;
    frame[18] = static_cast<std::byte>(id >> 8);
    frame[19] = static_cast<std::byte>(id & 255);
    frame[17] = static_cast<std::byte>(static_cast<int>(frame[17]) + promised_);
    frame[20] = static_cast<std::byte>(fragment_);
    promised_ = fragment_ = 0;
    const auto time = static_cast<std::int64_t>(time_ * 1e6);
    seen_.push_back(tracker_.add({.time_ns = time, .original_length = frame.size(), .bytes = frame}).frame);
    time_ += 1;
    return *this;
  }

  double time_ = 0;
  int once_ = -1, promised_ = 0, fragment_ = 0;
  int next_id_[2] = {100, 100};
  Tracker tracker_;
  std::vector<Frame> seen_;
};

tests::Tcp data(std::uint32_t seq, std::string_view payload, std::uint32_t acked = 700) {
  return {.seq = seq, .ack = acked, .flags = ack, .payload = payload};
}
tests::Tcp pure(std::uint32_t seq, std::uint32_t acked, std::uint16_t window = 64240) {
  return {.seq = seq, .ack = acked, .flags = ack, .window = window};
}

TEST(SegmentKind, ARetransmissionMayCarryNewBytesBehindTheOldOnes) {
  Capture capture;
  capture.handshake().client(data(100, "abc")).at(300).client(data(100, "abcdefgh"));
  EXPECT_EQ(capture.kind(), "retransmission");
  EXPECT_EQ(capture.last().new_bytes, 5u);
  EXPECT_EQ(capture.frame().retransmission_of, 4);
  EXPECT_EQ(capture.last().in_flight, 8u);
  EXPECT_EQ(capture.connection().bytes[0], 8u);
}

TEST(SegmentKind, FastAndSpuriousRetransmissions) {
  Capture capture;
  capture.handshake().client(data(100, "aaaa")).client(data(104, "bbbb")).client(data(108, "cccc"));
  for (int i = 0; i < 3; ++i) capture.server(pure(700, 100));
  EXPECT_EQ(capture.kind(), "duplicate-ack");
  EXPECT_EQ(capture.client(data(100, "aaaa")).kind(), "fast-retransmission");
  EXPECT_EQ(capture.frame().why.en, "A fast retransmission: duplicate ACKs asked for it.");
  EXPECT_EQ(capture.server(pure(700, 112)).client(data(104, "bbbb")).kind(), "spurious-retransmission");
  EXPECT_EQ(capture.frame().retransmission_of, 5);
}

TEST(SegmentKind, DuplicateAcksAskForWhatTheyAcknowledgeNext) {
  Capture capture;
  capture.handshake().client(data(100, "aaaa")).client(data(104, "bbbb")).client(data(108, "cccc"));
  for (int i = 0; i < 3; ++i) capture.server(pure(700, 104));
  EXPECT_EQ(capture.client(data(108, "cccc")).kind(), "retransmission") << "they asked for the one before it";
  EXPECT_EQ(capture.client(data(104, "bbbb")).kind(), "fast-retransmission");
  Capture receivers;  // it has not seen what was lost before it
  receivers.handshake().client(data(104, "bbbb")).client(data(108, "cccc")).client(data(112, "dddd"));
  for (int i = 0; i < 3; ++i) receivers.server(pure(700, 100));
  EXPECT_EQ(receivers.client(data(100, "aaaa")).kind(), "fast-retransmission");
}

TEST(SegmentKind, AClosedWindowAsksForNothing) {
  Capture capture;
  capture.handshake().server(pure(700, 100, 0)).client(data(100, "aaaa")).server(pure(700, 100, 0));
  EXPECT_EQ(capture.kind(), "");
  EXPECT_EQ(capture.server(pure(700, 100, 0)).server(pure(700, 100)).kind(), "window-update");
  EXPECT_EQ(capture.client(data(100, "aaaa")).kind(), "retransmission");
  EXPECT_EQ(capture.server(pure(700, 104)).server(pure(700, 104, 0)).kind(), "") << "closing it is no update";
}

TEST(SegmentKind, WithSackAnAckThatReportsAHoleIsADuplicateWhateverItsWindow) {
  Capture capture;
  capture.handshake().client(data(104, "bbbb")).server(pure(700, 100));
  auto report = pure(700, 100, 30000);
  report.options = {1, 1, 5, 10, 0, 0, 0, 104, 0, 0, 0, 108};
  EXPECT_EQ(capture.server(report).kind(), "duplicate-ack");
  report.window = 20000;
  report.options = {1, 1, 5, 10, 0, 0, 0, 96, 0, 0, 0, 100};
  EXPECT_EQ(capture.server(report).kind(), "window-update") << "a D-SACK reports no hole";
}

TEST(SegmentKind, WhatArrivesAfterItsAckWasSentNeedlessly) {
  Capture capture;
  capture.handshake().client(data(104, "bbbb")).server(pure(700, 108));
  EXPECT_TRUE(capture.last().acks_unseen);
  EXPECT_EQ(capture.at(900).client(data(100, "aaaa")).kind(), "spurious-retransmission");
}

TEST(SegmentKind, AnAckOfUnseenBytesIsSaidOnce) {
  Capture capture;
  capture.handshake().client(data(104, "bbbb")).server(pure(700, 108));
  EXPECT_TRUE(capture.last().acks_unseen) << "four of them";
  EXPECT_FALSE(capture.server(pure(700, 108)).last().acks_unseen);
  EXPECT_FALSE(capture.client(data(108, "cccc")).server(pure(700, 112)).last().acks_unseen);
  EXPECT_TRUE(capture.server(pure(700, 120)).last().acks_unseen);
  Capture one_way;
  one_way.client(data(100, "aaaa", 700)).client(data(104, "bbbb", 900));
  EXPECT_FALSE(one_way.last().acks_unseen) << "nothing of the other end is in the capture";
  Capture probed;
  probed.handshake().server(pure(700, 100, 0)).client(data(100, "a")).server(pure(700, 101, 500));
  EXPECT_FALSE(probed.last().acks_unseen) << "the probe's byte was seen";
}

TEST(SegmentKind, IdentificationsTellWhatWasOvertaken) {
  Capture capture;
  capture.handshake().id(151).client(data(104, "bbbb"));
  EXPECT_EQ(capture.last().unseen_before, 4u);
  EXPECT_EQ(capture.at(9).id(150).client(data(100, "aaaa")).kind(), "out-of-order");
  EXPECT_EQ(capture.last().new_bytes, 4u);
  EXPECT_EQ(capture.id(153).client(data(112, "dddd")).id(154).client(data(108, "cccc")).kind(), "retransmission");
  EXPECT_EQ(capture.connection().bytes[0], 16u);
}

TEST(SegmentKind, WithoutThemTheRoundTripDoes) {
  Capture capture;
  capture.handshake().id(0).client(data(104, "bbbb")).id(0).client(data(100, "aaaa"));
  EXPECT_EQ(capture.kind(), "out-of-order") << "1 ms of a round trip of 2 ms";
  capture.id(0).client(data(112, "dddd")).at(20).id(0).client(data(108, "cccc"));
  EXPECT_EQ(capture.kind(), "retransmission");
}

TEST(SegmentKind, CopiesAreKnownByTheirIdentificationForAsLongAsNoTimerRunsOut) {
  Capture capture;
  capture.id(7).client({.seq = 99, .flags = syn}).at(1).id(7).client({.seq = 99, .flags = syn});
  EXPECT_EQ(capture.kind(), "copy");
  EXPECT_EQ(capture.at(1001).id(7).client({.seq = 99, .flags = syn}).kind(), "retransmission");
  Capture without;  // identifications: only what follows at once is a copy
  without.handshake().id(0).client(data(100, "abc")).at(3.5).id(0).client(data(100, "abc"));
  EXPECT_EQ(without.kind(), "copy");
  EXPECT_EQ(without.at(5).id(0).client(data(100, "abc")).kind(), "retransmission");
  EXPECT_EQ(without.server(pure(700, 103)).id(0).server(pure(700, 103)).kind(), "") << "an ACK may come again";
}

TEST(SegmentKind, AnIdentificationThatNeverChangesIsNoEvidenceOfACopy) {
  Capture capture;
  capture.id(1).client({.seq = 99, .flags = syn}).id(1).client(data(100, "abc"));
  EXPECT_EQ(capture.at(50).id(1).client(data(100, "abc")).kind(), "retransmission");
  EXPECT_EQ(capture.at(50.5).id(1).client(data(100, "abc")).kind(), "copy") << "at once, and with the same bytes";
  Capture years_apart;
  years_apart.handshake().id(7).client(data(100, "abc")).at(9000).id(7).client(data(100, "abc"));
  EXPECT_EQ(years_apart.at(4).id(7).client(data(100, "abc")).kind(), "retransmission") << "the file goes back in time";
}

TEST(SegmentKind, ACopyMayBeCut) {
  Capture capture;
  auto whole = data(100, "abcdef"), cut = data(100, "abcXXX");  // what the capture did not keep
  capture.handshake().id(7).client(whole).id(7).client(cut);
  EXPECT_EQ(capture.kind(), "copy");
}

TEST(SegmentKind, BytesThatAHeaderPromisesAndAWholePacketHasNotDoNotCount) {
  Capture capture;
  capture.handshake().promise(6).client(data(100, "ab"));
  EXPECT_EQ(capture.last().new_bytes, 2u);
  EXPECT_EQ(capture.client(data(102, "cd")).kind(), "");
  EXPECT_EQ(capture.connection().bytes[0], 4u);
}

TEST(SegmentKind, TheRestOfAFragmentedSegmentIsNotMissing) {
  Capture capture;
  capture.handshake().fragment().client(data(100, "abcd")).client(data(110, "next"));
  EXPECT_EQ(capture.last().unseen_before, 0u) << "six bytes are in the other fragment";
  EXPECT_EQ(capture.client(data(120, "more")).last().unseen_before, 6u);
  Capture answered;
  answered.handshake().fragment().client(data(100, "abcd")).server(pure(700, 110));
  EXPECT_FALSE(answered.last().acks_unseen);
  EXPECT_EQ(answered.client(data(110, "next")).last().unseen_before, 0u);
}

TEST(SegmentKind, ProbesWithOneByte) {
  Capture capture;
  capture.handshake().client(data(100, "abc")).server(pure(700, 103));
  EXPECT_EQ(capture.at(5000).client(data(102, "c")).kind(), "keep-alive");
  EXPECT_EQ(capture.server(pure(700, 103)).kind(), "keep-alive-ack");
  EXPECT_EQ(capture.server(pure(700, 103, 0)).frame().why.en, "The receiver's buffer is full (zero window).");
  EXPECT_EQ(capture.client(data(103, "d")).kind(), "window-probe");
  EXPECT_EQ(capture.server(pure(700, 103, 0)).kind(), "window-probe-ack");
  EXPECT_EQ(capture.client(data(103, "d")).kind(), "window-probe");
  EXPECT_EQ(capture.server(pure(700, 103, 500)).kind(), "window-update");
  EXPECT_EQ(capture.client(data(103, "defgh")).kind(), "");
  EXPECT_EQ(capture.connection().bytes[0], 8u);
  EXPECT_EQ(capture.connection().retransmissions, 0u);
}

TEST(SegmentKind, AProbesByteThatIsTakenCounts) {
  Capture capture;
  capture.handshake().server(pure(700, 100, 0)).client(data(100, "a")).server(pure(700, 101, 500));
  EXPECT_EQ(capture.client(data(101, "b")).kind(), "");
  EXPECT_EQ(capture.last().unseen_before, 0u);
}

TEST(SegmentKind, WindowFullUnseenAndRoundTrip) {
  Capture capture;
  capture.handshake().server(pure(700, 100, 5)).client(data(100, "abcde"));
  EXPECT_TRUE(capture.last().window_full);
  EXPECT_EQ(capture.at(30).server(pure(700, 105)).last().rtt, std::chrono::milliseconds(26));
  capture.client(data(105, "f")).at(1).server(pure(700, 106));
  EXPECT_FALSE(capture.last().rtt) << "the file is not in the order of time";
  EXPECT_TRUE(capture.server(pure(700, 205)).last().acks_unseen);
  EXPECT_FALSE(capture.last().rtt);
  EXPECT_EQ(capture.client(data(215, "k")).last().unseen_before, 10u);
}

TEST(SegmentKind, PortsUsedAgainAndTheChallenge) {
  Capture capture;
  capture.handshake().client({.seq = 5000, .flags = syn});
  EXPECT_EQ(capture.connections(), 2u);
  EXPECT_TRUE(capture.last().ports_reused);
  EXPECT_EQ(capture.server(pure(700, 100)).kind(), "challenge-ack");
  capture.client({.seq = 100, .flags = rst}).at(1000).client({.seq = 5000, .flags = syn});
  EXPECT_EQ(capture.kind(), "retransmission");
  capture.server({.seq = 9000, .ack = 5001, .flags = syn | ack}).client(data(5001, "hello", 9001));
  EXPECT_EQ(capture.connection(1).bytes[0], 5u);
  EXPECT_EQ(capture.connection(1).states, (States{State::established, State::established}));
}

TEST(SegmentKind, AnotherSynAckDoesNotMoveTheFlowOfAConnection) {
  Capture capture;
  capture.handshake().server({.seq = 0x5000'0000, .ack = 100, .flags = syn | ack});
  EXPECT_EQ(capture.last().unseen_before, 0u) << "a SYN has nothing before it";
  EXPECT_EQ(capture.server(data(700, "abc", 100)).kind(), "");
  Capture answered;  // the client takes the second one
  answered.client({.seq = 99, .flags = syn}).server({.seq = 699, .ack = 100, .flags = syn | ack});
  answered.server({.seq = 0x5000'0000, .ack = 100, .flags = syn | ack}).client(pure(100, 0x5000'0001));
  EXPECT_FALSE(answered.last().acks_unseen);
  EXPECT_EQ(answered.server(data(0x5000'0001, "abc", 100)).last().new_bytes, 3u);
}

TEST(SegmentKind, AForgedSynDoesNotTakeTheConnectionAway) {
  Capture capture;
  capture.handshake().client({.seq = 0x5000'0000, .flags = syn}).server(pure(700, 100)).client(data(100, "abc"));
  EXPECT_EQ(capture.connections(), 2u);
  EXPECT_EQ(capture.connection(0).bytes[0], 3u);
}

TEST(SegmentKind, TheSameSynAfterACloseIsANewConnection) {
  Capture capture;
  capture.handshake()
      .client({.seq = 100, .ack = 700, .flags = fin | ack})
      .server({.seq = 700, .ack = 101, .flags = fin | ack})
      .client(pure(101, 701))
      .at(99000)
      .client({.seq = 99, .flags = syn});
  EXPECT_EQ(capture.connections(), 2u);
}

}  // namespace
}  // namespace loquat::wire
