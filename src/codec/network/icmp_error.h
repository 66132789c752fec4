// icmp_error.h - what an ICMP error says about a TCP segment: who could not deliver it, and why.
//
//   Bounds    Never reads outside the frame, whatever its lengths say.
//
// Layer: codec (docs/layers.txt).  Source: RFC 792, RFC 1122 s.3.2.2.1, RFC 1191, RFC 4443, IANA's registries.
#pragma once

#include <cstdint>
#include <optional>

#include "codec/network/bytes.h"
#include "codec/network/ip_address.h"
#include "codec/network/link_type.h"

namespace loquat::codec {

enum class IcmpReason : std::uint8_t {
  no_route,          // network or host unreachable, or unknown
  prohibited,        // by a filter
  port_unreachable,  // a filter's choice: TCP itself refuses with RST
  too_big,           // does not fit the next link, and may not be cut
  expired,           // its hop limit ran out: a loop, or too far
  other,
};

struct IcmpError {
  IpAddress from;
  IcmpReason reason = IcmpReason::other;
  std::uint8_t type = 0, code = 0;
  std::uint32_t mtu = 0;         // of the next link; too_big only, 0: it does not say
  Endpoint source, destination;  // of the segment
};

// Nothing: no ICMP error, or it quotes no TCP.
std::optional<IcmpError> find_icmp_error(Bytes frame, LinkType link) noexcept;

}  // namespace loquat::codec
