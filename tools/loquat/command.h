// command.h - the subcommands of `loquat`, each in a file of its own.
//
// add_NAME() adds one subcommand to the application. If the user chooses it, it sets `chosen` to the function to run.
// That function returns the exit status: 0 done, 1 failed. main() returns 2 for wrong usage.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace loquat::tool {

using Chosen = std::function<int()>;

void add_serve(CLI::App& app, Chosen& chosen);
void add_admin(CLI::App& app, Chosen& chosen);
void add_join(CLI::App& app, Chosen& chosen);
void add_talk(CLI::App& app, Chosen& chosen);
void add_wire(CLI::App& app, Chosen& chosen);
void add_doctor(CLI::App& app, Chosen& chosen);
void add_demo(CLI::App& app, Chosen& chosen);
void add_completion(CLI::App& app, Chosen& chosen);
void add_manual(CLI::App& app, Chosen& chosen);

}  // namespace loquat::tool
