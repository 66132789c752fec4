#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "wire.h"
#include "wire/scenario.h"
#include "wire_capture.h"
#include "wire_output.h"
#include "wire_presenter.h"
#include "wire_texts.h"

namespace loquat::tool {
namespace {

struct PlayOptions {
  std::string scenario;
  WireOutputOptions output;
  Pace pace;
  std::string pcapng, vantage = "client";
  std::vector<std::string> drop, delay, duplicate, reorder, corrupt;
  std::uint64_t seed = 0;
};

void add_faults(std::vector<wire::Fault>& faults, wire::Fault::Kind kind, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) faults.push_back(wire::parse_fault(kind, text));
}

std::vector<wire::Fault> ordered_faults(const PlayOptions& options) {
  using Kind = wire::Fault::Kind;
  std::vector<wire::Fault> faults;
  if (options.seed != 0) faults = wire::random_faults(options.seed);
  add_faults(faults, Kind::drop, options.drop);
  add_faults(faults, Kind::delay, options.delay);
  add_faults(faults, Kind::duplicate, options.duplicate);
  add_faults(faults, Kind::reorder, options.reorder);
  add_faults(faults, Kind::corrupt, options.corrupt);
  return faults;
}

int run_play(const PlayOptions& options, const std::vector<wire::Fault>& faults) {
  const wire::Scenario& scenario = *wire::find_scenario(options.scenario);
  const wire::ScenarioText* text = wire_text(scenario.name);
  WireOutput output(options.output);
  WirePresenter presenter(options.pace, [&](const wire::Row& row) { return output.add(row); });
  const auto captures = open_captures(options.pcapng, options.pcapng.empty() ? "" : options.vantage);
  wire::LabOptions lab;
  lab.sink = [&](const wire::Row& row) {
    presenter.add(row);
    for (const auto& capture : captures) capture->add(row);
  };
  lab.faults = faults;
  lab.tell_held = true;
  try {
    const bool as_specified = play(scenario, text ? text->title : wire::Text{}, options.seed, std::move(lab));
    for (const auto& capture : captures) capture->finish();
    presenter.finish();
    output.finish();
    return as_specified ? 0 : exit_otherwise;
  } catch (const wire::kernel::Unavailable& e) {
    fmt::print(stderr, "loquat: no lab here: {}.\nRemedy: {}\n", e.what(), e.remedy());
    return exit_unavailable;
  }
}

void add_fault_options(CLI::App& command, PlayOptions& options) {
  command.add_option("--drop", options.drop,
                     "lose these frames: 'c>s data #2' is the client's second segment with data");
  command.add_option("--delay", options.delay, "'50ms': all frames; 's>c fin 200ms': the server's first FIN");
  command.add_option("--duplicate", options.duplicate, "these frames come twice");
  command.add_option("--reorder", options.reorder, "these frames come after the next one of their side");
  command.add_option("--corrupt", options.corrupt, "one bit of these frames is turned over");
  command.add_option("--seed", options.seed, "faults by chance, the same for the same number");
}

}  // namespace

void add_wire_play(CLI::App& wire, Chosen& chosen) {
  auto options = std::make_shared<PlayOptions>();
  CLI::App* command = wire.add_subcommand("play", "plays a scenario on real TCP between two private hosts");
  command->add_option("SCENARIO", options->scenario, "one of: loquat wire list")->required();
  add_fault_options(*command, *options);
  command->add_flag("--step", options->pace.step, "a row at each Enter; c shows the rest, q quits");
  command->add_option("--speed", options->pace.speed, "shown so much faster than it happens: 0.1 is ten times slower")
      ->check(CLI::Range(0.001, 1000.0));
  command->add_option("--pcapng", options->pcapng, "write the frames to this file, for Wireshark");
  command->add_option("--vantage", options->vantage, "whose frames: client, server, or both in two files")
      ->check(CLI::IsMember({"client", "server", "both"}));
  command->add_option("--format", options->output.format, "text or json")->check(CLI::IsMember({"text", "json"}));
  command->add_option("-o,--output", options->output.file, "write to this file instead of standard output");
  command->add_flag("--ascii", options->output.ascii, "draw with ASCII alone");
  command->add_flag("--explain", options->output.explain, "the explanation of the scenario, too");
  command->add_option("--lang", options->output.language, "en or zh (default: as the environment says)")
      ->check(CLI::IsMember({"en", "zh"}));
  command->callback([options, &chosen] {
    if (wire::find_scenario(options->scenario) == nullptr)
      throw CLI::ValidationError("there is no scenario '" + options->scenario + "'; loquat wire list names them");
    try {
      chosen = [options, faults = ordered_faults(*options)] { return run_play(*options, faults); };
    } catch (const std::invalid_argument& e) {
      throw CLI::ValidationError(e.what());
    }
  });
}

}  // namespace loquat::tool
