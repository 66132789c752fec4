#include "doors/text/piece_reader.h"

#include <gtest/gtest.h>

namespace loquat::doors {
namespace {

TEST(PieceReaderTest, APauseEndsAPiece) {
  PieceReader reader;
  EXPECT_EQ(reader.pause(), Duration::max());
  reader.feed("你好");
  EXPECT_EQ(reader.pause(), piece_pause);
  reader.feed("!");
  EXPECT_EQ(reader.pause(), piece_pause);
  EXPECT_EQ(reader.take(), "你好!");
  EXPECT_TRUE(reader.empty());
  EXPECT_EQ(reader.pause(), Duration::max());
}

TEST(PieceReaderTest, WhatIsTypedWaitsLonger) {
  PieceReader reader;
  reader.feed("h");
  EXPECT_EQ(reader.pause(), typing_pause);
  reader.feed("好");
  EXPECT_EQ(reader.pause(), typing_pause);
  reader.feed("ey");
  EXPECT_EQ(reader.pause(), piece_pause);
  reader.take();
  reader.feed("y");
  EXPECT_EQ(reader.pause(), typing_pause);
}

TEST(PieceReaderTest, HalfACharacterIsNoEndUnlessItIsNoUtf8Anyway) {
  PieceReader reader;
  reader.feed("ab\xE4\xBD");
  EXPECT_EQ(reader.pause(), Duration::max());
  reader.feed("\xA0");
  EXPECT_EQ(reader.pause(), piece_pause);
  reader.take();
  reader.feed("\xC4\xE3\xBA\xC3");  // GBK
  EXPECT_EQ(reader.pause(), piece_pause);
}

}  // namespace
}  // namespace loquat::doors
