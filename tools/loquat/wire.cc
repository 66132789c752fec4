#include "wire.h"

#include <CLI/CLI.hpp>

namespace loquat::tool {

void add_wire(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("wire", "the microscope: TCP and every layer around it, made visible");
  command->require_subcommand(1);
  add_wire_play(*command, chosen);
  add_wire_list(*command, chosen);
  add_wire_record(*command, chosen);
  add_wire_lab(*command, chosen);
  add_wire_layers(*command, chosen);
  add_wire_why(*command, chosen);
  add_wire_show(*command, chosen);
  add_wire_watch(*command, chosen);
}

}  // namespace loquat::tool
