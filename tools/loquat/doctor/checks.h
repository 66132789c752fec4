// checks.h - what works on this machine: one check per capability. Each check tries it.
//
// Nothing is left behind: namespaces end with a child process, and the test file is removed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "wire/trace/trace.h"

namespace loquat::tool {

struct Check {
  std::string name;     // "user namespaces"
  std::string used_by;  // "wire play"
  bool ok = false;
  bool serve_needs = false;  // if it fails, `loquat serve` without options does not start
  wire::Text text;           // what the check found; if not ok, the reason
  std::string remedy;        // if not ok: what to type or do
};

// In the order of the output.
std::vector<std::function<Check()>> all_checks();

}  // namespace loquat::tool
