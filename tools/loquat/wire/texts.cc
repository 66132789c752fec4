#include "texts.h"

#include "loquat_wire_files.h"

namespace loquat::tool {

const std::vector<wire::ScenarioText>& wire_texts() {
  static const std::vector<wire::ScenarioText> texts = wire::scenario_texts(loquat_wire_files::files());
  return texts;
}

const wire::ScenarioText* wire_text(std::string_view name) {
  for (const wire::ScenarioText& text : wire_texts())
    if (text.name == name) return &text;
  return nullptr;
}

}  // namespace loquat::tool
