#include "watch.h"

#include <CLI/CLI.hpp>

#include "wire.h"

namespace loquat::tool {

void add_wire_watch(CLI::App& wire, Chosen& chosen) {
  auto options = std::make_shared<WireWatchOptions>();
  auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* command = wire.add_subcommand("watch", "show this machine's connections as a live ladder");
  command->add_option("-i,--interface", options->interface, "eth0, lo, any (default: any)")->type_name("NAME");
  command->add_option("FILTER", *words, "which packets, in tcpdump's syntax: tcp port 80");
  command->add_option("--pcapng", options->pcapng, "also write the packets to this file")->type_name("FILE");
  add_wire_output(*command, options->output, {"text", "json"});
  command->footer(
      "Examples:\n"
      "  loquat wire watch -i lo tcp port 7777              connections to a server of this machine\n"
      "  loquat wire watch host 192.168.1.7 --pcapng a.pcapng\n"
      "Capturing needs a privilege; without it, a message says how to get it. Or let only dumpcap run as root:\n"
      "  sudo dumpcap -q -i lo -w - | loquat wire show -");
  command->callback([options, words, &chosen] {
    options->filter = CLI::detail::join(*words, " ");
    try {
      check_filter(options->filter);
    } catch (const std::invalid_argument& e) {
      throw CLI::ValidationError(e.what());
    }
    chosen = [options] { return run_wire_watch(*options); };
  });
}

}  // namespace loquat::tool
