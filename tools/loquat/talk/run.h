// run.h - runs `loquat talk` with its options.
#pragma once

#include <string>

#include "../tls_end.h"

namespace loquat::tool {

struct TalkOptions {
  std::string peer;    // the address to call,
  std::string listen;  // or the address to listen on; one of the two is empty
  bool turns = false;
  bool udp = false;
  TlsOptions tls = {};
};

// Returns 0, or throws an exception with a message for the user.
int run_talk(const TalkOptions& options);

}  // namespace loquat::tool
