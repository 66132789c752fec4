#include "play.h"

#include <fstream>
#include <memory>
#include <stdexcept>

#include <CLI/CLI.hpp>

#include "../wire/wire.h"
#include "fault_options.h"
#include "wire/scenarios/scenario.h"

namespace loquat::tool {
namespace {

void check_usage(const WirePlayOptions& options) {
  if (wire::find_scenario(options.scenario) == nullptr)
    throw CLI::ValidationError("there is no scenario '" + options.scenario + "'; loquat wire list names them");
  if (options.ipv6 && !wire::plays_over_ipv6(*wire::find_scenario(options.scenario)))
    throw CLI::ValidationError("'" + options.scenario + "' is about IPv4: it cannot be played with --ipv6");
  if (options.control && options.output.format != "json")
    throw CLI::ValidationError("--control is for programs: it needs --format json");
  if (options.control + (options.hold > 0) + options.pace.step > 1)
    throw CLI::ValidationError("--control, --hold and --step each read standard input: choose one");
}

// For CLI11's check().
std::string problem_with_congestion(const std::string& name) {
  std::ifstream file("/proc/sys/net/ipv4/tcp_available_congestion_control");
  std::string available;
  for (std::string each; file >> each; available += " " + each)
    if (each == name) return {};
  return "this kernel has no congestion control '" + name + "'; it has:" + available;
}

void add_watching_options(CLI::App& command, WirePlayOptions& options) {
  command.add_flag("--step", options.pace.step, "show one row per Enter; c shows the rest, q quits");
  command
      .add_option("--speed", options.pace.speed, "show rows at this pace: 0.1 is ten times slower than they happened")
      ->type_name("X")
      ->check(CLI::Range(0.001, 1000.0));
  command.add_option("--hold", options.hold, "hold frame N until Enter, and say how to look into both hosts")
      ->type_name("N")
      ->check(CLI::Range(1, 1000000));
  command.add_flag("--control", options.control,
                   "read commands that deliver or drop frames from standard input (docs/wire.md)");
}

}  // namespace

void add_wire_play(CLI::App& wire, Chosen& chosen) {
  auto options = std::make_shared<WirePlayOptions>();
  auto faults = std::make_shared<FaultOptions>();
  CLI::App* command = wire.add_subcommand("play", "play a scenario on real TCP between two private hosts");
  command->add_option("SCENARIO", options->scenario, "its name, as in loquat wire list")->required();
  add_fault_options(*command, *faults);
  add_watching_options(*command, *options);
  add_wire_output(*command, options->output, wire_formats());
  add_wire_capture(*command, options->pcapng, options->vantage);
  command->add_flag("-6,--ipv6", options->ipv6, "between hosts with IPv6: fd00::1 and fd00::2");
  command->add_option("--congestion", options->congestion, "congestion control of both ends (default: reno)")
      ->type_name("NAME")
      ->check(problem_with_congestion, "", "");
  add_wire_expect(*command, options->expect);
  command->add_flag("--explain", options->output.explain, "first say what to look for, and why");
  command->footer(
      "Examples:\n"
      "  loquat wire play handshake --explain                  what to look at, then the ladder\n"
      "  loquat wire play close --drop 's>c fin'               which side retransmits, and from which state?\n"
      "  loquat wire play close --step                         row by row\n"
      "  loquat wire play close --hold 4                       and look with ss from another terminal\n"
      "  loquat wire play loss-fast --pcapng loss.pcapng       then: wireshark loss.pcapng\n"
      "  loquat wire play close --expect close.txt             exit status 1 and the difference, if there is one\n"
      "Frames are chosen by side, kind and number: [c>s | s>c] [syn | synack | ack | data | fin | rst | arp | icmp | "
      "udp\n"
      "| tcp] [#N | #N-M | all]. Exit status 3: this machine cannot run labs; 4: the scenario ended differently than "
      "intended.");
  command->callback([options, faults, &chosen] {
    check_usage(*options);
    try {
      options->faults = faults->ordered();
      options->seed = faults->seed;
    } catch (const std::invalid_argument& e) {
      throw CLI::ValidationError(e.what());
    }
    chosen = [options] { return run_wire_play(*options); };
  });
}

}  // namespace loquat::tool
