#include "codec/network/icmp_error.h"

#include <gtest/gtest.h>

#include "codec/network/test_frames.h"

namespace loquat::codec {
namespace {

using test::Frame;
using test::hex;
using test::operator+;

const Frame about_tcp = test::ipv4(6, test::u16(40000) + test::u16(80) + test::u32(1000));

std::optional<IcmpError> of(const Frame& frame) { return find_icmp_error(frame, LinkType::ethernet); }

TEST(IcmpError, SaysWhoRefusedWhat) {
  const auto error = of(test::ethernet(test::ipv4(1, hex("03 0d 0000 00000000") + about_tcp)));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->reason, IcmpReason::prohibited);
  EXPECT_EQ(error->from.text(), "10.0.0.1");
  EXPECT_EQ(error->source.text() + " " + error->destination.text(), "10.0.0.1:40000 10.0.0.2:80");
}

TEST(IcmpError, TooBigTellsTheMtu) {
  const auto error = of(test::ethernet(test::ipv4(1, hex("03 04 0000 0000 0514") + about_tcp)));
  ASSERT_TRUE(error);
  EXPECT_EQ(error->reason, IcmpReason::too_big);
  EXPECT_EQ(error->mtu, 1300u);
  const Frame inner = test::ipv6(6, test::u16(40000) + test::u16(80) + test::u32(1000));
  const auto six = of(test::ethernet(test::ipv6(58, hex("02 00 0000 00000500") + inner), ipv6_type));
  ASSERT_TRUE(six);
  EXPECT_EQ(six->mtu, 1280u);
  EXPECT_EQ(six->destination.text(), "[2001:db8::2]:80");
}

TEST(IcmpError, OtherThingsAreNone) {
  EXPECT_FALSE(of(test::ethernet(test::ipv4(1, hex("08 00 0000 00000000") + about_tcp)))) << "an echo request";
  EXPECT_FALSE(
      of(test::ethernet(test::ipv4(1, hex("03 03 0000 00000000") + test::ipv4(17, hex("1234 0035 0008 0000"))))))
      << "of UDP";
  const Frame whole = test::ethernet(test::ipv4(1, hex("03 01 0000 00000000") + about_tcp));
  for (std::size_t size = 0; size < whole.size() - 4; ++size)
    EXPECT_FALSE(of(Frame(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)))) << size;
}

}  // namespace
}  // namespace loquat::codec
