#include "wire_play.h"

#include <memory>
#include <stdexcept>

#include <CLI/CLI.hpp>

#include "wire.h"
#include "wire/scenario.h"

namespace loquat::tool {
namespace {

struct FaultTexts {
  std::vector<std::string> drop, delay, duplicate, reorder, corrupt;
};

void add_faults(std::vector<wire::Fault>& faults, wire::Fault::Kind kind, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) faults.push_back(wire::parse_fault(kind, text));
}

std::vector<wire::Fault> ordered_faults(const FaultTexts& texts, std::uint64_t seed) {
  using Kind = wire::Fault::Kind;
  std::vector<wire::Fault> faults;
  if (seed != 0) faults = wire::random_faults(seed);
  add_faults(faults, Kind::drop, texts.drop);
  add_faults(faults, Kind::delay, texts.delay);
  add_faults(faults, Kind::duplicate, texts.duplicate);
  add_faults(faults, Kind::reorder, texts.reorder);
  add_faults(faults, Kind::corrupt, texts.corrupt);
  return faults;
}

void check_usage(const WirePlayOptions& options) {
  if (wire::find_scenario(options.scenario) == nullptr)
    throw CLI::ValidationError("there is no scenario '" + options.scenario + "'; loquat wire list names them");
  if (options.control && options.output.format != "json")
    throw CLI::ValidationError("--control is for programs: it needs --format json");
  if (options.control + (options.hold > 0) + options.pace.step > 1)
    throw CLI::ValidationError("--control, --hold and --step each read standard input: choose one");
}

void add_fault_options(CLI::App& command, FaultTexts& faults, WirePlayOptions& options) {
  command.add_option("--drop", faults.drop,
                     "lose these frames: 'c>s data #2' is the client's second segment with data");
  command.add_option("--delay", faults.delay, "'50ms': all frames; 's>c fin 200ms': the server's first FIN");
  command.add_option("--duplicate", faults.duplicate, "these frames come twice");
  command.add_option("--reorder", faults.reorder, "these frames come after the next one of their side");
  command.add_option("--corrupt", faults.corrupt, "one bit of these frames is turned over");
  command.add_option("--seed", options.seed, "faults by chance, the same for the same number");
}

void add_watching_options(CLI::App& command, WirePlayOptions& options) {
  command.add_flag("--step", options.pace.step, "a row at each Enter; c shows the rest, q quits");
  command.add_option("--speed", options.pace.speed, "shown so much faster than it happens: 0.1 is ten times slower")
      ->check(CLI::Range(0.001, 1000.0));
  command.add_option("--hold", options.hold, "hold this frame until Enter, and say how to look into both hosts")
      ->check(CLI::Range(1, 1000000));
  command.add_flag("--control", options.control, "commands on standard input decide about the frames (docs/wire.md)");
}

void add_output_options(CLI::App& command, WirePlayOptions& options) {
  command.add_option("--format", options.output.format, "text, json, svg or html")
      ->check(CLI::IsMember(wire_formats()));
  command.add_option("-o,--output", options.output.file, "write to this file instead of standard output");
  command.add_option("--pcapng", options.pcapng, "write the frames to this file, for Wireshark");
  command.add_option("--vantage", options.vantage, "whose frames: client, server, or both in two files")
      ->check(CLI::IsMember({"client", "server", "both"}));
  command.add_flag("--explain", options.output.explain, "what is to be seen and why, before it");
  command.add_flag("--ascii", options.output.ascii, "draw with ASCII alone");
  command.add_option("--lang", options.output.language, "en or zh (default: as the environment says)")
      ->check(CLI::IsMember({"en", "zh"}));
}

}  // namespace

void add_wire_play(CLI::App& wire, Chosen& chosen) {
  auto options = std::make_shared<WirePlayOptions>();
  auto faults = std::make_shared<FaultTexts>();
  CLI::App* command = wire.add_subcommand("play", "plays a scenario on real TCP between two private hosts");
  command->add_option("SCENARIO", options->scenario, "one of: loquat wire list")->required();
  add_fault_options(*command, *faults, *options);
  add_watching_options(*command, *options);
  add_output_options(*command, *options);
  command->footer(
      "Examples:\n"
      "  loquat wire play handshake --explain                  what to look at, then the ladder\n"
      "  loquat wire play close --drop 's>c fin'               who sends it again, and from which state?\n"
      "  loquat wire play close --step                         row by row\n"
      "  loquat wire play close --hold 4                       and look with ss from another terminal\n"
      "  loquat wire play loss-fast --pcapng loss.pcapng       then: wireshark loss.pcapng\n"
      "Frames are chosen by side, kind and number: [c>s | s>c] [syn | synack | ack | data | fin | rst | arp | icmp | "
      "udp\n"
      "| tcp] [#N | #N-M | all]. Exit status 3: there can be no lab here; 4: it ended otherwise than it is meant to.");
  command->callback([options, faults, &chosen] {
    check_usage(*options);
    try {
      options->faults = ordered_faults(*faults, options->seed);
    } catch (const std::invalid_argument& e) {
      throw CLI::ValidationError(e.what());
    }
    chosen = [options] { return run_wire_play(*options); };
  });
}

}  // namespace loquat::tool
