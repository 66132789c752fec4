// run.h - `loquat wire why`: looks at this machine's TCP sockets twice and says why each stands still.
#pragma once

#include <string>

#include "loquat/time.h"
#include "wire/text/language.h"

namespace loquat::tool {

struct WhyOptions {
  std::string target;  // PORT, PID, ADDR:PORT or FILE; empty: every socket
  bool follow = false;
  bool json = false;
  wire::Language language = wire::Language::en;
  Duration interval{};
};

// Returns 0, or 1 if there is no such socket or the user may not look at it.
int run_why(const WhyOptions& options);

}  // namespace loquat::tool
