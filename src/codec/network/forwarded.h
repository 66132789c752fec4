// forwarded.h - who sent a request, as the proxies on its way say: X-Forwarded-For and Forwarded.
//
// Each proxy appends the address from which it got the request. So only the end of the list, which the nearest proxies
// have written, can be believed; what comes first is the client's own word.
//
// Layer: codec (docs/layers.txt).  Source: RFC 7239 s.4, s.6.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "codec/network/ip_address.h"

namespace loquat::codec {

// What one proxy says of its client. Neither an address nor withheld: noise, which no proxy writes.
struct ForwardedNode {
  std::optional<IpAddress> address;
  bool withheld = false;  // the proxy does not know the address or does not tell it: "unknown", "_hidden", no `for`
};

// One for each proxy, the farthest first.
using ForwardedFrom = std::vector<ForwardedNode>;

// Both append what one field lists. Empty elements are skipped (RFC 9110 s.5.6.1.2).
//
// 192.0.2.1, [2001:db8::1]:80, 2001:db8::1. There are no quoted strings: every comma separates, since a quote that
// the client has sent must not swallow what the proxy appends.
void read_x_forwarded_for(std::string_view value, ForwardedFrom& out);
// for=192.0.2.1;proto=https, for="[2001:db8::1]:80". False if the field ends inside a quoted string: then nobody can
// tell what the client has sent and what the proxy has appended, and nothing in it can be believed.
[[nodiscard]] bool read_forwarded(std::string_view value, ForwardedFrom& out);

}  // namespace loquat::codec
