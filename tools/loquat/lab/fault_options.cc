#include "fault_options.h"

#include <CLI/CLI.hpp>

namespace loquat::tool {
namespace {

void add_faults(std::vector<wire::Fault>& faults, wire::Fault::Kind kind, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) faults.push_back(wire::parse_fault(kind, text));
}

// It takes one value each time, so a `--` behind it still begins the command of `lab`.
void add_fault(CLI::App& command, const char* name, std::vector<std::string>& texts, const char* description) {
  command.add_option(name, texts, description)->type_name("FRAMES")->allow_extra_args(false);
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
  add_fault(command, "--drop", faults.drop,
            "lose these frames: 'c>s data #2' is the client's second segment with data");
  add_fault(command, "--delay", faults.delay,
            "delay frames: '50ms' all of them, 's>c fin 200ms' the server's first FIN");
  add_fault(command, "--duplicate", faults.duplicate, "deliver these frames twice");
  add_fault(command, "--reorder", faults.reorder, "deliver these frames after the next one in their direction");
  add_fault(command, "--corrupt", faults.corrupt, "flip one bit of these frames");
  command.add_option("--seed", faults.seed, "random faults; the same number gives the same faults")->type_name("N");
}

}  // namespace loquat::tool
