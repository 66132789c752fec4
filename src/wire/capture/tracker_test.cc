#include "wire/capture/tracker.h"

#include <gtest/gtest.h>

#include "wire/capture/fate_comments.h"
#include "wire/trace/test_frames.h"

namespace loquat::wire {
namespace {

using codec::CaptureDirection;
using codec::tcp::ack;
using codec::tcp::fin;
using codec::tcp::psh;
using codec::tcp::rst;
using codec::tcp::syn;

constexpr Side from_client = Side::client, from_server = Side::server;

struct Packet {
  Side from;
  tests::Tcp tcp;
  std::string_view comment{};
  CaptureDirection direction = CaptureDirection::unknown;
};

std::vector<Frame> track(const std::vector<Packet>& packets, bool look_ahead = true) {
  std::vector<std::vector<std::byte>> bytes;
  std::vector<codec::CapturedPacket> captured;
  for (const Packet& packet : packets) {
    auto& frame = bytes.emplace_back(tests::tcp_bytes(packet.from, packet.tcp));
    frame[19] = static_cast<std::byte>(bytes.size());  // IPv4's identification: each is another
    const auto time = static_cast<std::int64_t>(bytes.size()) * 1'000'000;
    captured.push_back({.time_ns = time, .bytes = frame, .comment = packet.comment, .direction = packet.direction});
  }
  SynAnswers answers;
  for (const auto& packet : captured) answers.add(packet);
  Tracker tracker(look_ahead ? &answers : nullptr);
  std::vector<Frame> frames;
  for (const auto& packet : captured) frames.push_back(tracker.add(packet).frame);
  return frames;
}

// One line a frame: "SYN-SENT LISTEN > SYN-SENT SYN-RECEIVED", then what it is.
std::string told(const std::vector<Frame>& frames) {
  std::string text;
  const auto both = [](const States& states) {
    return std::string(name(states.client)) + " " + std::string(name(states.server));
  };
  for (const Frame& frame : frames) {
    text += "\n" + both(frame.at_sending) + " > " + both(frame.after);
    if (frame.fate != Fate::delivered) text += " " + std::string(name(frame.fate));
    if (frame.retransmission_of != 0) text += " again " + std::to_string(frame.retransmission_of);
    if (frame.copy_of != 0) text += " copy " + std::to_string(frame.copy_of);
    if (!frame.why.empty()) text += " (" + frame.why.en + ")";
  }
  return text;
}

std::vector<Packet> and_then(std::vector<Packet> packets, const std::vector<Packet>& more) {
  packets.insert(packets.end(), more.begin(), more.end());
  return packets;
}

const std::vector<Packet> handshake = {{from_client, {.seq = 100, .flags = syn}},
                                       {from_server, {.seq = 700, .ack = 101, .flags = syn | ack}},
                                       {from_client, {.seq = 101, .ack = 701, .flags = ack}}};

std::string after_handshake(const std::vector<Packet>& packets) {
  auto frames = track(and_then(handshake, packets));
  frames.erase(frames.begin(), frames.begin() + 3);
  return told(frames);
}

TEST(Tracker, FourSegmentsClose) {
  EXPECT_EQ(told(track(and_then(handshake, {{from_client, {.seq = 101, .ack = 701, .flags = fin | ack}},
                                            {from_server, {.seq = 701, .ack = 102, .flags = ack}},
                                            {from_server, {.seq = 701, .ack = 102, .flags = fin | ack}},
                                            {from_client, {.seq = 102, .ack = 702, .flags = ack}}}))),
            R"(
SYN-SENT LISTEN > SYN-SENT SYN-RECEIVED
SYN-SENT SYN-RECEIVED > ESTABLISHED SYN-RECEIVED
ESTABLISHED SYN-RECEIVED > ESTABLISHED ESTABLISHED
FIN-WAIT-1 ESTABLISHED > FIN-WAIT-1 CLOSE-WAIT
FIN-WAIT-1 CLOSE-WAIT > FIN-WAIT-2 CLOSE-WAIT
FIN-WAIT-2 LAST-ACK > TIME-WAIT LAST-ACK
TIME-WAIT LAST-ACK > TIME-WAIT CLOSED)");
}

TEST(Tracker, ThreeSegmentsClose) {
  EXPECT_EQ(after_handshake({{from_client, {.seq = 101, .ack = 701, .flags = fin | ack}},
                             {from_server, {.seq = 701, .ack = 102, .flags = fin | ack}},
                             {from_client, {.seq = 102, .ack = 702, .flags = ack}}}),
            R"(
FIN-WAIT-1 ESTABLISHED > FIN-WAIT-1 CLOSE-WAIT
FIN-WAIT-1 LAST-ACK > TIME-WAIT LAST-ACK
TIME-WAIT LAST-ACK > TIME-WAIT CLOSED)");
}

TEST(Tracker, SimultaneousClose) {
  EXPECT_EQ(after_handshake({{from_client, {.seq = 101, .ack = 701, .flags = fin | ack}},
                             {from_server, {.seq = 701, .ack = 101, .flags = fin | ack}},
                             {from_client, {.seq = 102, .ack = 702, .flags = ack}},
                             {from_server, {.seq = 702, .ack = 102, .flags = ack}}}),
            R"(
FIN-WAIT-1 ESTABLISHED > FIN-WAIT-1 CLOSE-WAIT
FIN-WAIT-1 FIN-WAIT-1 > CLOSING CLOSING
CLOSING CLOSING > CLOSING TIME-WAIT
CLOSING TIME-WAIT > TIME-WAIT TIME-WAIT)");
}

TEST(Tracker, SimultaneousOpen) {
  EXPECT_EQ(told(track({{from_client, {.seq = 100, .flags = syn}},
                        {from_server, {.seq = 700, .flags = syn}},
                        {from_client, {.seq = 100, .ack = 701, .flags = syn | ack}},
                        {from_server, {.seq = 700, .ack = 101, .flags = syn | ack}}})),
            R"(
SYN-SENT SYN-SENT > SYN-SENT SYN-RECEIVED
SYN-SENT SYN-RECEIVED > SYN-RECEIVED SYN-RECEIVED
SYN-RECEIVED SYN-RECEIVED > SYN-RECEIVED ESTABLISHED again 1
SYN-RECEIVED ESTABLISHED > ESTABLISHED ESTABLISHED again 2)");
}

TEST(Tracker, RefusedConnection) {
  EXPECT_EQ(told(track({{from_client, {.seq = 100, .flags = syn}}, {from_server, {.ack = 101, .flags = rst | ack}}})),
            R"(
SYN-SENT CLOSED > SYN-SENT CLOSED
SYN-SENT CLOSED > CLOSED CLOSED)");
}

TEST(Tracker, UnansweredSynLeavesTheServerUnknown) {
  EXPECT_EQ(told(track({{from_client, {.seq = 100, .flags = syn}}, {from_client, {.seq = 100, .flags = syn}}})), R"(
SYN-SENT ? > SYN-SENT ?
SYN-SENT ? > SYN-SENT ? again 1)");
  EXPECT_EQ(told(track(handshake, false)), R"(
SYN-SENT ? > SYN-SENT ?
SYN-SENT SYN-RECEIVED > ESTABLISHED SYN-RECEIVED
ESTABLISHED SYN-RECEIVED > ESTABLISHED ESTABLISHED)")
      << "while it happens nobody knows what comes";
}

TEST(Tracker, LateSynDoesNotUndoAConnection) {
  EXPECT_EQ(after_handshake({{from_client, {.seq = 100, .flags = syn}},
                             {from_server, {.seq = 701, .ack = 101, .flags = rst | ack}}}),
            R"(
ESTABLISHED ESTABLISHED > ESTABLISHED ESTABLISHED again 1
ESTABLISHED CLOSED > CLOSED CLOSED)");
}

TEST(Tracker, OurOwnCapturesSayWhatWasLost) {
  EXPECT_EQ(told(track({{from_client, {.seq = 100, .flags = syn}, lost_comment},
                        {from_client, {.seq = 100, .flags = syn}},
                        {from_server, {.seq = 700, .ack = 101, .flags = syn | ack}}})),
            R"(
SYN-SENT LISTEN > SYN-SENT LISTEN dropped
SYN-SENT LISTEN > SYN-SENT SYN-RECEIVED again 1
SYN-SENT SYN-RECEIVED > ESTABLISHED SYN-RECEIVED)");
}

TEST(Tracker, BadChecksumCountsWhereItWasReceived) {
  const Packet bad{from_client, {.seq = 101, .ack = 701, .flags = fin | ack}, "", CaptureDirection::in};
  EXPECT_EQ(after_handshake({bad}), "\nFIN-WAIT-1 ESTABLISHED > FIN-WAIT-1 ESTABLISHED corrupted");
  const Packet offloaded{from_client, {.seq = 101, .ack = 701, .flags = fin | ack}, "", CaptureDirection::out};
  EXPECT_EQ(after_handshake({offloaded}), "\nFIN-WAIT-1 ESTABLISHED > FIN-WAIT-1 CLOSE-WAIT");
}

TEST(Tracker, FinBeyondAGapWaits) {
  EXPECT_EQ(after_handshake({{from_client, {.seq = 103, .ack = 701, .flags = fin | ack}},
                             {from_server, {.seq = 701, .ack = 101, .flags = ack}},
                             {from_client, {.seq = 101, .ack = 701, .flags = psh | ack, .payload = "hi"}},
                             {from_server, {.seq = 701, .ack = 104, .flags = ack}}}),
            R"(
FIN-WAIT-1 ESTABLISHED > FIN-WAIT-1 ESTABLISHED (Bytes before it were not seen: 2.)
FIN-WAIT-1 ESTABLISHED > FIN-WAIT-1 ESTABLISHED (The same ACK again: what comes next is missing.)
FIN-WAIT-1 ESTABLISHED > FIN-WAIT-1 CLOSE-WAIT (Fills a gap: it came late, or is sent again where the first one was not seen.)
FIN-WAIT-1 CLOSE-WAIT > FIN-WAIT-2 CLOSE-WAIT)");
}

TEST(Tracker, AcknowledgedBytesHaveArrived) {
  EXPECT_EQ(after_handshake({{from_client, {.seq = 101, .ack = 701, .flags = fin | ack}, lost_comment},
                             {from_server, {.seq = 701, .ack = 102, .flags = ack}}}),
            R"(
FIN-WAIT-1 ESTABLISHED > FIN-WAIT-1 ESTABLISHED dropped
FIN-WAIT-1 CLOSE-WAIT > FIN-WAIT-2 CLOSE-WAIT)");
}

TEST(Tracker, RetransmissionsProbesAndWindows) {
  EXPECT_EQ(after_handshake({{from_client, {.seq = 101, .ack = 701, .flags = psh | ack, .payload = "hello"}},
                             {from_client, {.seq = 101, .ack = 701, .flags = psh | ack, .payload = "hello"}},
                             {from_server, {.seq = 701, .ack = 106, .flags = ack, .window = 0}},
                             {from_client, {.seq = 105, .ack = 701, .flags = ack}},
                             {from_server, {.seq = 701, .ack = 106, .flags = ack, .window = 0}},
                             {from_server, {.seq = 701, .ack = 106, .flags = ack}},
                             {from_client, {.seq = 105, .ack = 701, .flags = ack}}}),
            R"(
ESTABLISHED ESTABLISHED > ESTABLISHED ESTABLISHED
ESTABLISHED ESTABLISHED > ESTABLISHED ESTABLISHED again 4
ESTABLISHED ESTABLISHED > ESTABLISHED ESTABLISHED (The receiver's buffer is full (zero window).)
ESTABLISHED ESTABLISHED > ESTABLISHED ESTABLISHED (A window probe: is there room again?)
ESTABLISHED ESTABLISHED > ESTABLISHED ESTABLISHED
ESTABLISHED ESTABLISHED > ESTABLISHED ESTABLISHED (The window is open again.)
ESTABLISHED ESTABLISHED > ESTABLISHED ESTABLISHED (A keep-alive: are you still there?))");
}

TEST(Tracker, ForgedResetIsUndoneByTheAnswer) {
  EXPECT_EQ(after_handshake({{from_server, {.seq = 800, .flags = rst}},
                             {from_client, {.seq = 101, .ack = 701, .flags = ack}},
                             {from_server, {.seq = 701, .flags = rst}}}),
            R"(
ESTABLISHED ESTABLISHED > ESTABLISHED ESTABLISHED
ESTABLISHED ESTABLISHED > ESTABLISHED ESTABLISHED
ESTABLISHED CLOSED > CLOSED CLOSED)");
}

TEST(Tracker, SenderWithoutASynIsEstablished) {
  EXPECT_EQ(told(track({{from_client, {.seq = 0xfffffffe, .ack = 701, .flags = psh | ack, .payload = "hello"}},
                        {from_server, {.seq = 701, .ack = 3, .flags = ack}},
                        {from_server, {.seq = 701, .ack = 3, .flags = fin | ack}},
                        {from_client, {.seq = 3, .ack = 702, .flags = fin | ack}}})),
            R"(
ESTABLISHED ? > ESTABLISHED ?
ESTABLISHED ESTABLISHED > ESTABLISHED ESTABLISHED
ESTABLISHED FIN-WAIT-1 > CLOSE-WAIT FIN-WAIT-1
LAST-ACK FIN-WAIT-1 > LAST-ACK TIME-WAIT)");
}

TEST(Tracker, SameFrameTwiceIsACopy) {
  const auto bytes = [] {
    auto frame = tests::tcp_bytes(from_client, {.seq = 101, .ack = 701, .flags = psh | ack, .payload = "x"});
    frame[19] = std::byte{9};
    return frame;
  }();
  Tracker tracker;
  tracker.add({.bytes = bytes});
  const Frame second = tracker.add({.bytes = bytes}).frame;
  EXPECT_EQ(second.copy_of, 1);
  EXPECT_EQ(second.retransmission_of, 0);
}

TEST(Tracker, ConnectionsAreCounted) {
  Tracker tracker;
  std::vector<std::vector<std::byte>> frames;
  for (const std::uint16_t port : {40000, 40001}) {
    frames.push_back(tests::tcp_bytes(
        from_client, {.seq = 1, .ack = 9, .flags = psh | ack, .payload = "four", .client_port = port}));
    frames.push_back(tests::tcp_bytes(from_server, {.seq = 9, .flags = rst, .client_port = port}));
  }
  for (const auto& frame : frames) tracker.add({.time_ns = 5, .bytes = frame});
  ASSERT_EQ(tracker.connections().size(), 2u);
  const TrackedConnection& second = tracker.connections()[1];
  EXPECT_EQ(second.client.text(), "10.0.0.1:40001");
  EXPECT_EQ(second.frames, 2u);
  EXPECT_EQ(second.bytes[0], 4u);
  EXPECT_TRUE(second.reset);
}

TEST(Tracker, FramesWithoutTcpGetTheirSideByAddress) {
  const auto from = [](std::uint8_t host) {  // ICMP in IPv4 in Ethernet
    std::vector<std::byte> bytes(42);
    bytes[12] = std::byte{8};
    bytes[14] = std::byte{0x45};
    bytes[17] = std::byte{28};
    bytes[23] = std::byte{1};
    bytes[26] = bytes[30] = std::byte{10};
    bytes[29] = std::byte{host};
    return bytes;
  };
  const auto one = from(1), two = from(2);
  Tracker tracker;
  EXPECT_EQ(tracker.add({.bytes = two}).frame.from, Side::client) << "who speaks first";
  EXPECT_EQ(tracker.add({.bytes = one}).frame.from, Side::server);
  EXPECT_EQ(tracker.add({.bytes = two}).frame.from, Side::client);
  EXPECT_FALSE(tracker.add({.bytes = {}}).connection);
}

}  // namespace
}  // namespace loquat::wire
