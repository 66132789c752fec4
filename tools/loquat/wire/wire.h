// wire.h - the subcommands of `loquat wire`, each in a file of its own, as command.h's.
//
// Exit status: 0 done, 1 failed or not as --expect says, 2 wrong usage, 3 there can be no lab here and nothing else did
// its work, 4 a scenario ended otherwise than it is meant to.
#pragma once

#include <string>
#include <vector>

#include "../command.h"
#include "output.h"

namespace loquat::tool {

inline constexpr int exit_unavailable = 3, exit_otherwise = 4;

void add_wire_play(CLI::App& wire, Chosen& chosen);
void add_wire_list(CLI::App& wire, Chosen& chosen);
void add_wire_record(CLI::App& wire, Chosen& chosen);
void add_wire_lab(CLI::App& wire, Chosen& chosen);
void add_wire_layers(CLI::App& wire, Chosen& chosen);
void add_wire_why(CLI::App& wire, Chosen& chosen);
void add_wire_show(CLI::App& wire, Chosen& chosen);
void add_wire_graph(CLI::App& wire, Chosen& chosen);
void add_wire_follow(CLI::App& wire, Chosen& chosen);
void add_wire_compare(CLI::App& wire, Chosen& chosen);
void add_wire_watch(CLI::App& wire, Chosen& chosen);

// Options that several of them have: --format (one of `formats`), -o, --ascii, --lang.
void add_wire_output(CLI::App& command, WireOutputOptions& output, const std::vector<std::string>& formats);
// --expect.
void add_wire_expect(CLI::App& command, std::string& file);
// --pcapng, --vantage.
void add_wire_capture(CLI::App& command, std::string& file, std::string& vantage);

}  // namespace loquat::tool
