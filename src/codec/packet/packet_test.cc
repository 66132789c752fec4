// Link, network and transport layers. Applications: packet/*_test.cc.
#include "codec/packet/packet.h"

#include <gtest/gtest.h>

#include "codec/network/segment.h"
#include "codec/packet/test_packet.h"

namespace loquat::codec {
namespace {

using namespace test;

TEST(Packet, fieldsStandWhereTheyAre) {
  const Packet packet = dissect(tcp_frame({.seq = 7, .flags = tcp::syn, .options = hex("02 04 05b4 04 02 01 01")}));
  EXPECT_EQ(names(packet), "Ethernet IPv4 TCP");
  EXPECT_EQ(field(packet, "eth.dst"), "02:00:00:00:00:0b @ 0+48");
  EXPECT_EQ(field(packet, "eth.type"), "0x0800 (IPv4) @ 96+16");
  EXPECT_EQ(field(packet, "ip.version"), "4 @ 112+4");
  EXPECT_EQ(field(packet, "ip.hdr_len"), "20 (5) @ 116+4");
  EXPECT_EQ(field(packet, "ip.flags.df"), "1 @ 161+1");
  EXPECT_EQ(field(packet, "ip.proto"), "6 (TCP) @ 184+8");
  EXPECT_EQ(field(packet, "ip.dst"), "10.0.0.2 @ 240+32");
  EXPECT_EQ(field(packet, "tcp.seq_raw"), "7 @ 304+32");
  EXPECT_EQ(field(packet, "tcp.hdr_len"), "28 (7) @ 368+4");
  EXPECT_EQ(field(packet, "tcp.flags.syn"), "1 @ 382+1");
  EXPECT_EQ(field(packet, "tcp.options"), "8 bytes @ 432+64");
  EXPECT_EQ(field(packet, "tcp.options.mss_val"), "1460 @ 448+16");
  EXPECT_EQ(field(packet, "tcp.options.nop", 1), "no operation @ 488+8");
  EXPECT_EQ(says(packet, "IPv4"), "10.0.0.1 > 10.0.0.2  ttl=64 DF  proto=6 (TCP)");
  EXPECT_EQ(says(packet, "TCP"), "40000 > 80  SYN seq=7 win=502");
  EXPECT_EQ(packet.layers[2].offset, 34u);
  EXPECT_EQ(packet.layers[2].length, 28u);
  EXPECT_EQ(packet.layers[2].osi, 4);
}

TEST(Packet, stackedVlansAndPadding) {
  const Packet packet = dissect(ethernet(vlan(0x6007, 0x8100, vlan(8, 0x0800, ipv4(17, udp_bytes(9, 9, {})))), 0x88a8) +
                                hex("00 00 00 00"));
  EXPECT_EQ(names(packet), "Ethernet VLAN VLAN IPv4 UDP");
  EXPECT_EQ(field(packet, "ieee8021ad.priority"), "3 @ 112+3");
  EXPECT_EQ(field(packet, "vlan.id"), "8 @ 148+12");
  EXPECT_EQ(field(packet, "eth.padding"), "4 bytes @ 400+32");
  const Packet spanning = dissect(ethernet(vlan(6, 5, hex("42 42 03 00 00")), 0x8100));
  EXPECT_EQ(names(spanning), "Ethernet VLAN LLC Data");
  EXPECT_EQ(field(spanning, "vlan.len"), "5 @ 128+16");
}

TEST(Packet, otherLinks) {
  EXPECT_EQ(names(dissect(ipv4(6, tcp_bytes({})), LinkType::raw_ip)), "IPv4 TCP");
  EXPECT_EQ(names(dissect(hex("1e000000") + ipv6(6, tcp_bytes({})), LinkType::null)), "Loopback IPv6 TCP");
  const Packet cooked =
      dissect(hex("0004 0001 0006 020000000001 0000 0800") + ipv4(6, tcp_bytes({})), LinkType::linux_sll);
  EXPECT_EQ(names(cooked), "Linux cooked IPv4 TCP");
  EXPECT_EQ(field(cooked, "sll.src.eth"), "02:00:00:00:00:01 @ 48+48");
  const Packet second =
      dissect(hex("0800 0000 00000003 0001 00 06 020000000001 0000") + ipv4(6, tcp_bytes({})), LinkType::linux_sll2);
  EXPECT_EQ(names(second), "Linux cooked v2 IPv4 TCP");
  EXPECT_EQ(field(second, "sll.ifindex"), "3 @ 32+32");
  const Frame unknown = hex("010203");
  EXPECT_EQ(names(dissect(unknown, static_cast<LinkType>(777))), "Data");
  EXPECT_EQ(summary(unknown, static_cast<LinkType>(777)), "Data of link type 777, which is not read: 3 bytes");
  EXPECT_FALSE(is_read(static_cast<LinkType>(777)));
  EXPECT_TRUE(is_read(LinkType::nflog));
  const Packet serial = dissect(hex("0f00 0800") + ipv4(6, tcp_bytes({})), LinkType::cisco_hdlc);
  EXPECT_EQ(names(serial), "Cisco HDLC IPv4 TCP");
  EXPECT_EQ(value(serial, "chdlc.protocol"), "0x0800 (IPv4)");
  EXPECT_EQ(names(dissect(hex("ff03 0021") + ipv4(6, tcp_bytes({})), LinkType::ppp)), "PPP IPv4 TCP");
}

// NFLOG: the header of netfilter's packet, a prefix of two letters with padding, and the packet.
TEST(Packet, nflogOfEitherByteOrder) {
  const Frame inside = ipv4(6, tcp_bytes({}));
  Frame small = hex("02 00 0005 0800 0100 0800 0000 0700 0a00 6162 00 00");
  Frame big = hex("02 00 0005 0008 0001 0800 0000 0007 000a 6162 00 00");
  const std::size_t size = inside.size() + 4;
  for (const std::size_t each : {size & 255, size >> 8, std::size_t{9}, std::size_t{0}})
    small.push_back(std::byte(each));
  for (const std::size_t each : {size >> 8, size & 255, std::size_t{0}, std::size_t{9}}) big.push_back(std::byte(each));
  for (const Frame& head : {small, big}) {
    const Packet packet = dissect(head + inside, LinkType::nflog);
    EXPECT_EQ(names(packet), "NFLOG IPv4 TCP");
    EXPECT_EQ(field(packet, "nflog.res_id"), "5 @ 16+16");
    EXPECT_EQ(find_segment(head + inside, LinkType::nflog)->header_offset, head.size() + 20);
    for (std::size_t n = 0; n < head.size(); ++n) dissect(Frame(head.begin(), head.begin() + n), LinkType::nflog);
  }
}

TEST(Packet, aGoodFrameCheckSequenceIsKnown) {
  Frame frame = ethernet(ipv4(17, udp_bytes(9, 9, {}))) + Frame(18);  // 60 bytes
  const Frame sequence = hex("8812b565");
  const Packet packet = dissect(frame + sequence);
  EXPECT_EQ(field(packet, "eth.padding"), "18 bytes @ 336+144");
  EXPECT_EQ(field(packet, "eth.fcs"), "0x8812b565 (good) @ 480+32");
  const Packet other = dissect(frame + hex("00000000"));
  EXPECT_EQ(field(other, "eth.trailer"), "22 bytes @ 336+176");
}

TEST(Packet, headersBeforeThePacket) {
  const Frame four = ipv4(6, tcp_bytes({}));
  const Packet labels = dissect(ethernet(hex("00010240 000201ff") + four, 0x8847));
  EXPECT_EQ(names(labels), "Ethernet MPLS MPLS IPv4 TCP");
  EXPECT_EQ(field(labels, "mpls.label"), "16 @ 112+20");
  EXPECT_EQ(field(labels, "mpls.bottom", 1), "1 @ 167+1");
  EXPECT_EQ(names(dissect(ethernet(hex("00020140 00000000") + ethernet(four), 0x8847))),
            "Ethernet MPLS MPLS control word Ethernet IPv4 TCP");
  const Packet session = dissect(ethernet(hex("11 00 0005 002a 0021") + four, 0x8864));
  EXPECT_EQ(names(session), "Ethernet PPPoE PPP IPv4 TCP");
  EXPECT_EQ(value(session, "pppoe.session_id"), "0x0005");
  EXPECT_EQ(value(session, "ppp.protocol"), "0x0021 (IPv4)");
  const Packet snap = dissect(ethernet(hex("aa aa 03 000000 0800") + four, 48) + Frame(2));
  EXPECT_EQ(names(snap), "Ethernet LLC IPv4 TCP");
  EXPECT_EQ(value(snap, "llc.type"), "0x0800 (IPv4)");
  const Packet bridge = dissect(ethernet(hex("42 42 03 00 00"), 5) + Frame(41));
  EXPECT_EQ(names(bridge), "Ethernet LLC Data");
  EXPECT_EQ(value(bridge, "eth.padding"), "41 bytes");
}

TEST(Packet, tunnels) {
  const Frame four = ipv4(6, tcp_bytes({})), six = ipv6(6, tcp_bytes({}));
  EXPECT_EQ(names(dissect(ethernet(ipv4(41, six)))), "Ethernet IPv4 IPv6 TCP");
  const Packet keyed = dissect(ethernet(ipv4(47, hex("b000 86dd beef 0000 00000007 00000001") + six)));
  EXPECT_EQ(names(keyed), "Ethernet IPv4 GRE IPv6 TCP");
  EXPECT_EQ(field(keyed, "gre.key"), "0x00000007 @ 336+32");
  EXPECT_EQ(value(keyed, "gre.sequence_number"), "1");
  EXPECT_EQ(value(keyed, "gre.checksum"), "0xbeef");
  const Packet bridged = dissect(ethernet(ipv4(47, hex("0000 6558") + ethernet(four) + Frame(6))));
  EXPECT_EQ(names(bridged), "Ethernet IPv4 GRE Ethernet IPv4 TCP");
  EXPECT_EQ(value(bridged, "eth.padding"), "6 bytes");
  const Packet network = dissect(udp_frame(50000, 4789, vxlan(ethernet(four))));
  EXPECT_EQ(names(network), "Ethernet IPv4 UDP VXLAN Ethernet IPv4 TCP");
  EXPECT_EQ(field(network, "vxlan.vni"), "42 @ 368+24");
  EXPECT_EQ(says(network, "TCP"), "40000 > 80  ACK seq=1000 ack=2000 win=502");
  const Packet options = dissect(udp_frame(50000, 6081, hex("0240 6558 00002a00 01020301 00000000") + ethernet(four)));
  EXPECT_EQ(names(options), "Ethernet IPv4 UDP Geneve Ethernet IPv4 TCP");
  EXPECT_EQ(value(options, "geneve.options"), "8 bytes");
  const Packet general = dissect(udp_frame(50000, 4754, hex("0000 0800") + four));
  EXPECT_EQ(names(general), "Ethernet IPv4 UDP GRE IPv4 TCP");
  EXPECT_EQ(find_segment(udp_frame(50000, 4754, hex("0000 0800") + four))->header_offset, 66u);
  const Packet mobile = dissect(udp_frame(2152, 2152, hex("34 ff 0038 00000001 0000 00 85 01 1001 00") + four));
  EXPECT_EQ(names(mobile), "Ethernet IPv4 UDP GTP-U IPv4 TCP");
  EXPECT_EQ(value(mobile, "gtp.teid"), "0x00000001");
  EXPECT_EQ(names(dissect(udp_frame(2152, 2152, hex("32 01 0004 00000000 0001 0000")))), "Ethernet IPv4 UDP Data");
  EXPECT_EQ(summary(ethernet(ipv4(47, hex("0000 0800") + ipv4(1, hex("0800 0000 0001 0002"))))),
            "ICMP echo request id=1 seq=2");
}

TEST(Packet, tunnelsThatDoNotEnd) {
  Frame packet = ipv4(6, tcp_bytes({}));
  for (int i = 0; i < 9; ++i) packet = ipv4(4, packet);
  EXPECT_EQ(dissect(packet, LinkType::raw_ip).layers.size(), 10u);
  EXPECT_EQ(dissect(packet, LinkType::raw_ip).layers.back().name, "Data");
  Frame tags = ipv4(6, tcp_bytes({}));
  for (int i = 0; i < 1000; ++i) tags = vlan(7, i == 0 ? 0x0800u : 0x8100u, tags);
  EXPECT_LT(dissect(ethernet(tags, 0x8100)).layers.size(), 70u);
}

TEST(Packet, arp) {
  const Frame request = ethernet(hex("0001 0800 06 04 0001 02000000000a 0a000001 000000000000 0a000002"), 0x0806);
  const Packet packet = dissect(request + Frame(18));
  EXPECT_EQ(field(packet, "arp.opcode"), "1 (request) @ 160+16");
  EXPECT_EQ(field(packet, "arp.dst.proto_ipv4"), "10.0.0.2 @ 304+32");
  EXPECT_EQ(field(packet, "eth.padding"), "18 bytes @ 336+144");
  EXPECT_EQ(summary(request), "ARP who-has 10.0.0.2 tell 10.0.0.1");
  Frame reply = request;
  put16(reply, 20, 2);
  EXPECT_EQ(summary(reply), "ARP 10.0.0.1 is-at 02:00:00:00:00:0a");
}

TEST(Packet, fragmentsAreData) {
  const Packet later = dissect(ethernet(ipv4(17, udp_bytes(9, 53, {}), 0x20B9)));
  EXPECT_EQ(names(later), "Ethernet IPv4 Data");
  EXPECT_EQ(value(later, "ip.frag_offset"), "185 (1480 bytes)");
  EXPECT_EQ(value(later, "ip.flags.mf"), "1");
  EXPECT_EQ(names(dissect(ethernet(ipv4(17, udp_bytes(9, 9, raw("x")), 0x2000)))), "Ethernet IPv4 UDP Data");
}

TEST(Packet, ipOptions) {
  const Packet packet = dissect(ethernet(ipv4(17, udp_bytes(9, 9, {}), 0, hex("94 04 0000 07 07 04 0a000009 00"))));
  EXPECT_EQ(value(packet, "ip.opt.type"), "148 (router alert)");
  EXPECT_EQ(value(packet, "ip.opt.type", 1), "7 (record route)");
  EXPECT_EQ(value(packet, "ip.opt.ptr"), "4");
  EXPECT_EQ(names(dissect(ethernet(ipv4(17, udp_bytes(9, 9, {}), 0, hex("94 09 0000"))))), "Ethernet IPv4! UDP");
}

TEST(Packet, ipv6Extensions) {
  const Frame extensions = hex("2c 00 0502 0000 0100") + hex("06 00 0001 00000007");
  const Packet packet = dissect(ethernet(ipv6(0, extensions + tcp_bytes({})), 0x86dd));
  EXPECT_EQ(names(packet), "Ethernet IPv6 IPv6 extension IPv6 extension TCP");
  EXPECT_EQ(field(packet, "ipv6.flow"), "0x012345 @ 124+20");
  EXPECT_EQ(value(packet, "ipv6.src"), "2001:db8::1");
  EXPECT_EQ(value(packet, "ipv6.hopopts.nxt"), "44 (IPv6 fragment)");
  EXPECT_EQ(value(packet, "ipv6.opt.type"), "5");
  EXPECT_EQ(value(packet, "ipv6.fraghdr.more"), "1");
  EXPECT_EQ(packet.layers[3].summary, "fragment at 0, more follow");
}

TEST(Packet, icmpQuotesWhatFailed) {
  const Frame quoted = ipv4(17, udp_bytes(40000, 9, raw("lost")));
  const Packet packet = dissect(summed(ethernet(ipv4(1, hex("0303 0000 00000000") + quoted))));
  EXPECT_EQ(names(packet), "Ethernet IPv4 ICMP (IPv4) (UDP) (Data)");
  EXPECT_EQ(says(packet, "ICMP"), "destination unreachable: port");
  EXPECT_EQ(field(packet, "udp.dstport"), "9 @ 512+16");
  EXPECT_EQ(summary(ethernet(ipv4(1, hex("0303 0000 00000000") + quoted))), "ICMP destination unreachable: port");
  EXPECT_EQ(summary(ethernet(ipv4(1, hex("0800 0000 0001 0002") + raw("ping")))), "ICMP echo request id=1 seq=2");
}

TEST(Packet, icmpQuotesOfQuotesEnd) {
  Frame inner = ipv4(6, tcp_bytes({}));
  for (int i = 0; i < 30; ++i) inner = ipv4(1, hex("0303 0000 00000000") + inner);
  const Packet packet = dissect(inner, LinkType::raw_ip);
  EXPECT_LE(packet.layers.size(), 20u);
  EXPECT_EQ(packet.layers.back().name, "Data");
}

TEST(Packet, whatIsBehindAQuoteIsNotReadAsItsEnd) {
  const Frame quoted = ipv4(6, tcp_bytes({}));
  const Frame eight(quoted.begin(), quoted.begin() + 28);
  const Packet packet = dissect(ethernet(ipv4(1, hex("0303 0000 00000000") + eight)) + Frame(12));
  EXPECT_EQ(names(packet), "Ethernet IPv4 ICMP (IPv4) (TCP!)");
  EXPECT_EQ(value(packet, "tcp.seq_raw"), "1000");
  EXPECT_EQ(value(packet, "tcp.ack_raw"), "none");
}

TEST(Packet, icmp6NeighbourDiscovery) {
  const Frame solicitation = hex("87 00 0000 00000000 20010db8000000000000000000000002 01 01 02000000000a");
  const Frame frame = ethernet(ipv6(58, solicitation), 0x86dd);
  EXPECT_EQ(summary(frame), "ICMPv6 neighbor solicitation 2001:db8::2");
  EXPECT_EQ(value(dissect(frame), "icmpv6.opt.linkaddr"), "02:00:00:00:00:0a");
  EXPECT_EQ(value(dissect(frame), "icmpv6.opt.length"), "1 (8 bytes)");
  EXPECT_EQ(summary(ethernet(ipv6(58, hex("80 00 0000 0001 0002")), 0x86dd)), "ICMPv6 echo request id=1 seq=2");
}

TEST(Packet, udpLengthsThatLie) {
  Frame frame = udp_frame(9, 9, raw("12345678"));
  put16(frame, 38, 12);
  EXPECT_EQ(value(dissect(frame), "data.data"), "4 bytes") << "the datagram ends before its packet";
  put16(frame, 38, 4);
  EXPECT_EQ(names(dissect(frame)), "Ethernet IPv4 UDP!");
}

TEST(Packet, everyCutIsReadUpToThere) {
  const Frame frame =
      tcp_frame({.flags = 24, .options = hex("01 01 08 0a 00000011 00000022"), .payload = "GET / HTTP/1.0\r\n\r\n"});
  std::size_t last = 0;
  for (std::size_t size = 0; size <= frame.size(); ++size) {
    const Packet packet = dissect(Bytes(frame).first(size));
    std::size_t fields = 0;
    for (const Layer& layer : packet.layers) {
      EXPECT_LE(layer.offset + layer.length, size);
      fields += layer.fields.size();
      for (const Field& f : layer.fields) EXPECT_LE(f.bit_offset + f.bit_length, size * 8) << f.name;
    }
    EXPECT_GE(fields + 2, last) << "more bytes show no less, but for what a text turns out to be";
    last = fields;
    EXPECT_EQ(names(packet).find('!') == std::string::npos, size == frame.size()) << size << names(packet);
  }
}

TEST(Packet, summaries) {
  EXPECT_EQ(summary(tcp_frame({.flags = 18})), "TCP 40000 > 80 SYN,ACK");
  EXPECT_EQ(summary(udp_frame(40000, 9, raw("12345"))), "UDP 40000 > 9 len=5");
  EXPECT_EQ(summary({}), "an empty frame");
  EXPECT_EQ(summary(ethernet(raw("x"), 0x88cc)), "Data 1 byte  \"x\"");
}

TEST(Packet, namesThatPeopleAskFor) {
  EXPECT_TRUE(field_matches("tcp.seq_raw", "tcp.seq"));
  EXPECT_TRUE(field_matches("tcp.seq_raw", "tcp.seq_raw"));
  EXPECT_TRUE(field_matches("ip.dst", "ip.addr"));
  EXPECT_TRUE(field_matches("tcp.flags.syn", "tcp.flags"));
  EXPECT_TRUE(field_matches("tcp.flags.syn", "tcp"));
  EXPECT_FALSE(field_matches("tcp.flags", "tcp.flags.syn"));
  EXPECT_FALSE(field_matches("ipv6.src", "ip"));
  EXPECT_FALSE(field_matches("tcp.srcport", ""));
}

}  // namespace
}  // namespace loquat::codec
