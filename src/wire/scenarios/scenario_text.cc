#include "wire/scenarios/scenario_text.h"
#include "wire/text/texts.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace loquat::wire {
namespace {

[[noreturn]] void refuse_text(std::string_view name, const std::string& why) {
  throw std::invalid_argument(std::string(name) + ".md: " + why);
}

std::string_view trim_text(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \r\n");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \r\n") - begin + 1);
}

// Takes the next line off the front of `text`.
std::string_view text_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// What one language says.
struct TextHalf {
  std::string title, teaches, rfc, group, body;
};

void read_key(std::string_view name, std::string_view line, TextHalf& half) {
  const std::size_t colon = line.find(": ");
  const std::string_view key = line.substr(0, colon);
  const std::string value(colon == line.npos ? "" : trim_text(line.substr(colon + 2)));
  if (key == "teaches") {
    half.teaches = value;
  } else if (key == "rfc") {
    half.rfc = value;
  } else if (key == "group") {
    half.group = value;
  } else {
    refuse_text(name, "what is '" + std::string(line) + "'? Known are teaches, rfc and group");
  }
}

TextHalf read_half(std::string_view name, std::string_view text) {
  TextHalf half;
  text = trim_text(text);
  const std::string_view title = text_line(text);
  if (!title.starts_with("# ")) refuse_text(name, "a language begins with '# Title'");
  half.title = trim_text(title.substr(2));
  for (std::string_view line; !text.empty() && !(line = text_line(text)).empty();) read_key(name, line, half);
  half.body = trim_text(text);
  if (half.teaches.empty()) refuse_text(name, "a language says 'teaches: one line'");
  if (half.body.empty()) refuse_text(name, "a language has at least a paragraph");
  return half;
}

std::size_t group_place(std::string_view group) {
  const auto groups = scenario_groups();
  const auto found = std::find_if(groups.begin(), groups.end(), [&](auto& known) { return known.name == group; });
  return static_cast<std::size_t>(found - groups.begin());
}

}  // namespace

std::span<const ScenarioGroup> scenario_groups() {
  static const std::array<ScenarioGroup, 9> groups{{
      {"open", texts::group_open},
      {"close", texts::group_close},
      {"reset", texts::group_reset},
      {"loss", texts::group_loss},
      {"flow", texts::group_flow},
      {"life", texts::group_life},
      {"attack", texts::group_attack},
      {"below", texts::group_below},
      {"above", texts::group_above},
  }};
  return groups;
}

ScenarioText parse_scenario_text(std::string_view name, std::string_view file) {
  const std::size_t rule = file.find("\n---");
  if (rule == file.npos) refuse_text(name, "after a line '---' comes the Chinese part");
  const TextHalf english = read_half(name, file.substr(0, rule + 1));
  file.remove_prefix(rule + 1);
  text_line(file);
  const TextHalf chinese = read_half(name, file);
  if (group_place(english.group) == scenario_groups().size()) {
    refuse_text(name, "'group: " + english.group + "' is not one of the groups");
  }
  return {std::string(name), {english.title, chinese.title}, {english.teaches, chinese.teaches}, english.rfc,
          english.group,     {english.body, chinese.body}};
}

std::vector<ScenarioText> scenario_texts(std::span<const EmbeddedFile> files) {
  constexpr std::string_view folder = "/scenarios/", ending = ".md";
  std::vector<ScenarioText> texts;
  for (const EmbeddedFile& file : files) {
    if (!file.path.starts_with(folder) || !file.path.ends_with(ending)) continue;
    const std::string_view name = file.path.substr(folder.size(), file.path.size() - folder.size() - ending.size());
    texts.push_back(parse_scenario_text(name, file.bytes));
  }
  std::stable_sort(texts.begin(), texts.end(), [](auto& a, auto& b) {
    return std::pair(group_place(a.group), std::string_view(a.name)) <
           std::pair(group_place(b.group), std::string_view(b.name));
  });
  return texts;
}

void put_summary(JsonObject& json, const ScenarioText& text) {
  json.put("name", text.name).put("group", text.group).put("title", text.title);
  json.put("teaches", text.teaches).put("rfc", text.rfc);
}

}  // namespace loquat::wire
