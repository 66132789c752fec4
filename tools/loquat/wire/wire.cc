#include "wire.h"

#include <CLI/CLI.hpp>

#include "expectation.h"

namespace loquat::tool {

void add_wire(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("wire", "the microscope: see TCP and every layer around it");
  command->require_subcommand(1);
  add_wire_play(*command, chosen);
  add_wire_list(*command, chosen);
  add_wire_record(*command, chosen);
  add_wire_lab(*command, chosen);
  add_wire_layers(*command, chosen);
  add_wire_why(*command, chosen);
  add_wire_show(*command, chosen);
  add_wire_graph(*command, chosen);
  add_wire_follow(*command, chosen);
  add_wire_compare(*command, chosen);
  add_wire_watch(*command, chosen);
}

void add_wire_output(CLI::App& command, WireOutputOptions& output, const std::vector<std::string>& formats) {
  command.add_option("--format", output.format, CLI::detail::join(formats, ", "))->check(CLI::IsMember(formats));
  command
      .add_option("-o,--output", output.file,
                  output.to_stderr ? "write the ladder to this file instead of standard error"
                                   : "write to this file instead of standard output")
      ->type_name("FILE");
  command.add_flag("--ascii", output.ascii, "draw with ASCII only");
  command.add_option("--lang", output.language, "en or zh (default: from the environment)")
      ->check(CLI::IsMember({"en", "zh"}));
}

void add_wire_expect(CLI::App& command, std::string& file) {
  command
      .add_option("--expect", file,
                  "compare the frames and states with this file (docs/wire.md); status 1: they differ")
      ->type_name("FILE")
      ->check(problem_with_expectation, "", "");
}

void add_wire_capture(CLI::App& command, std::string& file, std::string& vantage) {
  command.add_option("--pcapng", file, "also write the frames to this file, for Wireshark")->type_name("FILE");
  command.add_option("--vantage", vantage, "which end's view of the frames: client, server, or both in two files")
      ->type_name("END")
      ->check(CLI::IsMember({"client", "server", "both"}));
}

}  // namespace loquat::tool
