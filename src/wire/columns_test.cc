#include "wire/columns.h"

#include <gtest/gtest.h>

#include "wire/field_labels.h"
#include "wire/json_text.h"

namespace loquat::wire {
namespace {

TEST(Columns, chineseIsWide) {
  EXPECT_EQ(columns_of("abc"), 3u);
  EXPECT_EQ(columns_of("枇杷 ok"), 7u);
  EXPECT_EQ(padded("枇杷", 6), "枇杷  ");
  EXPECT_EQ(padded("longer", 3), "longer");
}

TEST(Columns, nothingThatATerminalObeys) {
  EXPECT_EQ(visible("a\r\n\t\\"), "a\\r\\n\\t\\\\");
  EXPECT_EQ(visible("\x1b[31m\x7f"), "\\x1b[31m\\x7f");
  EXPECT_EQ(visible("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(visible("枇\u202e\u009b"), "枇\\u{202e}\\u{9b}");
}

TEST(JsonText, quotesAndEscapes) {
  std::string out;
  append_json(out, std::string_view("a\"\\\n\0\x1b枇\xff", 10));
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\u0000\\u001b枇\uFFFD\"");
  out.clear();
  append_hex(out, "\x01\xAB");
  EXPECT_EQ(out, "01ab");
}

TEST(FieldLabels, areFound) {
  EXPECT_EQ(chinese_label("Accurate ECN"), "精确 ECN");
  EXPECT_EQ(chinese_label("Window scale"), "窗口扩大因子");
  EXPECT_EQ(chinese_label("Sequence number"), "序号");
  EXPECT_EQ(chinese_label("no such label"), "");
}

}  // namespace
}  // namespace loquat::wire
