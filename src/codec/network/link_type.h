// link_type.h - what a captured frame begins with.
//
// Layer: codec (docs/layers.txt).  Source: https://www.tcpdump.org/linktypes.html (the numbers in capture files).
#pragma once

#include <cstdint>

namespace loquat::codec {

// Any other number may be cast to this type: such a frame is data of an unknown kind.
enum class LinkType : std::uint16_t {
  null = 0,          // BSD loopback: the address family in the capturing machine's byte order
  ethernet = 1,      //
  ppp = 9,           // with or without address and control
  raw_bsd = 12,      // as raw_ip, in files of some systems
  ppp_hdlc = 50,     // with address and control
  raw_ip = 101,      // an IPv4 or IPv6 header
  cisco_hdlc = 104,  // address, control, EtherType
  loop = 108,        // OpenBSD loopback: the address family in network order
  linux_sll = 113,   // "cooked", of the interface "any"
  raw_ipv4 = 228,    //
  raw_ipv6 = 229,    //
  nflog = 239,       // of Linux's netfilter: attributes, one of which is the packet
  linux_sll2 = 276,  // "cooked", second version
};

// Whether the headers of that type are known; else its frames are data.
bool is_read(LinkType link) noexcept;

}  // namespace loquat::codec
