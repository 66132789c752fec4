#include "wire/capture/recording.h"

#include <gtest/gtest.h>

#include "codec/network/segment.h"
#include "wire/trace/test_frames.h"

namespace loquat::wire {
namespace {

using codec::tcp::ack;
using codec::tcp::syn;
using tests::ms;

Frame recorded_frame(int number, Side from, double sent, double delivered, const tests::Tcp& tcp) {
  Frame frame{.number = number, .from = from, .fate = Fate::delivered, .sent = ms(sent), .delivered = ms(delivered)};
  frame.bytes = tests::tcp_bytes(from, tcp);
  frame.sender = Congestion{10, 0, ms(20)};
  frame.receiver = Congestion{11, 7, ms(30)};
  return frame;
}

// Two segments cross on the wire; the client's second one is lost, and sent again.
Trace recorded_sample() {
  Frame lost = recorded_frame(4, Side::client, 41, 42, {.seq = 6, .ack = 1, .flags = ack, .payload = "world"});
  lost.fate = Fate::dropped;
  lost.receiver.reset();
  return {Begin{.scenario = "sample"},
          recorded_frame(1, Side::client, 0, 10, {.seq = 0, .flags = syn}),
          recorded_frame(2, Side::server, 10, 20, {.seq = 0, .ack = 1, .flags = syn | ack}),
          lost,
          recorded_frame(3, Side::client, 40, 50, {.seq = 1, .ack = 1, .flags = ack, .payload = "hello"}),
          recorded_frame(5, Side::server, 50, 60, {.seq = 1, .ack = 6, .flags = ack}),
          recorded_frame(6, Side::client, 300, 310, {.seq = 6, .ack = 1, .flags = ack, .payload = "world"})};
}

std::vector<Frame> frames_of(const Trace& trace) {
  std::vector<Frame> frames;
  for (const Row& row : trace)
    if (const auto* frame = std::get_if<Frame>(&row)) frames.push_back(*frame);
  return frames;
}

TEST(Recording, TheClientsEndSawWhatItSentInTheOrderOfSending) {
  const Trace seen = recording_trace(recorded_sample(), Side::client, 0);
  EXPECT_EQ(std::get<Begin>(seen.front()).client, "10.0.0.1:40000");
  const auto frames = frames_of(seen);
  std::vector<int> numbers;
  for (const Frame& frame : frames) numbers.push_back(frame.number);
  EXPECT_EQ(numbers, (std::vector<int>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(frames[3].fate, Fate::dropped);
  EXPECT_EQ(frames[3].facts->in_flight, 10u);
  EXPECT_EQ(frames[4].facts->rtt, ms(20));
  EXPECT_EQ(frames[5].facts->kind, SegmentKind::retransmission);
}

TEST(Recording, TheServersEndDidNotSeeWhatWasLost) {
  const auto frames = frames_of(recording_trace(recorded_sample(), Side::server, 0));
  ASSERT_EQ(frames.size(), 5u);
  EXPECT_EQ(frames[2].number, 3);
  EXPECT_EQ(frames[2].sent, ms(40)) << "since the SYN came";
  EXPECT_EQ(frames[3].facts->rtt, ms(0));
}

TEST(Recording, KeepsWhatTheKernelOfThatEndSaid) {
  const auto frames = frames_of(recording_trace(recorded_sample(), Side::client, 0));
  EXPECT_EQ(frames[2].sender->window, 10u);
  EXPECT_FALSE(frames[2].receiver) << "the other end's";
  EXPECT_EQ(frames[4].receiver->threshold, 7u);
}

TEST(Recording, HasContents) {
  const CaptureContents contents = recording_contents(recorded_sample());
  ASSERT_EQ(contents.connections.size(), 1u);
  EXPECT_EQ(contents.frames, 6u);
  EXPECT_EQ(contents.connections[0].bytes[0], 10u);
  EXPECT_TRUE(recording_contents({Begin{}}).connections.empty());
  EXPECT_EQ(recording_trace({Begin{}}, Side::client, 0).size(), 1u);
}

}  // namespace
}  // namespace loquat::wire
