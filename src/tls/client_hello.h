// client_hello.h - how a server chooses its context: by the name in the ClientHello, before it replies.
//
// OpenSSL has three callbacks for this. Its servername callback runs after the version is chosen and the session
// resumed, too late for another context to count. The ClientHello callback used here runs before both, and can suspend
// the handshake. So no C function is on the stack while the user's callback runs.
//
// Layer: tls.  Source: SSL_CTX_set_client_hello_cb(3), RFC 6066 s.3.
#pragma once

#include <openssl/ssl.h>

#include <optional>
#include <string>
#include <string_view>

namespace loquat::tls {

// Whether no host name contains this byte: control characters, spaces, slashes, and bytes beyond ASCII.
bool is_never_in_a_name(char c) noexcept;

// The host name in the body of a server_name extension, in lower case and without a trailing dot. Nothing if the
// extension is malformed, the name is longer than 255 bytes, or has a byte that no host name contains, since the user's
// callback may put it into a path or a log.
std::optional<std::string> parse_server_name(std::string_view extension);
// The host name of the ClientHello being handled; "" if it has no such extension.
std::optional<std::string> server_name_of(SSL* ssl);

// During a ClientHello: switches `ssl` to `context`, as if it had been made from it. Throws std::bad_alloc.
void adopt(SSL* ssl, SSL_CTX* context);

}  // namespace loquat::tls
