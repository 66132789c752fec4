#include "wire/text/json_text.h"

#include <gtest/gtest.h>

namespace loquat::wire {
namespace {

TEST(JsonText, quotesAndEscapes) {
  std::string out;
  append_json(out, std::string_view("a\"\\\n\0\x1b枇\xff", 10));
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\u0000\\u001b枇\uFFFD\"");
}

}  // namespace
}  // namespace loquat::wire
