// fault_options.h - the options by which faults are ordered: --drop, --delay and so on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wire/lab/faults.h"

namespace CLI {
class App;
}

namespace loquat::tool {

struct FaultOptions {
  std::vector<std::string> drop, delay, duplicate, reorder, corrupt;
  std::uint64_t seed = 0;  // 0: none by chance

  // Throws std::invalid_argument with what is not understood.
  std::vector<wire::Fault> ordered() const;
};

void add_fault_options(CLI::App& command, FaultOptions& faults);

}  // namespace loquat::tool
