#include "wire/text/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace loquat::wire {
namespace {

TEST(JsonWriter, QuotesAndEscapes) {
  std::string out;
  append_json(out, std::string_view("a\"\\\n\0\x1b枇\xff", 10));
  EXPECT_EQ(out, "\"a\\\"\\\\\\n\\u0000\\u001b枇\xEF\xBF\xBD\"");
}

TEST(JsonWriter, WritesMembersOfEveryKind) {
  const std::string text = json_object([](JsonObject& json) {
    json.put("text", "枇").put("yes", true).put("number", -3).put("half", 0.5);
    json.put("nothing", nullptr).put("none", std::optional<int>()).put("some", std::optional(7));
    json.put("infinite", std::numeric_limits<double>::infinity());
    json.put("both", Text{"one", "一"}).put("one", Text{"one", ""}).put_any("a\"\n", 1);
  });
  EXPECT_EQ(text,
            R"({"text":"枇","yes":true,"number":-3,"half":0.5,"nothing":null,"none":null,"some":7,"infinite":null,)"
            R"("both":"one","both_zh":"一","one":"one","a\"\n":1})");
}

TEST(JsonWriter, WritesObjectsAndArraysInsideOfOthers) {
  const std::string text = json_object([](JsonObject& json) {
    json.object("empty");
    json.object("state").put("client", "LISTEN");
    json.array("none");
    json.array("flags").add("SYN").add(1);
    json.array("pairs").array().add(1).add(2);
    json.list("each", std::vector<int>{1, 2}, [](JsonObject each, int value) { each.put("n", value); });
    json.put("last", 0);
  });
  EXPECT_EQ(text, R"({"empty":{},"state":{"client":"LISTEN"},"none":[],"flags":["SYN",1],"pairs":[[1,2]],)"
                  R"("each":[{"n":1},{"n":2}],"last":0})");
}

}  // namespace
}  // namespace loquat::wire
