// command.h - the subcommands of `loquat`, each in a file of its own.
//
// add_NAME() adds the subcommand to the application; when the user chose it, it sets `chosen` to what is to be run,
// which returns the exit status: 0 done, 1 failed. Wrong usage (2) is main()'s.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace loquat::tool {

using Chosen = std::function<int()>;

void add_serve(CLI::App& app, Chosen& chosen);
void add_join(CLI::App& app, Chosen& chosen);
void add_talk(CLI::App& app, Chosen& chosen);
void add_wire(CLI::App& app, Chosen& chosen);
void add_doctor(CLI::App& app, Chosen& chosen);
void add_demo(CLI::App& app, Chosen& chosen);
void add_completion(CLI::App& app, Chosen& chosen);
void add_manual(CLI::App& app, Chosen& chosen);

// Those of `loquat wire`.

}  // namespace loquat::tool
