#include "wire/text/json_text.h"

#include <gtest/gtest.h>

#include "wire/show/field_labels.h"

namespace loquat::wire {
namespace {

TEST(JsonText, quotesAndEscapes) {
  std::string out;
  append_json(out, std::string_view("a\"\\\n\0\x1b枇\xff", 10));
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\u0000\\u001b枇\uFFFD\"");
}

TEST(FieldLabels, areFound) {
  EXPECT_EQ(chinese_label("Accurate ECN"), "精确 ECN");
  EXPECT_EQ(chinese_label("Window scale"), "窗口扩大因子");
  EXPECT_EQ(chinese_label("Sequence number"), "序号");
  EXPECT_EQ(chinese_label("no such label"), "");
}

}  // namespace
}  // namespace loquat::wire
