// peer.h - by which name an address is known: to bans, to the count of wrong keys, in the log; and its IP address.
//
// Layer: doors.  Source: RFC 4291 s.2.5.5.2.
#pragma once

#include <optional>
#include <string>

#include "codec/network/ip_address.h"
#include "loquat/address.h"

namespace loquat::doors {

// The IP literal; "unix" for a Unix socket. A peer over IPv4 has one name, whether its listener is IPv4's or takes both
// families and knows it as ::ffff:192.0.2.7.
std::string address_name(const Address& address);

// Without port and zone; of ::ffff:192.0.2.7 the IPv4 address. Nothing if it is no IP address.
std::optional<codec::IpAddress> ip_of(const Address& address);

// The place that limits count by, for the peer of that name: an IPv4 address, or an IPv6 /64, since one host may use
// all of it. Empty for loopback and Unix sockets, which have no limit of their own.
std::string place_of(const std::string& peer);

}  // namespace loquat::doors
