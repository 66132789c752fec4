// play.h - one scenario, played and shown.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../wire/output.h"
#include "../wire/presenter.h"
#include "wire/lab/faults.h"

namespace loquat::tool {

struct WirePlayOptions {
  std::string scenario;
  std::vector<wire::Fault> faults;
  std::uint64_t seed = 0;
  WireOutputOptions output;
  Pace pace;
  std::string pcapng, vantage = "client";
  bool control = false;
  int hold = 0;
  bool ipv6 = false;
  std::string congestion;  // empty: the lab's own
  std::string expect;      // a file (wire/expect/script.h); empty: none

  // Only a lab can do this, no recording.
  bool needs_lab() const { return !faults.empty() || control || hold > 0 || ipv6 || !congestion.empty(); }
};

int run_wire_play(WirePlayOptions options);

}  // namespace loquat::tool
