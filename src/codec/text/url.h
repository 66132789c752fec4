// url.h - the parts of an HTTP target: path, query, host.
//
// Layer: codec (docs/layers.txt).  Source: RFC 3986 s.2.1, s.3, s.5.2.4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace loquat::codec {

// `text` with each %XX replaced by its byte ('+' stays '+').
// Returns nothing if a '%' is not followed by two hexadecimal digits, or the result would hold a NUL.
std::optional<std::string> percent_decode(std::string_view text);

// The path of a file or route: percent-decoded once, valid UTF-8, "." and empty segments removed, ".." resolved.
// It begins with '/'; a '/' at the end stays.
// Returns nothing for what no honest client sends: a path that does not begin with '/', a bad escape, a NUL or other
// control character, a backslash, an encoded '/', text that is not UTF-8, or ".." above the root.
std::optional<std::string> normalize_path(std::string_view path);

// The value of `key` in the query `a=b&c=d`, percent-decoded, with '+' as a space. The first of several counts.
// Returns nothing if there is none or it cannot be decoded.
std::optional<std::string> query_value(std::string_view query, std::string_view key);

// Host and port, as in "example.org:80" or "[::1]:7777".
struct Authority {
  std::string_view host;  // "::1" without its brackets
  std::string_view port;  // digits, or empty
  bool ip_literal = false;
};

// Splits `text`. Returns nothing if it is no host with an optional port: user info, spaces, a path, an empty host, a
// port above 65535, brackets without an IPv6 address.
std::optional<Authority> split_authority(std::string_view text) noexcept;

}  // namespace loquat::codec
