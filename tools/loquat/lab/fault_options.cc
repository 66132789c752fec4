#include "fault_options.h"

#include <CLI/CLI.hpp>

namespace loquat::tool {
namespace {

void add_faults(std::vector<wire::Fault>& faults, wire::Fault::Kind kind, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) faults.push_back(wire::parse_fault(kind, text));
}

}  // namespace

std::vector<wire::Fault> FaultOptions::ordered() const {
  using Kind = wire::Fault::Kind;
  std::vector<wire::Fault> faults;
  if (seed != 0) faults = wire::random_faults(seed);
  add_faults(faults, Kind::drop, drop);
  add_faults(faults, Kind::delay, delay);
  add_faults(faults, Kind::duplicate, duplicate);
  add_faults(faults, Kind::reorder, reorder);
  add_faults(faults, Kind::corrupt, corrupt);
  return faults;
}

void add_fault_options(CLI::App& command, FaultOptions& faults) {
  command
      .add_option("--drop", faults.drop, "lose these frames: 'c>s data #2' is the client's second segment with data")
      ->type_name("FRAMES");
  command
      .add_option("--delay", faults.delay, "delay frames: '50ms' all of them, 's>c fin 200ms' the server's first FIN")
      ->type_name("FRAMES");
  command.add_option("--duplicate", faults.duplicate, "deliver these frames twice")->type_name("FRAMES");
  command.add_option("--reorder", faults.reorder, "deliver these frames after the next one in their direction")
      ->type_name("FRAMES");
  command.add_option("--corrupt", faults.corrupt, "flip one bit of these frames")->type_name("FRAMES");
  command.add_option("--seed", faults.seed, "random faults; the same number gives the same faults")->type_name("N");
}

}  // namespace loquat::tool
