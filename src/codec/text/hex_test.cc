#include "codec/text/hex.h"

#include <gtest/gtest.h>

namespace loquat::codec {
namespace {

TEST(Hex, ThereAndBack) {
  const std::vector<std::byte> bytes = {std::byte{1}, std::byte{0xAB}, std::byte{0xFF}};
  EXPECT_EQ(to_hex(bytes), "01abff");
  EXPECT_EQ(from_hex("01aBff"), bytes);
  EXPECT_EQ(to_hex({}), "");
  EXPECT_EQ(from_hex("")->size(), 0u);
}

TEST(Hex, WhatIsNone) {
  for (const char* text : {"0", "0g", "0x01", " 01", "0 1"}) EXPECT_FALSE(from_hex(text)) << text;
}

}  // namespace
}  // namespace loquat::codec
