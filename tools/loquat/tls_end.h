// tls_end.h - TLS for callers and listeners: which certificate a caller trusts, and which one a listener shows.
//
// A listener without a certificate file makes a self-signed certificate for this run. No authority vouches for it, so
// its user gives the fingerprint to the caller in a way that both trust.
//
//   Errors    SSLError and the socket's errors, as in tls.h; std::runtime_error with a message for the user.
//   Waiting   A handshake takes ten seconds at most.
#pragma once

#include <string>

#include "loquat/tls.h"

namespace loquat::tool {

struct TlsOptions {
  bool enabled = false;
  std::string cert, key;    // the listener's PEM files
  std::string ca;           // PEM file of certificates to trust in place of the system's
  std::string fingerprint;  // SHA-256 of the only certificate to trust, whoever signed it
};

// Returns the hexadecimal digits of a fingerprint in upper case: "ABCD" for "ab:cd", "AB CD" and "sha256:abcd". Drops
// all other characters.
std::string fingerprint_digits(const std::string& fingerprint);

class TlsEnd {
 public:
  // Reads the files. `server` is true for the listener.
  TlsEnd(const TlsOptions& options, bool server);
  TlsEnd(const TlsEnd&) = delete;
  TlsEnd& operator=(const TlsEnd&) = delete;

  // Performs the handshake. A caller passes the server's name as `host`. With `require_close_notify`, it is an error if
  // the connection ends without TLS's close_notify, because then the end may be forged.
  Socket wrap(Socket socket, const std::string& host, bool require_close_notify) const;
  // SHA-256 of the listener's certificate; empty for a caller.
  std::string fingerprint() const;

 private:
  SSLContext context_;
  bool server_;
  std::string expected_;  // the peer's fingerprint, as digits; empty: certificates are verified as usual
};

}  // namespace loquat::tool
