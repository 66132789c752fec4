#include <chrono>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "../wire/wire.h"
#include "run.h"

namespace loquat::tool {

void add_wire_why(CLI::App& wire, Chosen& chosen) {
  struct Asked {
    WhyOptions options;
    std::string language;
    double seconds = 1;
  };
  auto asked = std::make_shared<Asked>();
  CLI::App* command =
      wire.add_subcommand("why", "why a connection stands still or was reset; without argument, all of this machine");
  command->add_option("TARGET", asked->options.target, "PORT, ADDR:PORT, a process (pid:N) or a capture FILE");
  command->add_flag("--follow", asked->options.follow,
                    "print each change and each closed connection as it happens, until Ctrl-C");
  command->add_flag("--json", asked->options.json, "one object per line, for programs");
  command->add_option("--interval", asked->seconds, "seconds between the two looks (default: 1)")
      ->type_name("SECONDS")
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, double>{{"s", 1}, {"ms", 1e-3}, {"min", 60}}))
      ->check(CLI::Range(0.01, 3600.0));
  command->add_option("--lang", asked->language, "en or zh (default: from the environment)")
      ->check(CLI::IsMember({"en", "zh"}));
  command->footer(
      "No privileges are needed. The names of other users' processes are not shown.\n"
      "Examples:\n"
      "  loquat wire why                      every TCP socket of this machine, with a verdict\n"
      "  loquat wire why 8080                 the server on port 8080: which connections are stuck, and why\n"
      "  loquat wire why 10.0.0.2:5432        our connections to that server\n"
      "  loquat wire why pid:4242 --follow    what a process does wrong, as it happens\n"
      "  loquat wire why capture.pcapng       what a capture says");
  command->callback([asked, &chosen] {
    chosen = [asked] {
      auto asked_language = wire::language_of(asked->language);
      asked->options.language = asked_language ? *asked_language : wire::language_of_environment();
      asked->options.interval = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(asked->seconds));
      return run_why(asked->options);
    };
  });
}

}  // namespace loquat::tool
