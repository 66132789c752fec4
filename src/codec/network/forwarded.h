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

// One address for each proxy, the farthest first; nothing for what is no address ("unknown", "_hidden", noise).
using ForwardedFrom = std::vector<std::optional<IpAddress>>;

// Appends what one field lists: "192.0.2.1, [2001:db8::1]:80, 2001:db8::1".
void read_x_forwarded_for(std::string_view value, ForwardedFrom& out);
// The same of Forwarded: for=192.0.2.1;proto=https, for="[2001:db8::1]:80". An element without `for` gives nothing.
void read_forwarded(std::string_view value, ForwardedFrom& out);

}  // namespace loquat::codec
