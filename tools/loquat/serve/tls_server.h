// tls_server.h - the certificate of the subcommands that listen: files, or one of one's own.
#pragma once

#include <string>
#include <vector>

#include "loquat/tls.h"

namespace CLI {
class App;
}

namespace loquat::tool {

struct TlsServer {
  std::string cert, key;
  bool self_signed = false;

  void add_to(CLI::App& command);
  bool use() const noexcept { return self_signed || !cert.empty(); }
  // For a self-signed certificate: makes one for `names` in DIRECTORY/tls.pem (mode 0600), certificate and key, unless
  // there is one that is still valid for a month. Throws std::runtime_error.
  void prepare(const std::string& directory, const std::vector<std::string>& names);
  // Whether prepare() would make another certificate, now that the first has been in use for long.
  bool is_due() const;
  // Reads the files, anew each time. Throws OSError, which names the file.
  SSLContext context() const;
  std::string fingerprint() const;
};

}  // namespace loquat::tool
