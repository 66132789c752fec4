// Our decoder reads the frames that the wire makes: lengths, checksums, what is quoted.
#include "wire/scenarios/made_frame.h"

#include <gtest/gtest.h>

#include "codec/network/network.h"
#include "codec/network/segment.h"

namespace loquat::wire {
namespace {

MadeSegment a_reset() {
  return {.source = {"10.0.0.2", 80},
          .destination = {"10.0.0.1", 40000},
          .from = wire_mac,
          .to = kernel::PrivateNetwork::mac(Side::client),
          .seq = 0x01020304,
          .ack = 7,
          .flags = codec::tcp::rst | codec::tcp::ack,
          .window = 0};
}

TEST(MadeFrame, SegmentIsParsedBack) {
  const auto frame = made_segment(a_reset());
  EXPECT_EQ(frame.size(), 54u);
  const auto segment = codec::find_segment(frame);
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->source.text(), "10.0.0.2:80");
  EXPECT_EQ(segment->destination.text(), "10.0.0.1:40000");
  EXPECT_EQ(segment->seq, 0x01020304u);
  EXPECT_EQ(segment->ack, 7u);
  EXPECT_EQ(codec::flag_names(segment->flags), "RST,ACK");
  EXPECT_EQ(segment->checksum, codec::Checksum::good);
}

TEST(MadeFrame, SynHasAnMss) {
  MadeSegment made = a_reset();
  made.flags = codec::tcp::syn;
  const auto frame = made_segment(made);
  const auto segment = codec::find_segment(frame);
  ASSERT_TRUE(segment);
  EXPECT_EQ(segment->options.mss, 1460);
  EXPECT_EQ(segment->length, 0u);
  EXPECT_EQ(segment->checksum, codec::Checksum::good);
}

TEST(MadeFrame, IcmpErrorGoesToTheSenderAndQuotesThePacket) {
  const auto about = made_segment(a_reset());
  const auto frame = icmp_error(about, {.router = "10.0.1.1", .type = 3, .code = 4, .next_mtu = 1000});
  const auto ip = codec::find_network(frame, codec::LinkType::ethernet);
  ASSERT_TRUE(ip);
  EXPECT_EQ(ip->protocol, 1);
  EXPECT_EQ(codec::be32(frame, ip->header + 12), 0x0a000101u);
  EXPECT_EQ(codec::be32(frame, ip->header + 16), 0x0a000002u);  // who sent the segment
  const auto icmp = std::span(frame).subspan(ip->payload);
  EXPECT_EQ(codec::be16(icmp, 0), 0x0304);
  EXPECT_EQ(codec::be16(icmp, 6), 1000);
  EXPECT_EQ(codec::checksum_fold(codec::checksum_sum(icmp)), 0);
  EXPECT_EQ(codec::checksum_fold(codec::checksum_sum(std::span(frame).subspan(ip->header, 20))), 0);
  EXPECT_TRUE(std::equal(icmp.begin() + 8, icmp.end(), about.begin() + 14, about.end()));
  EXPECT_TRUE(std::equal(frame.begin(), frame.begin() + 6, about.begin() + 6));
}

TEST(MadeFrame, LongPacketIsQuotedInPart) {
  auto about = made_segment(a_reset());
  about[16] = std::byte{5};  // its length: 1320
  about.resize(14 + 1320);
  const auto frame = icmp_error(about, {.router = "10.0.1.1"});
  EXPECT_EQ(frame.size(), 14u + 576u);
}

TEST(MadeFrame, InvalidInputThrows) {
  EXPECT_THROW(icmp_error({}, {.router = "10.0.1.1"}), std::invalid_argument);
  EXPECT_THROW(icmp_error(made_segment(a_reset()), {.router = "the router"}), std::invalid_argument);
}

}  // namespace
}  // namespace loquat::wire
