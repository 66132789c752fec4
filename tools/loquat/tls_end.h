// tls_end.h - TLS for who calls and for who is called: whom the caller trusts, and who the listener is.
//
// A listener without a certificate makes one for itself, for this run. Nobody vouches for that, so the user tells its
// fingerprint to the caller, by whatever way the two trust.
//
//   Errors    SSLError and the Socket's, as tls.h says; std::runtime_error with a sentence for the user.
//   Waiting   The handshakes, for ten seconds at most.
#pragma once

#include <string>

#include "loquat/tls.h"

namespace loquat::tool {

struct TlsOptions {
  bool wanted = false;
  std::string cert, key;    // PEM files: the listener's
  std::string ca;           // a file of certificates to trust instead of the system's
  std::string fingerprint;  // SHA-256 of the one certificate that is trusted, whoever signed it
};

// The hexadecimal digits of a fingerprint, as capitals: of "ab:cd", "AB CD", "sha256:abcd". Whatever else is there
// goes.
std::string fingerprint_digits(const std::string& fingerprint);

class TlsEnd {
 public:
  // Reads the files. `server`: for the listener.
  TlsEnd(const TlsOptions& options, bool server);
  TlsEnd(const TlsEnd&) = delete;
  TlsEnd& operator=(const TlsEnd&) = delete;

  // Makes the handshake. `host` is what the caller wants to reach. `whole`: a stream whose end may be forged, because
  // the connection ends without TLS saying so, is an error.
  Socket wrap(Socket socket, const std::string& host, bool whole) const;
  // SHA-256 of the listener's certificate.
  std::string fingerprint() const;

 private:
  SSLContext context_;
  bool server_;
  std::string wanted_;  // the fingerprint's hexadecimal digits
};

}  // namespace loquat::tool
