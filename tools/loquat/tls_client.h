// tls_client.h - --tls for the subcommands that call somebody: whom to trust, and what to say when that is nobody.
#pragma once

#include <string>

#include "loquat/socket.h"

namespace CLI {
class App;
}

namespace loquat::tool {

struct TlsClient {
  bool use = false;
  std::string ca;           // a file of certificates, instead of the system's
  std::string fingerprint;  // SHA-256 of the one certificate that is trusted, whatever it says

  void add_to(CLI::App& command);
  // TLS on a connection to `host`, within its timeout; the same socket if it is not in use. Throws std::runtime_error
  // with a sentence for the user if the peer is not trusted, else OSError.
  Socket secure(Socket socket, const std::string& host) const;
};

}  // namespace loquat::tool
