#include "chat/outbox.h"

#include <gtest/gtest.h>

#include "loquat/fiber.h"
#include "loquat/run.h"

namespace loquat::chat {
namespace {

using std::chrono::seconds;

// Takes what is there now, as one string.
std::string take(Outbox& outbox) {
  std::vector<std::string_view> pieces;
  if (!outbox.next(pieces)) return "(over)";
  std::string all;
  for (const std::string_view piece : pieces) all += piece;
  outbox.sent();
  return all;
}

TEST(Outbox, GivesEverythingThatHasGatheredInOrder) {
  Outbox outbox;
  for (const char* text : {"a", "b", "c"}) EXPECT_TRUE(outbox.push(buffer(text)));
  EXPECT_TRUE(outbox.push(buffer("")));
  EXPECT_EQ(outbox.bytes(), 3u);
  EXPECT_EQ(take(outbox), "abc");
  EXPECT_EQ(outbox.bytes(), 0u);
  outbox.push(buffer("d"));
  outbox.close();
  EXPECT_FALSE(outbox.push(buffer("e")));
  EXPECT_EQ(take(outbox), "d");
  EXPECT_EQ(take(outbox), "(over)");
}

TEST(Outbox, ABigBacklogComesInParts) {
  Outbox outbox;
  for (int i = 0; i < 40; ++i) outbox.push(buffer(std::string(10'000, static_cast<char>('a' + i % 26))));
  std::size_t bytes = 0, parts = 0;
  for (outbox.close(); outbox.bytes() > 0; ++parts) {
    const std::string part = take(outbox);
    EXPECT_LE(part.size(), 64u * 1024);
    bytes += part.size();
  }
  EXPECT_EQ(bytes, 400'000u);
  EXPECT_EQ(parts, 7u);
}

TEST(Outbox, TooManyBytesBreakIt) {
  Outbox outbox({100, seconds(30)});
  outbox.set_farewell(buffer("too slow"));
  EXPECT_TRUE(outbox.push(buffer(std::string(500, 'x')))) << "one that is larger than all may wait alone";
  EXPECT_FALSE(outbox.push(buffer("y")));
  EXPECT_TRUE(outbox.broken());
  EXPECT_FALSE(outbox.push(buffer("z")));
  EXPECT_EQ(take(outbox), "too slow") << "what waited is dropped";
  EXPECT_EQ(take(outbox), "(over)");
}

TEST(Outbox, WhatTheSenderHasIsNotTakenFromIt) {
  Outbox outbox({100, seconds(30)});
  outbox.set_farewell(buffer("!"));
  outbox.push(buffer("half of a line"));
  std::vector<std::string_view> pieces;
  ASSERT_TRUE(outbox.next(pieces));
  outbox.push(buffer(std::string(80, 'x')));
  EXPECT_FALSE(outbox.push(buffer(std::string(80, 'y'))));
  EXPECT_EQ(pieces.at(0), "half of a line");
  outbox.sent();
  EXPECT_EQ(take(outbox), "!");
  EXPECT_EQ(outbox.bytes(), 0u);
}

TEST(Outbox, AnOldBacklogBreaksIt) {
  Outbox outbox;
  const TimePoint start = now();
  EXPECT_TRUE(outbox.push(buffer("a"), start));
  EXPECT_TRUE(outbox.push(buffer("b"), start + seconds(30)));
  EXPECT_FALSE(outbox.push(buffer("c"), start + seconds(31)));
  EXPECT_TRUE(outbox.broken());
}

TEST(Outbox, AGapHoldsBackWhatComesAfterIt) {
  run([] {
    Outbox outbox;
    outbox.push(buffer("joined "));
    const Outbox::Gap history = outbox.gap();
    const Outbox::Gap more = outbox.gap();
    outbox.push(buffer("live "));
    EXPECT_EQ(take(outbox), "joined ");
    auto sender = spawn([&] {
      const std::string first = take(outbox);
      return first + take(outbox);
    });
    sleep(Duration(0));
    EXPECT_FALSE(sender.done());
    outbox.fill(history, buffer("history "));
    sleep(Duration(0));
    EXPECT_FALSE(sender.done());
    outbox.fill(more, nullptr);
    EXPECT_EQ(sender.get(), "history live ");
  });
}

TEST(Outbox, AGapOfABrokenOneIsForgotten) {
  Outbox outbox({10, seconds(30)});
  const Outbox::Gap gap = outbox.gap();
  outbox.push(buffer("0123456789"));
  EXPECT_FALSE(outbox.push(buffer("x")));
  outbox.fill(gap, buffer("history"));
  EXPECT_EQ(take(outbox), "(over)");
}

TEST(Outbox, ALongReplyWaitsForRoom) {
  run([] {
    Outbox outbox({1000, seconds(30)});
    auto replier = spawn([&] {
      for (int i = 0; i < 100; ++i) {
        if (!outbox.wait_below(500)) return false;
        outbox.push(buffer(std::string(400, 'x')));
      }
      outbox.close();
      return true;
    });
    std::size_t bytes = 0;
    for (std::string part = take(outbox); part != "(over)"; part = take(outbox)) bytes += part.size();
    EXPECT_TRUE(replier.get());
    EXPECT_EQ(bytes, 40'000u);
  });
}

}  // namespace
}  // namespace loquat::chat
