// What a scenario's text file says, and that a mistake in one is named.
#include "wire/scenarios/scenario_text.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace loquat::wire {
namespace {

const std::string good =
    "# Closing\n"
    "teaches: four segments\n"
    "rfc: RFC 9293 s.3.6\n"
    "group: close\n"
    "\n"
    "First.\n"
    "\n"
    "Second: with a colon.\n"
    "---\n"
    "# 关闭\n"
    "teaches: 四个报文段\n"
    "\n"
    "第一。\n";

std::string refusal(const std::string& file) {
  try {
    parse_scenario_text("close", file);
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "none";
}

std::string without(std::string text, const std::string& line) {
  const std::size_t at = text.find(line);
  return text.erase(at, line.size());
}

TEST(ScenarioText, BothLanguages) {
  const ScenarioText text = parse_scenario_text("close", good);
  EXPECT_EQ(text.name, "close");
  EXPECT_EQ(text.title.en, "Closing");
  EXPECT_EQ(text.title.zh, "关闭");
  EXPECT_EQ(text.teaches.en, "four segments");
  EXPECT_EQ(text.teaches.zh, "四个报文段");
  EXPECT_EQ(text.rfc, "RFC 9293 s.3.6");
  EXPECT_EQ(text.group, "close");
  EXPECT_EQ(text.body.en, "First.\n\nSecond: with a colon.");
  EXPECT_EQ(text.body.zh, "第一。");
}

TEST(ScenarioText, CrLfAndNoRfc) {
  std::string text = without(good, "rfc: RFC 9293 s.3.6\n");
  for (std::size_t at = 0; (at = text.find('\n', at)) != text.npos; at += 2) text.insert(at, "\r");
  const ScenarioText read = parse_scenario_text("close", text);
  EXPECT_EQ(read.rfc, "");
  EXPECT_EQ(read.teaches.en, "four segments");
  EXPECT_EQ(read.title.zh, "关闭");
}

TEST(ScenarioText, MistakesAreNamed) {
  EXPECT_EQ(refusal(good), "none");
  EXPECT_EQ(refusal(without(good, "# Closing\n")), "close.md: a language begins with '# Title'");
  EXPECT_EQ(refusal(without(good, "teaches: four segments\n")), "close.md: a language says 'teaches: one line'");
  EXPECT_EQ(refusal(without(good, "group: close\n")), "close.md: 'group: ' is not one of the groups");
  EXPECT_EQ(refusal(without(good, "第一。\n")), "close.md: a language has at least a paragraph");
  EXPECT_EQ(refusal(without(good, "---\n")), "close.md: after a line '---' comes the Chinese part");
  std::string odd = good;
  odd.insert(odd.find("rfc"), "level: hard\n");
  EXPECT_EQ(refusal(odd), "close.md: what is 'level: hard'? Known are teaches, rfc and group");
}

TEST(ScenarioText, SortedByGroupAndName) {
  std::string open = good;
  open.replace(open.find("group: close"), 12, "group: open");
  const EmbeddedFile files[] = {{"/recordings/a.jsonl", "", "{}", "", "1"},
                                {"/scenarios/b.md", "", good, "", "2"},
                                {"/scenarios/c.md", "", open, "", "3"},
                                {"/scenarios/d.md", "", good, "", "4"}};
  std::string names;
  for (const ScenarioText& text : scenario_texts(files)) names += text.name;
  EXPECT_EQ(names, "cbd");
}

}  // namespace
}  // namespace loquat::wire
