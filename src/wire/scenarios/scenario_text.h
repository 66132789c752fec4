// scenario_text.h - what people are told about a scenario: files/scenarios/NAME.md, in English and Chinese.
//
//   # Closing a connection                  the title
//   teaches: each direction is closed by itself, so four segments
//   rfc: RFC 9293 s.3.6
//   group: close
//
//   Paragraphs: what is to be seen, and why.
//   ---
//   # 关闭连接                               the same in Chinese: title, teaches, paragraphs
//   teaches: ...
//
//   ...
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/embedded_file.h"
#include "wire/text/json_writer.h"
#include "wire/text/text.h"

namespace loquat::wire {

struct ScenarioText {
  std::string name;  // "close"
  Text title, teaches;
  std::string rfc;    // "RFC 9293 s.3.6"; may be empty
  std::string group;  // "close"
  Text body;          // paragraphs, with an empty line between two
};

// Reads one file. Throws std::invalid_argument with its name and what is wrong: no title, no teaches, no group or a
// group that is not one of scenario_groups(), an unknown "key:", or no Chinese part.
ScenarioText parse_scenario_text(std::string_view name, std::string_view file);

// Those of /scenarios/*.md among embedded files, by group (in the order of scenario_groups()) and then by name.
// Throws as above.
std::vector<ScenarioText> scenario_texts(std::span<const EmbeddedFile> files);

// Puts what a list of scenarios says of one: everything but the body.
void put_summary(JsonObject& json, const ScenarioText& text);

struct ScenarioGroup {
  std::string_view name;  // "close"
  Text title;             // "Closing a connection"
};

// All there are, in the order in which a beginner meets them.
std::span<const ScenarioGroup> scenario_groups();

}  // namespace loquat::wire
