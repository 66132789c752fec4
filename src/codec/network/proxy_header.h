// proxy_header.h - the PROXY protocol, versions 1 and 2: what a proxy says of its client before all other bytes.
//
//   Pure      The answer depends on the bytes only. Ask again, with all bytes since the start, whenever more came.
//   Strict    A header that is not exactly as specified is malformed. Its TLVs are skipped unread.
//
// Layer: codec (docs/layers.txt).  Source: HAProxy's doc/proxy-protocol.txt, s.2.1 (version 1) and s.2.2 (version 2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "codec/network/ip_address.h"

namespace loquat::codec {

struct ProxyHeader {
  enum class Kind : std::uint8_t { none, unfinished, whole, malformed };
  Kind kind = Kind::none;
  std::size_t size = 0;  // of a whole one, in bytes
  // The client of a whole one. Nothing if the proxy speaks for itself (LOCAL), does not know (UNKNOWN), or has a client
  // without IP over TCP.
  std::optional<Endpoint> source = {};
  std::string_view reason = {};  // of a malformed one, a constant
};

// Longer headers are malformed: of version 1 as specified, of version 2 with its TLVs.
inline constexpr std::size_t max_proxy_line = 107;
inline constexpr std::size_t max_proxy_block = 16 + 4096;

// Reads the header at the front of `bytes`, all that came since the connection began. Unfinished from its first byte
// on: no byte at all is unfinished, too.
ProxyHeader read_proxy_header(std::string_view bytes);

// Whether `bytes` begin with "PROXY " or as far with version 2's signature that no client does: with its NUL.
bool begins_proxy_header(std::string_view bytes) noexcept;

}  // namespace loquat::codec
