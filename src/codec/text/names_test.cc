#include "codec/text/names.h"

#include <gtest/gtest.h>

#include <string>

namespace loquat::codec {
namespace {

using namespace std::literals;

using std::string;
using std::string_view;

TEST(Names, acceptsNicksOfOneScript) {
  for (string_view nick : {"ann", "Ann2", "_x_", "[away]", "小明", "小明Tom", "たろう", "김철수", "Владимир", "Ωμέγα",
                           "José", "Łukasz", "Işık", "Nguyễn", "سارة", "דוד", "Վահե", "გიორგი", "小明2"}) {
    EXPECT_EQ(check_nick(nick), NameError::none) << nick;
  }
}

TEST(Names, refusesNicksThatBreakTheProtocolOrLookLikeTheServer) {
  EXPECT_EQ(check_nick(""), NameError::empty);
  EXPECT_EQ(check_nick(string(31, 'a')), NameError::too_long);
  EXPECT_EQ(check_nick("2ann"), NameError::bad_start);
  EXPECT_EQ(check_nick("-ann"), NameError::bad_start);
  for (string_view nick : {"***", "*", "#room", ":x", "a b", "a,b", "a!b", "a@b", "a*", "a?", "a.b", "a\tb", "a\x7f",
                           "a$", "+a", "~a", "&a", "%a"}) {
    EXPECT_EQ(check_nick(nick), NameError::bad_character) << nick;
  }
  EXPECT_EQ(check_nick("a\0b"sv), NameError::bad_character);
  EXPECT_EQ(check_nick("a\xFF"), NameError::not_utf8);
}

TEST(Names, refusesWhatHidesOrPretends) {
  for (string_view nick : {"a\u200Bb",     "a\u202Eb", "a\u00A0b", "a\u3000b", "e\u0301",   "\u0301a", "ａｎｎ",
                           "𝐚nn",          "a\uFE0F",  "\uE000a",  "😀",        "ann\u00AD", "\u3164",  "ｱ",
                           "\u1100\u1161", "\uF900",   "ℌ",        "½",        "ɑnn",       "⁎⁎⁎",     "＊＊＊"}) {
    EXPECT_EQ(check_nick(nick), NameError::bad_character) << nick;
  }
  for (string_view nick : {"аnn" /* Cyrillic a */, "annα", "Владimir", "Ωмега", "annسارة", "小明Ж", "한글Ω"}) {
    EXPECT_EQ(check_nick(nick), NameError::mixed_script) << nick;
  }
}

TEST(Names, roomsBeginWithAHashAndFollowTheSameRules) {
  for (string_view room : {"#lobby", "#大厅", "#c++", "#a.b_c-d", "##x", "#2026"})
    EXPECT_EQ(check_room(room), NameError::none) << room;
  EXPECT_EQ(check_room("lobby"), NameError::bad_start);
  EXPECT_EQ(check_room("#"), NameError::bad_start);
  EXPECT_EQ(check_room("#" + string(64, 'x')), NameError::too_long);
  for (string_view room : {"#a b", "#a,b", "#a:b", "#a\x07", "#a*", "#a?", "#a!", "#a@b", "#a\u2028", "#a\u202E",
                           "#a/b", "#<b>", "#a\"", "#\u00A0"}) {
    EXPECT_EQ(check_room(room), NameError::bad_character) << room;
  }
  EXPECT_EQ(check_room("#lоbby"), NameError::mixed_script);  // Cyrillic o
}

TEST(Names, lookAlikesShareASkeleton) {
  const auto same = [](string_view a, string_view b) { return name_skeleton(a) == name_skeleton(b); };
  EXPECT_TRUE(same("Bill", "BiIl"));
  EXPECT_TRUE(same("bill", "bi1l"));
  EXPECT_TRUE(same("bob", "b0b"));
  EXPECT_TRUE(same("ANN", "ann"));
  EXPECT_TRUE(same("cop", "сор"));  // Latin, Cyrillic
  EXPECT_TRUE(same("ABE", "ΑΒΕ"));  // Latin, Greek
  EXPECT_TRUE(same("一", "ー"));
  EXPECT_TRUE(same("JOSÉ", "josé"));
  EXPECT_TRUE(same("ŁUKASZ", "łukasz"));
  EXPECT_FALSE(same("ann", "anna"));
  EXPECT_FALSE(same("jose", "josé"));
  EXPECT_FALSE(same("小明", "小红"));
}

TEST(Names, foldAsciiOnly) {
  EXPECT_EQ(fold_name("#Lobby[]ÄZ"), "#lobby[]Äz");
  EXPECT_TRUE(same_name("Ann", "aNN"));
  EXPECT_FALSE(same_name("Ann", "Ann2"));
  EXPECT_FALSE(same_name("[", "{"));
}

TEST(Names, tellRoomsFromNicks) {
  EXPECT_TRUE(is_room("#tea"));
  EXPECT_FALSE(is_room("tea"));
  EXPECT_FALSE(is_room(""));
  EXPECT_EQ(room_name("tea"), "#tea");
  EXPECT_EQ(room_name("#tea"), "#tea");
}

TEST(Names, describesEveryError) {
  for (int e = 0; e <= 6; ++e) EXPECT_FALSE(describe(static_cast<NameError>(e)).empty());
}

}  // namespace
}  // namespace loquat::codec
