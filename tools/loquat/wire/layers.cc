#include <CLI/CLI.hpp>

#include "layers.h"
#include "wire.h"

namespace loquat::tool {

void add_wire_layers(CLI::App& wire, Chosen& chosen) {
  auto options = std::make_shared<WireLayersOptions>();
  CLI::App* command = wire.add_subcommand("layers", "a captured frame, layer by layer and byte by byte");
  command->add_option("FILE", options->file, "pcap, pcapng or a trace of `loquat wire`; - is standard input")
      ->required();
  command->add_option("--frame", options->frame, "which one; 1 is the first (default: all, one line each)")
      ->check(CLI::Range(1, 2147483647));
  command->add_option("--field", options->field, "the field whose bytes are marked, by Wireshark's name: tcp.seq");
  command->add_option("--format", options->format, "text or json (one frame a line)")
      ->check(CLI::IsMember({"text", "json"}));
  command->add_option("--lang", options->language, "en or zh (default: as the locale says)")
      ->check(CLI::IsMember({"en", "zh"}));
  command->add_flag("--ascii", options->ascii, "nothing beyond ASCII but what the frame holds");
  command->footer(
      "Examples:\n"
      "  loquat wire layers file.pcapng                     which frames there are\n"
      "  loquat wire layers file.pcapng --frame 4           one of them\n"
      "  loquat wire layers file.pcapng --frame 4 --field tcp.seq\n"
      "  tcpdump -i lo -U -w - | loquat wire layers -       as they come\n"
      "A layer that has no bytes in the frame says so. Wireshark knows the fields by the same names.");
  command->callback([options, &chosen] { chosen = [options] { return run_wire_layers(*options); }; });
}

}  // namespace loquat::tool
