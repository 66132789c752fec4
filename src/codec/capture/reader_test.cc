#include "codec/capture/reader.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "codec/network/bytes.h"

namespace loquat::codec {
namespace {

using std::string;

// Writes numbers in one of the byte orders.
struct Order {
  bool big;
  template <class Number>
  string n(Number value) const {
    string out(sizeof value, '\0');
    for (std::size_t i = 0; i < sizeof value; ++i)
      out[big ? sizeof value - 1 - i : i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
    return out;
  }
  string u16(unsigned value) const { return n(static_cast<std::uint16_t>(value)); }
  string u32(std::uint32_t value) const { return n(value); }
  string u64(std::uint64_t value) const { return n(value); }
  static string pad(string s) {
    s.resize((s.size() + 3) / 4 * 4);
    return s;
  }
  string option(unsigned code, const string& value) const {
    return u16(code) + u16(static_cast<unsigned>(value.size())) + pad(value);
  }
  string block(std::uint32_t type, const string& body) const {
    const string length = u32(static_cast<std::uint32_t>(body.size() + 12));
    return u32(type) + length + body + length;
  }
  string section(unsigned version = 1) const {
    return block(0x0A0D0D0A, u32(0x1A2B3C4D) + u16(version) + u16(0) + u64(~std::uint64_t{0}));
  }
  string interface(unsigned link, const string& options = "", std::uint32_t snaplen = 0) const {
    return block(1, u16(link) + u16(0) + u32(snaplen) + options);
  }
  string packet(std::uint32_t interface, std::uint64_t time, const string& data, const string& options = "") const {
    const auto size = static_cast<std::uint32_t>(data.size());
    return block(6, u32(interface) + u32(static_cast<std::uint32_t>(time >> 32)) +
                        u32(static_cast<std::uint32_t>(time)) + u32(size) + u32(size) + pad(data) + options);
  }
  string pcap(std::uint32_t magic, unsigned link = 1, unsigned minor = 4) const {
    return u32(magic) + u16(2) + u16(minor) + u64(0) + u32(65535) + u32(link);
  }
  string record(std::uint32_t seconds, std::uint32_t fraction, const string& data, std::uint32_t original = 0) const {
    const auto size = static_cast<std::uint32_t>(data.size());
    return u32(seconds) + u32(fraction) + u32(size) + u32(original == 0 ? size : original) + data;
  }
};

struct Read {
  CaptureReader reader;
  std::vector<CapturedPacket> packets;
  std::vector<string> data;

  explicit Read(const string& file, std::size_t piece = 1 << 20) {
    for (std::size_t at = 0; at < file.size(); at += piece) {
      reader.feed(bytes_of(std::string_view(file).substr(at, piece)));
      while (auto packet = reader.next()) {
        data.emplace_back(text_of(packet->bytes));
        packets.push_back(*packet);
      }
    }
  }
};

class BothOrders : public testing::TestWithParam<bool> {
 protected:
  const Order in{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(CaptureReader, BothOrders, testing::Bool(),
                         [](const auto& order) { return order.param ? "big" : "little"; });

TEST_P(BothOrders, pcapInMicroAndNanoseconds) {
  for (std::size_t piece : {1, 1000}) {
    const Read micro(in.pcap(0xA1B2C3D4, 276) + in.record(7, 5, "one") + in.record(4'000'000'000, 6, "two", 99), piece);
    ASSERT_EQ(micro.data, (std::vector<string>{"one", "two"}));
    EXPECT_EQ(micro.packets[0].time_ns, 7'000'005'000);
    EXPECT_EQ(micro.packets[0].link, LinkType::linux_sll2);
    EXPECT_EQ(micro.packets[1].original_length, 99u);
    EXPECT_EQ(micro.packets[1].time_ns, 4'000'000'000'000'006'000);
    EXPECT_EQ(micro.reader.missing(), "");
  }
  EXPECT_EQ(Read(in.pcap(0xA1B23C4D) + in.record(7, 5, "x")).packets.at(0).time_ns, 7'000'000'005);
}

TEST_P(BothOrders, everyKindOfPacketBlock) {
  const string old = in.block(2, in.u16(1) + in.u16(0) + in.u32(0) + in.u32(9) + in.u32(3) + in.u32(4) + in.pad("old"));
  const string simple = in.block(3, in.u32(900) + in.pad("simple!!"));
  const string unknown = in.block(0xBAD, "abcd");
  const string options = in.option(1, "first") + in.option(1, "second") + in.option(2, in.u32(0xA1)) + in.u32(0);
  const Read read(in.section() + in.interface(1, "", 6) + in.interface(101, in.option(2, "lo")) + old + unknown +
                  simple + in.packet(1, 3, "new", options));
  EXPECT_EQ(read.reader.error(), "");
  ASSERT_EQ(read.data, (std::vector<string>{"old", "simple", "new"}));
  EXPECT_EQ(read.packets[0].interface, 1u);
  EXPECT_EQ(read.packets[0].original_length, 4u);
  EXPECT_EQ(read.packets[0].time_ns, 9000) << "microseconds, if nothing is said";
  EXPECT_EQ(read.packets[1].original_length, 900u);
  EXPECT_EQ(read.packets[2].direction, CaptureDirection::in);
  EXPECT_EQ(read.packets[2].link, LinkType::raw_ip);
}

TEST_P(BothOrders, aCommentIsTheFirst) {
  CaptureReader reader;
  const string file =
      in.section() + in.interface(1) + in.packet(0, 3, "new", in.option(1, "first") + in.option(1, "second"));
  reader.feed(bytes_of(file));
  EXPECT_EQ(reader.next().value().comment, "first");
}

TEST_P(BothOrders, clocksOfManyKinds) {
  const auto time_of = [&](unsigned resolution, std::uint64_t count, std::int64_t offset = 0) {
    const string options = in.option(9, string(1, static_cast<char>(resolution))) + in.option(14, in.n(offset));
    return Read(in.section() + in.interface(1, options) + in.packet(0, count, "x")).packets.at(0).time_ns;
  };
  EXPECT_EQ(time_of(9, 1234), 1234);
  EXPECT_EQ(time_of(0, 3), 3'000'000'000);
  EXPECT_EQ(time_of(3, 3, 10), 10'003'000'000);
  EXPECT_EQ(time_of(3, 3, -10), -9'997'000'000);
  EXPECT_EQ(time_of(12, 1234), 1);
  EXPECT_EQ(time_of(0x80 + 10, 512), 500'000'000);
  EXPECT_EQ(time_of(127, ~std::uint64_t{0}), 0);
  EXPECT_EQ(time_of(255, ~std::uint64_t{0}), 0);
  EXPECT_EQ(time_of(0, ~std::uint64_t{0}), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(time_of(9, 0, std::numeric_limits<std::int64_t>::min()), std::numeric_limits<std::int64_t>::min());
}

TEST_P(BothOrders, aSectionHasItsOwnInterfacesAndByteOrder) {
  const Order other{!in.big};
  const Read read(in.section() + in.interface(1, in.option(2, "a")) + in.packet(0, 1, "1") + other.section() +
                  other.interface(101, other.option(2, "b")) + other.packet(0, 2, "2"));
  ASSERT_EQ(read.data, (std::vector<string>{"1", "2"}));
  EXPECT_EQ(read.packets[1].interface, 1u);
  EXPECT_EQ(read.reader.interfaces()[1].name, "b");
}

TEST_P(BothOrders, aCutFileGivesItsWholePacketsAndSaysSo) {
  const string file = in.pcap(0xA1B2C3D4) + in.record(1, 1, "one") + in.record(2, 2, "two");
  const Read in_data(file.substr(0, file.size() - 1)), in_header(file.substr(0, 24 + 19 + 5)), none(file.substr(0, 10));
  EXPECT_EQ(in_data.data, std::vector<string>{"one"});
  EXPECT_EQ(in_data.reader.missing(), "the file ends at byte 61, with 18 of a block's 19 bytes");
  EXPECT_EQ(in_header.reader.missing(), "the file ends at byte 48, inside a header");
  EXPECT_EQ(none.reader.missing(), "the file ends at byte 10, with 10 of a block's 24 bytes");
  EXPECT_EQ(Read("").reader.missing(), "the file ends before it has begun");
  EXPECT_EQ(in_data.reader.error() + in_header.reader.error() + none.reader.error(), "");
}

TEST_P(BothOrders, lyingLengthsAreErrorsAfterWhatWasGood) {
  const string start = in.section() + in.interface(1) + in.packet(0, 1, "good");
  const auto error = [&](const string& bad) {
    const Read read(start + bad + in.packet(0, 2, "never seen"));
    EXPECT_EQ(read.data, std::vector<string>{"good"});
    return read.reader.error();
  };
  const string at = "byte " + std::to_string(start.size()) + ": ";
  EXPECT_EQ(error(in.u32(6) + in.u32(8) + in.u32(8)), at + "a block of 8 bytes");
  EXPECT_EQ(error(in.u32(6) + in.u32(13) + in.u32(13)), at + "a block of 13 bytes");
  EXPECT_EQ(error(in.u32(6) + in.u32(0x7FFFFFFC) + in.u32(0)), at + "a block of 2147483644 bytes");
  EXPECT_EQ(error(in.u32(6) + in.u32(12) + in.u32(16)), at + "a block whose two lengths differ");
  EXPECT_EQ(error(in.block(6, "1234")), at + "a block that is too short for its kind, 6");
  EXPECT_EQ(error(in.packet(1, 1, "x")), at + "a packet of an unknown interface");
  EXPECT_EQ(error(in.block(6, in.u32(0) + in.u64(0) + in.u32(5) + in.u32(5) + "four")),
            at + "a packet that is longer than its block");
  EXPECT_EQ(error(in.section(2)), at + "pcapng of version 2; 1 is known");
  EXPECT_EQ(error(in.block(0x0A0D0D0A, string(16, 'x'))), at + "a section without a byte order");
  EXPECT_EQ(Read(in.pcap(0xA1B2C3D4) + in.u64(0) + in.u32(0xFFFFFFFF) + in.u32(0)).reader.error(),
            "byte 24: a packet of 4294967295 bytes");
}

// Before 2.3 the length on the wire stands first, in 2.3 either may.
TEST_P(BothOrders, lengthsOfOldVersionsStandTheOtherWayRound) {
  const string usual = in.u64(0) + in.u32(4) + in.u32(900) + "cut1",
               swapped = in.u64(0) + in.u32(900) + in.u32(4) + "cut2";
  for (const auto& [minor, records] : {std::pair(2u, swapped + swapped), {3u, usual + swapped}, {4u, usual + usual}}) {
    const Read read(in.pcap(0xA1B2C3D4, 1, minor) + records);
    EXPECT_EQ(read.reader.error() + read.reader.missing(), "");
    ASSERT_EQ(read.packets.size(), 2u) << minor;
    for (const CapturedPacket& packet : read.packets) EXPECT_EQ(packet.original_length, 900u);
    EXPECT_EQ(read.data[0].size(), 4u);
  }
}

TEST_P(BothOrders, longHeadersOfPackets) {
  const Read read(in.pcap(0xA1B2CD34) + in.u32(7) + in.u32(8) + in.u32(4) + in.u32(5) + in.u64(0) + "data");
  ASSERT_EQ(read.data.size(), 1u) << read.reader.error();
  EXPECT_EQ(read.data[0], "data");
  EXPECT_EQ(read.packets[0].original_length, 5u);
  EXPECT_EQ(read.packets[0].time_ns, 7'000'008'000);
}

TEST_P(BothOrders, optionsThatDoNotFitEndThem) {
  const Read read(in.section() + in.interface(1, in.option(2, "eth0") + in.u16(3) + in.u16(999) + "shrt") +
                  in.packet(0, 1, "x", in.u16(1) + in.u16(4)));
  EXPECT_EQ(read.reader.error(), "");
  EXPECT_EQ(read.reader.interfaces()[0].name, "eth0");
  EXPECT_EQ(read.data.size(), 1u);
}

TEST(CaptureReader, refusesWhatIsNoCapture) {
  EXPECT_EQ(Read("\x1f\x8b\x08 zip").reader.error(), "compressed with gzip; gunzip it first");
  EXPECT_EQ(Read("hello").reader.error(), "neither pcap nor pcapng");
  EXPECT_EQ(Read("h").reader.missing(), "neither pcap nor pcapng");
  EXPECT_EQ(Read("\x28\xb5\x2f\xfd zstd", 1).reader.error(), "compressed with zstd; unzstd it first");
  EXPECT_EQ(Read("\x04\x22\x4d\x18 lz4").reader.error(), "compressed with lz4; unlz4 it first");
  EXPECT_TRUE(CaptureReader::begins({}));
  EXPECT_TRUE(CaptureReader::begins(bytes_of("\xD4\xC3")));
  EXPECT_FALSE(CaptureReader::begins(bytes_of("{\"type\"")));
}

}  // namespace
}  // namespace loquat::codec
