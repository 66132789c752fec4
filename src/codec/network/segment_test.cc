#include "codec/network/segment.h"

#include <gtest/gtest.h>

#include "codec/network/test_frames.h"

namespace loquat::codec {
namespace {

using namespace test;

constexpr char syn_options[] = "02 04 05b4 04 02 08 0a 00000011 00000022 01 03 03 0a";

TEST(Segment, readsAllOfASyn) {
  const Frame frame =
      tcp_frame({.seq = 0xFFFFFFFF, .ack = 0, .flags = tcp::syn, .window = 64240, .options = hex(syn_options)});
  const auto segment = find_segment(frame);
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->source.text(), "10.0.0.1:40000");
  EXPECT_EQ(segment->destination.text(), "10.0.0.2:80");
  EXPECT_EQ(segment->seq, 0xFFFFFFFF);
  EXPECT_EQ(segment->window, 64240);
  EXPECT_EQ(segment->options.mss, 1460);
  EXPECT_EQ(segment->options.window_scale, 10);
  EXPECT_TRUE(segment->options.sack_permitted);
  EXPECT_EQ(segment->options.timestamps, (TcpOptions::Stamp{17, 34}));
  EXPECT_FALSE(segment->options.malformed);
  EXPECT_EQ(segment->length, 0u);
  EXPECT_EQ(segment->end(), 0u) << "the sequence number wraps";
  EXPECT_EQ(segment->checksum, Checksum::good);
  EXPECT_EQ(segment->header_offset, 34u);
  EXPECT_EQ(segment->payload_offset, 74u);
}

TEST(Segment, readsPayloadAndSackBlocks) {
  const Frame frame = tcp_frame({.flags = tcp::psh | tcp::ack | tcp::fin,
                                 .options = hex("01 01 05 12 00000001 00000002 00000003 00000004"),
                                 .payload = "hello"});
  const auto segment = find_segment(frame);
  ASSERT_TRUE(segment);
  EXPECT_EQ(text_of(segment->payload), "hello");
  EXPECT_EQ(segment->end(), 1006u);
  ASSERT_EQ(segment->options.sack().size(), 2u);
  EXPECT_EQ(segment->options.sack()[1], (TcpOptions::Block{3, 4}));
}

TEST(Segment, paddingIsNoPayload) {
  const auto segment = find_segment(tcp_frame({}) + hex("00 00 00 00 00 00"));
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->length, 0u);
  EXPECT_TRUE(segment->payload.empty());
  EXPECT_EQ(segment->checksum, Checksum::good);
}

TEST(Segment, aFlippedBitIsSeen) {
  Frame frame = tcp_frame({.payload = "hello"});
  frame.back() ^= std::byte{4};
  EXPECT_EQ(find_segment(frame)->checksum, Checksum::bad);
}

TEST(Segment, everyCutIsNothingOrSaysTheWholeLength) {
  const Frame frame = tcp_frame({.options = hex(syn_options), .payload = "hello"});
  for (std::size_t size = 0; size < frame.size(); ++size) {
    const Frame cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size));
    const auto segment = find_segment(cut);
    ASSERT_EQ(segment.has_value(), size >= 54) << size;
    if (!segment) continue;
    EXPECT_EQ(segment->length, 5u);
    EXPECT_EQ(segment->payload.size(), size > 74 ? size - 74 : 0);
    EXPECT_EQ(segment->checksum, Checksum::unknown);
    EXPECT_EQ(segment->options.malformed, size < 74) << size;
  }
}

TEST(Segment, isFoundBehindEveryLinkHeader) {
  const Frame four = ipv4(6, tcp_bytes({})), six = ipv6(6, tcp_bytes({}));
  const auto found = [](const Frame& frame, LinkType link) { return find_segment(summed(frame, link), link); };
  EXPECT_TRUE(found(four, LinkType::raw_ip));
  EXPECT_TRUE(found(six, LinkType::raw_ip));
  EXPECT_TRUE(found(six, LinkType::raw_ipv6));
  EXPECT_TRUE(found(hex("02 00 00 00") + four, LinkType::null));
  EXPECT_TRUE(found(hex("00 00 00 02") + four, LinkType::null));
  EXPECT_TRUE(found(hex("1e 00 00 00") + six, LinkType::null));
  EXPECT_TRUE(found(hex("00 00 00 18") + six, LinkType::loop));
  EXPECT_TRUE(found(hex("0000 0001 0006 020000000000 0000 0800") + four, LinkType::linux_sll));
  EXPECT_TRUE(found(hex("0800 0000 00000002 0001 00 06 0200000000000000") + four, LinkType::linux_sll2));
  EXPECT_TRUE(found(ethernet(vlan(7, 0x8100, vlan(8, 0x86dd, six)), 0x88a8), LinkType::ethernet));
  EXPECT_FALSE(found(four, static_cast<LinkType>(9999)));
}

// 10.0.0.1:40000 > 10.0.0.2:80 between other addresses, in each kind of tunnel.
TEST(Segment, isTheInnermostOne) {
  const Frame four = summed(ipv4(6, tcp_bytes({.payload = "hello"})), LinkType::raw_ip), whole = ethernet(four);
  const Frame gre4 = hex("0000 0800"), gre_all = hex("b000 0800 1234 0000 00000007 00000001"),
              pptp = hex("3081 880b 0029 0001 00000001 00000002 ff03 0021");
  const auto udp = [](unsigned port, const Frame& payload) { return ipv6(17, udp_bytes(50000, port, payload)); };
  const Frame tunnels[] = {
      ipv6(4, four),
      ipv6(47, gre4 + four),
      ipv6(47, gre_all + four),
      ipv6(47, hex("0000 6558") + whole),
      ipv6(47, pptp + four),
      udp(4789, vxlan(whole)),
      udp(6081, hex("0240 6558 00002a00 01020301 00000000") + whole),
      udp(2152, hex("34 ff 0038 00000001 0000 00 85 01 1001 00") + four),
      ipv6(41, ipv6(4, four)),
  };
  for (const Frame& tunnel : tunnels) {
    const Frame frame = ethernet(tunnel, 0x86dd);
    const auto segment = find_segment(frame);
    ASSERT_TRUE(segment) << static_cast<int>(frame[20]);
    EXPECT_EQ(segment->source.text(), "10.0.0.1:40000");
    EXPECT_EQ(text_of(segment->payload), "hello");
    EXPECT_EQ(segment->checksum, Checksum::good);
    EXPECT_EQ(segment->header_offset, frame.size() - 25);
    for (std::size_t size = 0; size < frame.size(); ++size)
      EXPECT_EQ(find_segment(Bytes(frame).first(size)).has_value(), size >= frame.size() - 5) << size;
  }
}

TEST(Segment, inATunnelHasTheInnerVersion) {
  const Frame frame = ethernet(ipv4(41, ipv6(6, tcp_bytes({}))));
  EXPECT_EQ(find_segment(frame)->source.text(), "[2001:db8::1]:40000");
}

TEST(Segment, isNotSoughtInEndlessTunnels) {
  const auto nested = [](int times) {
    Frame packet = ipv4(6, tcp_bytes({}));
    for (int i = 0; i < times; ++i) packet = ipv4(4, packet);
    return find_segment(packet, LinkType::raw_ip).has_value();
  };
  EXPECT_TRUE(nested(8));
  EXPECT_FALSE(nested(9));
  EXPECT_FALSE(nested(2000));
}

TEST(Segment, endsWhereItsTunnelEnds) {
  Frame frame = ethernet(ipv4(4, ipv4(6, tcp_bytes({.payload = "hello"}))));
  put16(frame, 16, 20 + 40 + 2);  // the outer packet says that it ends within the payload
  const auto segment = find_segment(frame);
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->length, 5u);
  EXPECT_EQ(text_of(segment->payload), "he");
  EXPECT_EQ(segment->checksum, Checksum::unknown);
}

TEST(Segment, isNoneInWhatATunnelCannotCarry) {
  const Frame four = ipv4(6, tcp_bytes({}));
  EXPECT_FALSE(find_segment(ethernet(ipv4(47, hex("4000 0800 0000 0000") + four)))) << "source routes";
  EXPECT_FALSE(find_segment(ethernet(ipv4(47, hex("0000 0800") + four, 0x0001)))) << "a later fragment";
  EXPECT_FALSE(find_segment(ethernet(ipv4(17, udp_bytes(1, 2152, hex("30 01 0028 00000000") + four))))) << "an echo";
  EXPECT_FALSE(find_segment(ethernet(ipv4(17, udp_bytes(1, 2, vxlan(ethernet(four))))))) << "another port";
  EXPECT_FALSE(find_segment(ethernet(ipv4(1, hex("0303 0000 00000000") + four)))) << "a quote";
}

TEST(Segment, isFoundBehindLabelsAndPpp) {
  const Frame four = ipv4(6, tcp_bytes({})), six = ipv6(6, tcp_bytes({}));
  EXPECT_TRUE(find_segment(ethernet(hex("00010040 00020140") + four, 0x8847)));
  EXPECT_TRUE(find_segment(ethernet(hex("00020140 00000000") + ethernet(six, 0x86dd), 0x8847)));
  EXPECT_TRUE(find_segment(ethernet(hex("11 00 0001 002a 0021") + four, 0x8864)));
  EXPECT_TRUE(find_segment(ethernet(hex("11 00 0001 003e 0057") + six, 0x8864)));
  EXPECT_TRUE(find_segment(hex("ff 03 00 21") + four, LinkType::ppp));
  EXPECT_TRUE(find_segment(hex("21") + four, LinkType::ppp_hdlc));
  EXPECT_TRUE(find_segment(ethernet(hex("aa aa 03 000000 0800") + four, 48)));
  EXPECT_TRUE(
      find_segment(ethernet(ipv4(51, hex("06 04 0000 00000001 00000001 000000000000000000000000") + tcp_bytes({})))));
  Frame tags = ipv4(6, tcp_bytes({}));
  for (int i = 0; i < 1000; ++i) tags = vlan(7, i == 0 ? 0x0800u : 0x8100u, tags);
  EXPECT_FALSE(find_segment(ethernet(tags, 0x8100)));
}

TEST(Segment, stepsOverIpv6Extensions) {
  const Frame hop = hex("2b 00 0502 0000 0100"), route = hex("3c 00 00 00 00000000"),
              options = hex("06 00 0104 00000000");
  const Frame frame = summed(ethernet(ipv6(0, hop + route + options + tcp_bytes({.payload = "six"})), 0x86dd));
  const auto segment = find_segment(frame);
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->source.text(), "[2001:db8::1]:40000");
  EXPECT_EQ(text_of(segment->payload), "six");
  EXPECT_EQ(segment->checksum, Checksum::good);
}

TEST(Segment, ofFragmentsOnlyTheFirst) {
  EXPECT_TRUE(find_segment(ethernet(ipv4(6, tcp_bytes({.payload = "x"}), 0x2000))));
  EXPECT_EQ(find_segment(ethernet(ipv4(6, tcp_bytes({.payload = "x"}), 0x2000)))->checksum, Checksum::unknown);
  EXPECT_FALSE(find_segment(ethernet(ipv4(6, tcp_bytes({.payload = "x"}), 0x0001))));
  EXPECT_TRUE(find_segment(ethernet(ipv6(44, hex("06 00 0001 00000007") + tcp_bytes({})), 0x86dd)));
  EXPECT_FALSE(find_segment(ethernet(ipv6(44, hex("06 00 0009 00000007") + tcp_bytes({})), 0x86dd)));
}

TEST(Segment, lyingLengthsAreNothing) {
  const Frame good = tcp_frame({.payload = "x"});
  const auto with = [&](std::size_t at, unsigned value) {
    Frame frame = good;
    put16(frame, at, value);
    return find_segment(frame);
  };
  EXPECT_FALSE(with(14, 0x4400)) << "an IP header of 16 bytes";
  EXPECT_FALSE(with(14, 0x4F00)) << "one longer than the packet";
  EXPECT_FALSE(with(14, 0x6500)) << "version 6 in IPv4";
  EXPECT_FALSE(with(16, 19)) << "a packet shorter than its header";
  EXPECT_FALSE(with(16, 39)) << "one too short for TCP";
  EXPECT_FALSE(with(46, 0x4010)) << "a TCP header of 16 bytes";
  EXPECT_FALSE(with(46, 0xF010)) << "one longer than the packet";
  EXPECT_EQ(with(16, 0xFFFF)->length, 65535u - 40);
  EXPECT_EQ(with(16, 0xFFFF)->payload.size(), 1u);
  EXPECT_EQ(with(16, 0)->length, 1u) << "captured before segmentation";
}

TEST(TcpOptions, aBadLengthEndsThem) {
  EXPECT_TRUE(read_tcp_options(hex("02 04 05b4 08 00 01 01")).malformed);
  EXPECT_EQ(read_tcp_options(hex("02 04 05b4 08 00 01 01")).mss, 1460);
  EXPECT_TRUE(read_tcp_options(hex("08 0a 00")).malformed);
  EXPECT_TRUE(read_tcp_options(hex("08")).malformed);
  EXPECT_FALSE(read_tcp_options(hex("00 08 00")).malformed) << "what follows the end is padding";
  EXPECT_EQ(read_tcp_options(hex("02 03 05")).mss, std::nullopt) << "the length of another option";
}

TEST(FlagNames, asTheLadderShowsThem) {
  EXPECT_EQ(flag_names(0), "-");
  EXPECT_EQ(flag_names(tcp::syn | tcp::ack), "SYN,ACK");
  EXPECT_EQ(flag_names(tcp::psh | tcp::ack), "PSH,ACK");
  EXPECT_EQ(flag_names(tcp::fin | tcp::ack), "FIN,ACK");
  EXPECT_EQ(flag_names(0x1FF), "SYN,FIN,RST,PSH,ACK,URG,ECE,CWR,AE");
}

TEST(SeqBefore, goesRound) {
  EXPECT_TRUE(seq_before(0xFFFFFFF0, 5));
  EXPECT_FALSE(seq_before(5, 0xFFFFFFF0));
  EXPECT_FALSE(seq_before(5, 5));
}

}  // namespace
}  // namespace loquat::codec
