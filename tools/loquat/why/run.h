// run.h - `loquat wire why`: looks at this machine's TCP sockets, twice, and says what keeps each from moving.
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

// 0: done; 1: there is nothing of that name, or it may not be looked at.
int run_why(const WhyOptions& options);

}  // namespace loquat::tool
