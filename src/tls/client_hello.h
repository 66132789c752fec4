// client_hello.h - what a server does between a client's first message and its own: it hears the name that the client
// asks for, and goes on with the context that is for it.
//
// OpenSSL asks at three moments. Its servername callback comes after the version is chosen and the session resumed, too
// late for a context to count. Here it is the client hello callback, which comes before either, and which OpenSSL can
// leave again to ask the user: so no C function is open while his callback runs.
//
// Layer: tls.  Source: SSL_CTX_set_client_hello_cb(3), RFC 6066 s.3.
#pragma once

#include <openssl/ssl.h>

#include <optional>
#include <string>
#include <string_view>

namespace loquat::tls {

// Whether a byte is in no host name: NUL and other control characters, spaces, slashes, and bytes beyond ASCII.
bool is_never_in_a_name(char c) noexcept;

// The host name in the body of a server_name extension, in lower case and without a dot at its end. Nothing if the
// extension is malformed, or the name longer than 255 bytes, or a byte of it in no host name: the user's callback may
// put it into a path or a log.
std::optional<std::string> parse_server_name(std::string_view extension);
// The same of the hello that is being handled; "" if it has no such extension.
std::optional<std::string> server_name_of(SSL* ssl);

// In the middle of a client hello: all that `context` says counts from here on, as if `ssl` had been made of it.
// Throws std::bad_alloc.
void adopt(SSL* ssl, SSL_CTX* context);

}  // namespace loquat::tls
