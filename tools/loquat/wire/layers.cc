#include <CLI/CLI.hpp>

#include "layers.h"
#include "wire.h"

namespace loquat::tool {

void add_wire_layers(CLI::App& wire, Chosen& chosen) {
  auto options = std::make_shared<WireLayersOptions>();
  CLI::App* command = wire.add_subcommand("layers", "show a captured frame layer by layer and byte by byte");
  command
      ->add_option("FILE", options->file,
                   "pcap, pcapng or a trace of `loquat wire`, also packed with gzip; - is standard input")
      ->required();
  command->add_option("--frame", options->frame, "the frame's number, from 1 (default: all frames, one line each)")
      ->type_name("N")
      ->check(CLI::Range(1, 2147483647));
  command->add_option("--field", options->field, "mark the bytes of this field, by Wireshark's name: tcp.seq")
      ->type_name("NAME");
  command->add_option("--format", options->format, "text or json (one frame a line)")
      ->check(CLI::IsMember({"text", "json"}));
  command->add_option("--lang", options->language, "en or zh (default: from the environment)")
      ->check(CLI::IsMember({"en", "zh"}));
  command->add_flag("--ascii", options->ascii, "print ASCII only, except for the frame's own text");
  command->footer(
      "Examples:\n"
      "  loquat wire layers file.pcapng                     the frames, one line each\n"
      "  loquat wire layers file.pcapng --frame 4           one of them\n"
      "  loquat wire layers file.pcapng --frame 4 --field tcp.seq\n"
      "  tcpdump -i lo -U -w - | loquat wire layers -       live\n"
      "A layer that has no bytes in the frame says so. Field names are Wireshark's.");
  command->callback([options, &chosen] { chosen = [options] { return run_wire_layers(*options); }; });
}

}  // namespace loquat::tool
