#include "lab.h"

#include <memory>
#include <stdexcept>

#include <CLI/CLI.hpp>

#include "../wire/wire.h"
#include "fault_options.h"

namespace loquat::tool {

void add_wire_lab(CLI::App& wire, Chosen& chosen) {
  auto options = std::make_shared<WireLabOptions>();
  auto faults = std::make_shared<FaultOptions>();
  options->output.to_stderr = true;
  CLI::App* command = wire.add_subcommand("lab", "run any program in the lab and show its traffic as a ladder");
  command->add_option("CMD", options->command, "the program and its arguments, after --; it runs at 10.0.0.1")
      ->required();
  command
      ->add_option("--server", options->server,
                   "a shell command to run at 10.0.0.2 (default: a web server at port 80, an echo server at port 7)")
      ->type_name("COMMAND");
  add_fault_options(*command, *faults);
  command->add_flag("-6,--ipv6", options->ipv6, "between hosts with IPv6: fd00::1 and fd00::2");
  add_wire_output(*command, options->output, wire_formats());
  add_wire_capture(*command, options->pcapng, options->vantage);
  command->footer(
      "Examples:\n"
      "  loquat wire lab -- curl http://10.0.0.2/\n"
      "  loquat wire lab --drop 's>c data' -- curl http://10.0.0.2/\n"
      "  loquat wire lab --server 'python3 server.py' -- python3 client.py 10.0.0.2\n"
      "  loquat wire lab --server 'nc -l 9000' -o ladder.txt -- nc 10.0.0.2 9000\n"
      "  loquat wire lab -- bash                           then any commands; exit ends the lab\n"
      "Both programs run as you and see your files, but in networks of their own: no frame reaches the machine's "
      "network.\n"
      "The exit status is CMD's. When CMD ends, everything in the lab ends.");
  command->callback([options, faults, &chosen] {
    try {
      options->faults = faults->ordered();
      options->seed = faults->seed;
    } catch (const std::invalid_argument& e) {
      throw CLI::ValidationError(e.what());
    }
    chosen = [options] { return run_wire_lab(*options); };
  });
}

}  // namespace loquat::tool
