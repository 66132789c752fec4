#include "wire/lab/story.h"

#include <gtest/gtest.h>

#include "codec/network/segment.h"
#include "wire/trace/test_frames.h"

namespace loquat::wire {
namespace {

Frame syn_frame(int number, int copy_of = 0) {
  Frame frame;
  frame.number = number;
  frame.copy_of = copy_of;
  frame.bytes = tests::tcp_bytes(Side::client, {.flags = codec::tcp::syn});
  frame.after = {State::syn_sent, State::syn_received};
  return frame;
}

class StoryTest : public ::testing::Test {
 protected:
  Trace told;
  Story story{[this](const Row& row) { told.push_back(row); }, false};

  const End& end() const { return std::get<End>(told.back()); }
};

TEST_F(StoryTest, CountsFramesWithoutCopies) {
  story.arrived(syn_frame(1));
  story.arrived(syn_frame(2, 1));
  EXPECT_EQ(story.count("c>s syn"), 1);
  EXPECT_EQ(story.count("s>c syn"), 0);
  EXPECT_EQ(story.frames().size(), 2u);
  EXPECT_TRUE(story.saw(Side::server, State::syn_received));
  EXPECT_FALSE(story.saw(Side::client, State::syn_received));
}

TEST_F(StoryTest, SentFramesAreToldIfAsked) {
  story.sent(syn_frame(1));
  EXPECT_TRUE(told.empty());
  Story live([this](const Row& row) { told.push_back(row); }, true);
  live.sent(syn_frame(1));
  EXPECT_EQ(told.size(), 1u);
  EXPECT_TRUE(live.frames().empty());
}

TEST_F(StoryTest, EndSaysWhatFailed) {
  story.check(true, "all well");
  story.check(false, "one RST");
  story.conclude({"The end.", "完。"}, {Counters{}, Counters{}}, {});
  EXPECT_TRUE(told.empty());
  story.finish(false, {});
  EXPECT_EQ(told.size(), 3u);
  EXPECT_FALSE(story.as_specified());
  EXPECT_FALSE(end().as_specified);
  EXPECT_EQ(end().text.en, "The end.\nThis did not go as it is meant to: one RST.");
}

TEST_F(StoryTest, ChecksDoNotCountAfterAnIntervention) {
  story.check(false, "one RST");
  story.conclude({"The end.", "完。"}, {}, {});
  story.finish(true, {});
  EXPECT_TRUE(story.as_specified());
  EXPECT_EQ(end().text.en, "Left to itself: The end.");
}

TEST_F(StoryTest, EndNamesFaultsThatMetNothing) {
  story.conclude({"The end.", "完。"}, {}, {});
  story.finish(false, {parse_fault(Fault::Kind::drop, "c>s data #9")});
  EXPECT_TRUE(end().as_specified);
  EXPECT_EQ(end().text.en, "The end.\nThe fault 'drop c>s data #9' met nothing: no such frame was sent.");
}

TEST_F(StoryTest, ActionsAfterTheEndAreNotTold) {
  story.conclude({}, {}, {});
  story.act({}, Side::client, {"close()", {}}, {});
  EXPECT_TRUE(told.empty());
}

}  // namespace
}  // namespace loquat::wire
