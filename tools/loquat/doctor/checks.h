// checks.h - what works on this machine, one check per capability, each tried rather than guessed.
//
// Nothing is left behind: namespaces end with a child of this process, the file that is written is removed.
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
  bool serve_needs = false;  // without it `loquat serve` does not start as it stands
  wire::Text text;           // what was found; if not ok, the reason
  std::string remedy;        // if not ok: what to type, or to do
};

// In the order in which they are told.
std::vector<std::function<Check()>> all_checks();

}  // namespace loquat::tool
