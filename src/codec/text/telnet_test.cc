#include "codec/text/telnet.h"

#include <gtest/gtest.h>

#include <string>

namespace loquat::codec {
namespace {

using namespace std::literals;

using std::string;

struct Out {
  string text, replies;
  bool seen = false, unfinished = false;
};

Out filter(const string& bytes, std::size_t piece = 1000) {
  TelnetFilter f;
  Out out;
  for (std::size_t i = 0; i < bytes.size(); i += piece)
    f.feed(std::string_view(bytes).substr(i, piece), out.text, out.replies);
  out.seen = f.seen();
  out.unfinished = f.unfinished();
  return out;
}

TEST(Telnet, textPassesUntouched) {
  const Out out = filter("hello 枇杷\r\n");
  EXPECT_EQ(out.text, "hello 枇杷\r\n");
  EXPECT_FALSE(out.seen);
}

TEST(Telnet, declinesOffersAndRequestsOnceInAnyPieces) {
  const string bytes =
      "a\xFF\xFD\x01"
      "b\xFF\xFB\x18"
      "c\xFF\xFD\x01"
      "d\xFF\xFC\x05"
      "e\xFF\xFE\x06"
      "f\r\n";
  for (std::size_t piece : {1, 2, 100}) {
    const Out out = filter(bytes, piece);
    EXPECT_EQ(out.text, "abcdef\r\n");
    EXPECT_EQ(out.replies, "\xFF\xFC\x01\xFF\xFE\x18");
    EXPECT_TRUE(out.seen);
  }
}

TEST(Telnet, skipsSubnegotiationsAndCommands) {
  for (std::size_t piece : {1, 3, 100})
    EXPECT_EQ(filter("x\xFF\xFA\x18\0secret\xFF\xFF\n\xFF\xF0y\xFF\xF1z\xFF\xFFw"s, piece).text, "xyzw");
}

TEST(Telnet, crNulIsALineEnd) { EXPECT_EQ(filter("a\r\0b\rc\r\r\0"s, 1).text, "a\r\nb\rc\r\r\n"); }

TEST(Telnet, knowsThatACommandIsUnfinished) {
  EXPECT_TRUE(filter("a\xFF").unfinished);
  EXPECT_TRUE(filter("a\xFF\xFB").unfinished);
  EXPECT_TRUE(filter("a\xFF\xFA\x01").unfinished);
  EXPECT_FALSE(filter("a\xFF\xFB\x01").unfinished);
}

TEST(Telnet, repliesAreBounded) {
  string flood;
  for (int round = 0; round < 10; ++round) {
    for (int option = 0; option < 256; ++option) {
      for (char command : {'\xFB', '\xFD'}) ((flood += '\xFF') += command) += static_cast<char>(option);
    }
  }
  EXPECT_EQ(filter(flood).replies.size(), 1536u);
}

}  // namespace
}  // namespace loquat::codec
