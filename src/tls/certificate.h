// certificate.h - certificates as values, and self-signed ones.
//
// Layer: tls.  Source: RFC 5280.
#pragma once

#include <openssl/x509.h>

#include <string>
#include <vector>

#include "loquat/tls.h"

namespace loquat::tls {

Certificate describe(const X509& certificate);
// The first certificate in a PEM file. Throws SSLError.
Certificate read_certificate(const std::string& path);

// Makes a new key and a self-signed certificate for the given names and IP literals, valid from yesterday on. Both are
// PEM. With Ed25519 the same names always give a certificate and a handshake of the same length.
enum class KeyKind { p256, ed25519 };
struct SelfSigned {
  std::string certificate;
  std::string key;
};
SelfSigned make_self_signed(const std::string& common_name, const std::vector<std::string>& names, int days,
                            KeyKind kind = KeyKind::p256);

}  // namespace loquat::tls
