#include <algorithm>
#include <utility>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "output.h"
#include "texts.h"
#include "wire.h"
#include "wire/scenarios/scenario.h"
#include "wire/text/cells.h"
#include "wire/text/json_writer.h"

namespace loquat::tool {
namespace {

struct ListOptions {
  bool json = false;
  std::string language;
};

void print_json() {
  std::string list = "[";
  for (const wire::ScenarioText& text : wire_texts()) {
    if (wire::find_scenario(text.name) == nullptr) continue;
    list += list.size() == 1 ? "\n" : ",\n";
    wire::JsonObject each(list);
    put_summary(each, text);
  }
  fmt::print("{}\n]\n", list);
}

void print_text(wire::Language language) {
  for (const wire::ScenarioGroup& each : wire::scenario_groups()) {
    bool first = true;
    for (const wire::ScenarioText& text : wire_texts()) {
      if (text.group != each.name || wire::find_scenario(text.name) == nullptr) continue;
      if (std::exchange(first, false)) fmt::print("{}\n", in(language, each.title));
      std::string teaches(in(language, text.teaches));
      if (!text.rfc.empty()) teaches += " (" + text.rfc + ")";
      std::string beside = text.name;
      for (const std::string& line : wire::wrap_cells(teaches, std::max(wire_width(stdout), 60) - 22))
        fmt::print("  {:<19} {}\n", std::exchange(beside, {}), line);
    }
  }
}

}  // namespace

void add_wire_list(CLI::App& wire, Chosen& chosen) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* command = wire.add_subcommand("list", "the scenarios that can be played, and what each teaches");
  command->add_flag("--json", options->json, "one JSON array, for programs");
  command->add_option("--lang", options->language, "en or zh (default: from the environment)")
      ->check(CLI::IsMember({"en", "zh"}));
  command->callback([options, &chosen] {
    chosen = [options] {
      options->json ? print_json() : print_text(wire_language(options->language));
      return 0;
    };
  });
}

}  // namespace loquat::tool
