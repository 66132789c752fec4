// texts.h - what people are told about the scenarios: the texts that are compiled into the command.
#pragma once

#include <string_view>
#include <vector>

#include "wire/scenarios/scenario_text.h"

namespace loquat::tool {

// All of them, in the order in which a beginner meets them.
const std::vector<wire::ScenarioText>& wire_texts();
// nullptr: that scenario has none.
const wire::ScenarioText* wire_text(std::string_view name);

}  // namespace loquat::tool
