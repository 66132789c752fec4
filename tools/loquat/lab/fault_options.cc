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
  command.add_option("--drop", faults.drop,
                     "lose these frames: 'c>s data #2' is the client's second segment with data");
  command.add_option("--delay", faults.delay, "'50ms': all frames; 's>c fin 200ms': the server's first FIN");
  command.add_option("--duplicate", faults.duplicate, "these frames come twice");
  command.add_option("--reorder", faults.reorder, "these frames come after the next one of their side");
  command.add_option("--corrupt", faults.corrupt, "one bit of these frames is turned over");
  command.add_option("--seed", faults.seed, "faults by chance, the same for the same number");
}

}  // namespace loquat::tool
