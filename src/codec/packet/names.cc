// Numbers that more than one protocol names.
#include "codec/network/network.h"
#include "codec/packet/protocols.h"

namespace loquat::codec {

std::string_view protocol_name(std::uint64_t number) {
  switch (number) {
    case 0:
      return "IPv6 hop-by-hop";
    case 1:
      return "ICMP";
    case 2:
      return "IGMP";
    case 4:
      return "IPv4";
    case 6:
      return "TCP";
    case 17:
      return "UDP";
    case 41:
      return "IPv6";
    case 43:
      return "IPv6 routing";
    case 44:
      return "IPv6 fragment";
    case 47:
      return "GRE";
    case 50:
      return "ESP";
    case 51:
      return "AH";
    case 58:
      return "ICMPv6";
    case 59:
      return "nothing";
    case 60:
      return "IPv6 destination options";
    case 89:
      return "OSPF";
    case 132:
      return "SCTP";
    default:
      return "";
  }
}

std::string_view ethertype_name(std::uint64_t type) {
  switch (type) {
    case ipv4_type:
      return "IPv4";
    case arp_type:
      return "ARP";
    case ipv6_type:
      return "IPv6";
    case 0x8100:
      return "802.1Q VLAN";
    case 0x88a8:
      return "802.1ad VLAN";
    case bridged_type:
      return "Ethernet";
    case ppp_type:
      return "PPP";
    case mpls_type:
      return "MPLS";
    case 0x8863:
      return "PPPoE discovery";
    case pppoe_type:
      return "PPPoE session";
    case 0x88cc:
      return "LLDP";
    default:
      return "";
  }
}

}  // namespace loquat::codec
