#include "codec/text/utf8.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace loquat::codec {
namespace {

using namespace std::literals;

using std::string;
using std::string_view;

TEST(Utf8, acceptsWhatIsValidAndNothingElse) {
  for (string_view good : {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "枇杷 loquat 🍑"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (string_view bad :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2 ", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "\xE6\x9E", "\xF0\x9F\x8D"}) {
    EXPECT_FALSE(is_utf8(bad)) << testing::PrintToString(bad);
  }
}

TEST(Utf8, everyScalarSurvivesEncodingAndDecoding) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    string s;
    append_utf8(s, c);
    const Utf8Char back = decode_utf8(s);
    ASSERT_TRUE(back.ok && back.value == c && back.length == s.size()) << std::hex << static_cast<unsigned>(c);
    ASSERT_TRUE(is_utf8(s));
  }
  string s;
  append_utf8(s, 0xD800);
  EXPECT_EQ(s, "\xEF\xBF\xBD");
}

TEST(Utf8, validatorKnowsWhetherAPieceEndsInsideACharacter) {
  const string text = "aé枇🍑";
  const string_view ends = "yy.y..y...y";  // after byte 0, 1, 2, ...
  Utf8Validator v;
  for (std::size_t i = 0; i < text.size(); ++i) {
    ASSERT_TRUE(v.feed(string_view(text).substr(i, 1)));
    EXPECT_EQ(v.complete(), ends[i + 1] == 'y') << i;
    EXPECT_EQ(utf8_unfinished(string_view(text).substr(0, i + 1)) == 0, v.complete()) << i;
  }
}

TEST(Utf8, validatorFailsAtTheFirstImpossibleByteAndStaysFailed) {
  Utf8Validator v;
  EXPECT_TRUE(v.feed("\xED"));
  EXPECT_FALSE(v.feed("\xA0"));  // a surrogate: no third byte could save it
  EXPECT_FALSE(v.feed("a"));
  EXPECT_FALSE(v.ok());
  v.reset();
  EXPECT_TRUE(v.feed("a") && v.complete());
}

TEST(Utf8, unfinishedIsZeroForWhatCanNeverBecomeValid) {
  EXPECT_EQ(utf8_unfinished("a\xE6\x9E"), 2u);
  EXPECT_EQ(utf8_unfinished("\xF0\x9F\x8D"), 3u);
  EXPECT_EQ(utf8_unfinished("\xED\xA0"), 0u);
  EXPECT_EQ(utf8_unfinished("\x80\x80\x80\x80"), 0u);
  EXPECT_EQ(utf8_unfinished(""), 0u);
}

TEST(Utf8, cutsAtCharactersAndBeforeWhatBelongsToThem) {
  EXPECT_EQ(utf8_cut("abc", 5), 3u);
  EXPECT_EQ(utf8_cut("枇杷", 5), 3u);
  EXPECT_EQ(utf8_cut("枇杷", 3), 3u);
  EXPECT_EQ(utf8_cut("枇杷", 2), 0u);
  EXPECT_EQ(utf8_cut("ae\u0301b", 2), 1u);            // not between e and its accent
  EXPECT_EQ(utf8_cut("x👩\u200D🚀", 8), 1u);            // not inside the astronaut
  EXPECT_EQ(utf8_cut("e\u0301\u0301\u0301", 3), 3u);  // nothing would be left: the accent is split off
}

TEST(Utf8, splitsAtSpacesWhereItCan) {
  using Pieces = std::vector<string_view>;
  EXPECT_EQ(split_text("", 10), Pieces{});
  EXPECT_EQ(split_text("one two three", 9), (Pieces{"one two", "three"}));
  EXPECT_EQ(split_text("aaaaaaaaaa", 4), (Pieces{"aaaa", "aaaa", "aa"}));
  EXPECT_EQ(split_text("枇杷枇杷", 7), (Pieces{"枇杷", "枇杷"}));
  EXPECT_EQ(split_text("abcd efgh", 4), (Pieces{"abcd", "efgh"}));
  EXPECT_THROW(split_text("a", 3), std::invalid_argument);
}

TEST(Sanitize, dropsWhatMovesCursorsOrHides) {
  EXPECT_EQ(sanitize_line("a\x1b[31mb\x07\x7f"), "a[31mb");
  EXPECT_EQ(sanitize_line("a\tb\r\nc\u2028d"), "a b  c d");
  EXPECT_EQ(sanitize_line("x\u202Eevil\u202C\u2066y\u200F"), "xevily");
  EXPECT_EQ(sanitize_line("a\u200Bb\uFEFFc\u00ADd\u2060"), "abcd");
  EXPECT_EQ(sanitize_line("\u0085\u009B1m"), "1m");
  EXPECT_EQ(sanitize_line("a\0b"s), "ab");
  EXPECT_EQ(sanitize_line("hi\U000E0041\U000E0042"), "hi");
}

TEST(Sanitize, replacesWhatIsInvalid) {
  EXPECT_EQ(sanitize_line("a\xFF"
                          "b"),
            "a\uFFFDb");
  EXPECT_EQ(sanitize_line("a\xE6\x9E"), "a\uFFFD");
  EXPECT_EQ(sanitize_line("\uFDD0\U0001FFFE"), "\uFFFD\uFFFD");
  EXPECT_EQ(sanitize_line("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
}

TEST(Sanitize, keepsJoinersOnlyWhereTheyJoin) {
  EXPECT_EQ(sanitize_line("👩\u200D🚀"), "👩\u200D🚀");
  EXPECT_EQ(sanitize_line("a\u200Db"), "ab");
  EXPECT_EQ(sanitize_line("👩\u200D\u200D"), "👩");
  EXPECT_EQ(sanitize_line("می\u200Cخواهم"), "می\u200Cخواهم");
}

TEST(Sanitize, stripsIrcColoursWithTheirNumbers) {
  EXPECT_EQ(strip_irc_formatting("\x02"
                                 "bold\x0F \x03"
                                 "04,12red\x03 \x03"
                                 "5x"),
            "bold red x");
  EXPECT_EQ(strip_irc_formatting("\x03"
                                 "123"),
            "3");
  EXPECT_EQ(strip_irc_formatting("\x03"
                                 "1,x"),
            ",x");
  EXPECT_EQ(strip_irc_formatting("\x04"
                                 "FF00aa,112233y\x04zz"),
            "yzz");
  EXPECT_EQ(strip_irc_formatting("\x11m\x16r\x1Di\x1Es\x1Fu"), "mrisu");
  EXPECT_EQ(sanitize_line("\x03"
                          "4red\x03"),
            "red");
}

}  // namespace
}  // namespace loquat::codec
