// watch.h - `loquat wire watch`: what an interface of this machine carries, as a ladder, as it happens.
#pragma once

#include <string>

#include "output.h"

namespace loquat::tool {

struct WireWatchOptions {
  std::string interface = "any";
  std::string filter;  // of libpcap; empty: all
  std::string pcapng;  // write the packets to this file, too
  WireOutputOptions output;
};

// Throws std::invalid_argument with libpcap's words if the filter is wrong.
void check_filter(const std::string& filter);

// Until Ctrl-C. Returns the exit status.
int run_wire_watch(const WireWatchOptions& options);

}  // namespace loquat::tool
