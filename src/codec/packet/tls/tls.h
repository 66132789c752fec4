// tls.h - the parts of the TLS reader. Internal to codec.
//
// Layer: codec (docs/layers.txt).
#pragma once

#include <string>

#include "codec/packet/fields.h"

namespace loquat::codec {

// Names by IANA's registries; empty for a number without a name here.
std::string_view tls_version_name(std::uint64_t version);    // "TLS 1.2"
std::string_view tls_cipher_name(std::uint64_t suite);       // "TLS_AES_128_GCM_SHA256"
std::string_view tls_extension_name(std::uint64_t type);     // "server_name"
std::string_view tls_handshake_name(std::uint64_t type);     // "client hello"
std::string_view tls_alert_name(std::uint64_t description);  // "handshake_failure"
std::string_view tls_group_name(std::uint64_t group);        // "x25519"
std::string_view tls_signature_name(std::uint64_t scheme);   // "ecdsa_secp256r1_sha256"

// Adds the fields of the handshake messages between `at` and `end` of the layer, and returns what a summary says of
// them: "client hello example.org alpn=h2,http/1.1". `encrypted`: the sender has changed its cipher.
std::string add_handshake(LayerWriter& out, std::size_t at, std::size_t end, bool encrypted);

}  // namespace loquat::codec
