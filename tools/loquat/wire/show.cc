#include "show.h"

#include <CLI/CLI.hpp>

#include "wire.h"

namespace loquat::tool {

void add_wire_show(CLI::App& wire, Chosen& chosen) {
  auto options = std::make_shared<WireShowOptions>();
  CLI::App* command = wire.add_subcommand("show", "show a capture file as a ladder, with both ends' states inferred");
  command
      ->add_option("FILE", options->file,
                   "pcap, pcapng or a trace of `loquat wire`, also packed with gzip; - is standard input")
      ->required();
  command->add_option("--stream", options->stream, "the number of one connection, as in the list and in Wireshark")
      ->type_name("N");
  add_wire_output(*command, options->output, wire_formats());
  add_wire_expect(*command, options->expect);
  command->footer(
      "Examples:\n"
      "  loquat wire show file.pcapng                          the connections, or the ladder if there is only one\n"
      "  loquat wire show file.pcapng --stream 3               the ladder of one of them\n"
      "  loquat wire show file.pcapng --format html -o a.html  a page that needs nothing else\n"
      "  sudo dumpcap -q -i eth0 -w - | loquat wire show -     as it happens; only dumpcap is root\n"
      "States are inferred from the packets by RFC 9293; a state that no packet shows is '?'.");
  command->callback([options, &chosen] { chosen = [options] { return run_wire_show(*options); }; });
}

}  // namespace loquat::tool
