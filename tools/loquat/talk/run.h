// run.h - a whole `loquat talk`, from its options to its exit status.
#pragma once

#include <string>

#include "../tls_end.h"

namespace loquat::tool {

struct TalkOptions {
  std::string peer;    // whom to call, or
  std::string listen;  // where to wait for a call; one of the two is empty
  bool turns = false;
  bool udp = false;
  TlsOptions tls = {};
};

// Returns 0, or throws what is to be told to the user.
int run_talk(const TalkOptions& options);

}  // namespace loquat::tool
