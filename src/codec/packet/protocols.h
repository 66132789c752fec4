// protocols.h - the protocols of this folder, one file each, and who calls whom. Internal to codec.
//
// Each call reads the message at `range`, adds its layers, and goes on with what it carries.
//
// Layer: codec (docs/layers.txt).
#pragma once

#include "codec/network/tunnel.h"
#include "codec/packet/fields.h"

namespace loquat::codec {

void read_link(Dissection& in);                                              // link.cc
void read_ethernet(Dissection& in, Extent range);                            // link.cc
void read_by_ethertype(Dissection& in, std::uint16_t type, Extent range);    // link.cc
void read_vlan(Dissection& in, Extent range, bool is_service);               // tags.cc
void read_mpls(Dissection& in, Extent range);                                // tags.cc
void read_pppoe(Dissection& in, Extent range);                               // tags.cc
void read_ppp(Dissection& in, Extent range);                                 // tags.cc
void read_llc(Dissection& in, Extent range);                                 // tags.cc
void read_arp(Dissection& in, Extent range);                                 // arp.cc
void read_ipv4(Dissection& in, Extent range);                                // ipv4.cc
void read_ipv6(Dissection& in, Extent range);                                // ipv6.cc
void read_by_protocol(Dissection& in, std::uint8_t protocol, Extent range);  // packet.cc: what IP carries
// A packet in another packet, by its EtherType; `quoted`: it was not sent here. Nothing of it is read behind the end of
// `range`, and beyond a depth it is data.
void read_inner(Dissection& in, std::uint16_t type, Extent range, bool quoted);  // packet.cc
// The same for an IP packet of either version.
void read_inner_ip(Dissection& in, Extent range, bool quoted);       // packet.cc
void read_gre(Dissection& in, Extent range);                         // tunnel.cc
void read_udp_tunnel(Dissection& in, Extent range, UdpTunnel kind);  // tunnel.cc
void read_icmp(Dissection& in, Extent range);                        // icmp.cc
void read_icmp6(Dissection& in, Extent range);                       // icmp6.cc
void read_udp(Dissection& in, Extent range);                         // udp.cc
void read_tcp(Dissection& in, Extent range);                         // tcp.cc
enum class DnsKind : std::uint8_t { unicast, multicast, llmnr };
void read_dns(Dissection& in, Extent range, DnsKind kind);  // dns/dns.cc
void read_dns_over_tcp(Dissection& in, Extent range);       // dns/dns.cc
void read_websocket(Dissection& in, Extent range);          // websocket.cc
void read_data(Dissection& in, Extent range);               // packet.cc

struct TcpPorts {
  std::uint16_t source = 0, destination = 0;
};

// These add nothing and return false if the message is none of theirs.
bool read_tls(Dissection& in, Extent range);                       // tls/tls.cc
bool read_http(Dissection& in, Extent range);                      // http.cc
bool read_commands(Dissection& in, Extent range, TcpPorts ports);  // commands.cc
bool read_irc(Dissection& in, Extent range, TcpPorts ports);       // irc.cc

// "TCP", "UDP", "ICMP", "" by the number in an IP header. packet/names.cc
std::string_view protocol_name(std::uint64_t number);
std::string_view ethertype_name(std::uint64_t type);

}  // namespace loquat::codec
