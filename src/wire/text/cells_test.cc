#include "wire/text/cells.h"

#include <gtest/gtest.h>

namespace loquat::wire {
namespace {

using Lines = std::vector<std::string>;

TEST(Cells, ChineseTakesTwo) {
  EXPECT_EQ(cells("close"), 5);
  EXPECT_EQ(cells("四次挥手"), 8);
  EXPECT_EQ(cells("e\xCC\x81"), 1) << "a combining accent";
  EXPECT_EQ(cells("──▶"), 3);
  EXPECT_EQ(cells("\xff\xfe"), 2);
}

TEST(Cells, CutBetweenCharacters) {
  EXPECT_EQ(cut_to_cells("四次挥手", 5), "四次");
  EXPECT_EQ(cut_to_cells("abc", 9), "abc");
  EXPECT_EQ(cut_to_cells("abc", 0), "");
}

TEST(Cells, WrapsAtSpacesAndBetweenChineseCharacters) {
  EXPECT_EQ(wrap_cells("one two three", 8), (Lines{"one two", "three"}));
  EXPECT_EQ(wrap_cells("one\ntwo", 80), (Lines{"one", "two"}));
  EXPECT_EQ(wrap_cells("incomprehensible", 6), (Lines{"incomp", "rehens", "ible"}));
  EXPECT_EQ(wrap_cells("为什么是四次，而不是三次？", 12), (Lines{"为什么是四", "次，而不是三", "次？"}));
  EXPECT_EQ(wrap_cells("用 close() 关闭", 8), (Lines{"用", "close()", "关闭"}));
  EXPECT_EQ(wrap_cells("", 8), (Lines{""}));
}

TEST(Cells, EscapesWhatATerminalWouldObey) {
  EXPECT_EQ(escape("GET /\r\n\t\x1b[2J"), "GET /\\r\\n\\t\\x1b[2J");
  EXPECT_EQ(escape("\xC2\x9B"
                   "31m\xE2\x80\xAE"
                   "a\x80\x7f"),
            "\\xc2\\x9b31m\\xe2\\x80\\xaea\\x80\\x7f");
  EXPECT_EQ(escape("\"\\"), "\"\\\\");
  EXPECT_EQ(quoted("\"\\"), "\"\\\"\\\\\"");
  EXPECT_EQ(escape("\x7f\xff\xc3"), "\\x7f\\xff\\xc3");
  EXPECT_EQ(padded("枇杷", 6), "枇杷  ");
  EXPECT_EQ(padded("longer", 3), "longer");
  EXPECT_EQ(escape("枇杷"), "枇杷");
  EXPECT_EQ(escape("枇", true), "\\xe6\\x9e\\x87");
  EXPECT_EQ(escape(std::string_view("\0", 1)), "\\x00");
}

}  // namespace
}  // namespace loquat::wire
