#include "codec/capture/writer.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "codec/capture/reader.h"
#include "codec/network/bytes.h"
#include "codec/network/test_frames.h"

namespace loquat::codec {
namespace {

using std::string;

struct Seen {
  std::vector<CapturedPacket> packets;  // without bytes
  std::vector<string> bytes, comments;
};

Seen read_all(CaptureReader& reader, const string& file, std::size_t piece = 1 << 20) {
  Seen out;
  for (std::size_t at = 0; at < file.size(); at += piece) {
    reader.feed(bytes_of(std::string_view(file).substr(at, piece)));
    while (auto packet = reader.next()) {
      out.bytes.emplace_back(text_of(packet->bytes));
      out.comments.emplace_back(packet->comment);
      packet->bytes = {};
      out.packets.push_back(*packet);
    }
  }
  return out;
}

string sample() {
  CaptureWriter writer("loquat test");
  writer.interface({.name = "client", .description = "the left end", .link = LinkType::ethernet});
  writer.interface({.name = "any", .link = LinkType::linux_sll2, .snaplen = 5});
  const std::pair<IpAddress, string> names[] = {{IpAddress::from(test::hex("0a000001")), "client.example"},
                                                {IpAddress::from(test::hex("0a000002")), ""},
                                                {IpAddress::from(test::Frame(16)), "any"}};
  writer.names(names);
  writer.tls_secrets("CLIENT_RANDOM 00 11\n");
  writer.packet({.time_ns = 1'700'000'000'123'456'789,
                 .bytes = bytes_of("frame"),
                 .comment = "lost on the wire",
                 .direction = CaptureDirection::out});
  writer.packet({.time_ns = 5, .interface = 1, .original_length = 900, .bytes = bytes_of("12345")});
  writer.statistics(1, 6, 10, 3);
  return writer.take();
}

TEST(CaptureWriter, whatItWritesIsReadInAnyPieces) {
  for (std::size_t piece : {1, 7, 1 << 20}) {
    CaptureReader reader;
    const Seen seen = read_all(reader, sample(), piece);
    EXPECT_EQ(reader.error(), "");
    EXPECT_EQ(reader.missing(), "");
    ASSERT_EQ(seen.packets.size(), 2u);
    EXPECT_EQ(seen.packets[0].time_ns, 1'700'000'000'123'456'789);
    EXPECT_EQ(seen.packets[0].direction, CaptureDirection::out);
    EXPECT_EQ(seen.packets[0].original_length, 5u);
    EXPECT_EQ(seen.packets[1].link, LinkType::linux_sll2);
    EXPECT_EQ(seen.packets[1].original_length, 900u);
    EXPECT_EQ(seen.bytes, (std::vector<string>{"frame", "12345"}));
    EXPECT_EQ(seen.comments, (std::vector<string>{"lost on the wire", ""}));
    ASSERT_EQ(reader.interfaces().size(), 2u);
    EXPECT_EQ(reader.interfaces()[0].name, "client");
    EXPECT_EQ(reader.interfaces()[0].description, "the left end");
    EXPECT_EQ(reader.interfaces()[1].snaplen, 5u);
    EXPECT_EQ(reader.interfaces()[1].dropped, 3u);
    ASSERT_EQ(reader.names().size(), 2u) << "an empty name is left out";
    EXPECT_EQ(reader.names()[0].first.text() + " " + reader.names()[0].second, "10.0.0.1 client.example");
    EXPECT_EQ(reader.names()[1].first.text(), "::");
  }
}

TEST(CaptureWriter, aFileOfAKilledWriterIsReadToItsLastWholeBlock) {
  const string file = sample();
  std::size_t ends = 0;
  for (std::size_t size = 0; size < file.size(); ++size) {
    CaptureReader reader;
    const Seen seen = read_all(reader, file.substr(0, size));
    EXPECT_EQ(reader.error(), "");
    EXPECT_LE(seen.packets.size(), 2u);
    if (reader.missing().empty())
      ++ends;
    else
      EXPECT_TRUE(reader.missing().starts_with("the file ends ")) << reader.missing();
  }
  EXPECT_EQ(ends, 7u) << "between the eight blocks";
}

TEST(CaptureWriter, longTextIsCutAtACharacter) {
  CaptureWriter writer("x");
  string text(65534, 'a');
  writer.interface({.name = text + "枇"});
  CaptureReader reader;
  read_all(reader, writer.take());
  EXPECT_EQ(reader.interfaces()[0].name, text);
}

TEST(CaptureWriter, refusesPacketsOfUnknownInterfaces) {
  CaptureWriter writer("x");
  EXPECT_THROW(writer.packet({}), std::invalid_argument);
  EXPECT_THROW(writer.statistics(0, 0, 0, 0), std::invalid_argument);
  writer.take();
  EXPECT_EQ(writer.take(), "");
}

}  // namespace
}  // namespace loquat::codec
