#include <gtest/gtest.h>

#include "wire/why_capture/test_story.h"

namespace loquat::wire {
namespace {

using codec::tcp::ack;
using codec::tcp::fin;
using codec::tcp::rst;
using codec::tcp::syn;
using tests::Story;

TEST(CaptureResets, AClientThatDoesNotWantTheAnswer) {
  EXPECT_EQ(Story().client(syn, 0, 0).at(0.03).server(syn | ack, 0, 1).client(rst, 1, 0).verdict(), "reset likely")
      << "it had given up, or scans ports; nothing is half-open";
}

TEST(CaptureResets, ASynAckThatNobodyAnswersUntilTheServerGivesUp) {
  Story story;
  story.client(syn, 0, 0).at(0.05).server(syn | ack, 0, 1);
  for (int i = 1; i < 5; ++i) story.at(7 * i).server(syn | ack, 0, 1);
  EXPECT_EQ(story.at(50).server(rst | ack, 1, 1).verdict(), "handshake-unanswered likely");
}

TEST(CaptureResets, LateDataIsLateWhateverTheRstLooksLike) {
  Story windows;
  windows.handshake().server(fin | ack, 1, 1).client(ack, 1, 2, "late").server(rst | ack, 2, 5);
  EXPECT_EQ(windows.verdict(), "reset-late-data likely");
}

TEST(CaptureResets, RstInsteadOfTheLastAckLosesNothing) {
  Story story;
  story.handshake().client(ack, 1, 1, "GET").server(ack, 1, 4, "OK").client(fin | ack, 4, 3).server(ack, 3, 5);
  EXPECT_EQ(story.server(fin | ack, 3, 5).client(rst, 5, 0).verdict(), "closed likely");
}

TEST(CaptureResets, RstInAnswerToAFinIsAHardClose) {
  Story story;
  story.handshake().client(ack, 1, 1, "quit").server(ack, 1, 5).client(fin | ack, 5, 1).server(ack, 1, 6);
  EXPECT_EQ(story.server(rst | ack, 1, 6).verdict(), "reset-linger-0 likely") << "all that was sent is acknowledged";
}

TEST(CaptureResets, HalfOpenIsWhoAnswersAndHasNotSpokenJustNow) {
  Story now;
  now.handshake().client(ack, 1, 1, "x").at(0.001).server(ack, 1, 2, "y").client(ack, 2, 2, "z").server(rst, 2, 0);
  EXPECT_EQ(now.verdict(), "reset likely") << "a millisecond ago it had the connection";
  Story own;
  own.handshake().client(ack, 1, 1, "x").server(ack, 1, 2).at(2).server(rst, 1, 0);
  EXPECT_EQ(own.verdict().substr(0, 9), "reset-unr") << "two seconds later it answers nothing";
}

TEST(CaptureResets, NobodyGivesUpWithinASecond) {
  Story story;
  story.handshake().client(ack, 1, 1, "x").at(0.2).client(ack, 1, 1, "x").at(0.4).client(ack, 1, 1, "x");
  EXPECT_EQ(story.at(0.5).client(rst | ack, 2, 1).verdict(), "reset-linger-0 likely");
}

TEST(CaptureResets, DataThatHadTimeToBeReadIsAGuess) {
  Story story;
  story.handshake().client(ack, 1, 1, "x").server(ack, 1, 2);
  EXPECT_EQ(story.at(4).server(rst | ack, 1, 2).verdict(), "reset-unread-data possible");
}

TEST(CaptureResets, ThreeInARowAreABoxs) {
  Story story;
  story.handshake().client(ack, 1, 1, "GET").server(rst | ack, 1, 4).server(rst | ack, 1461, 4);
  EXPECT_EQ(story.verdict(), "reset likely");
  EXPECT_NE(story.story.verdicts().front().second.sentence.en.find("a box on the way"), std::string::npos);
  Story seen_twice;
  seen_twice.handshake().client(rst | ack, 1, 1).client(rst | ack, 1, 1);
  EXPECT_EQ(seen_twice.verdict(), "reset-linger-0 likely");
}

TEST(CaptureResets, AnEndThatGoesOnDidNotSendIt) {
  Story story;
  story.handshake().client(ack, 1, 1, "GET").server(rst, 1, 0).at(0.1).server(ack, 1, 4).server(ack, 1, 4, "OK");
  EXPECT_EQ(story.verdict(), "reset likely") << "it fits, so the client believes it";
  EXPECT_NE(story.story.verdicts().front().second.sentence.en.find("a box on the way"), std::string::npos);
  EXPECT_EQ(story.client(ack, 4, 3).verdict(), "healthy likely") << "it did not";
}

TEST(CaptureResets, NothingButARst) { EXPECT_EQ(Story().server(rst | ack, 1, 1).verdict(), "reset possible"); }

}  // namespace
}  // namespace loquat::wire
