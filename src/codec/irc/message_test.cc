#include "codec/irc/message.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace loquat::codec {
namespace {

using namespace std::literals;

using std::string;
using std::string_view;

IrcMessage parsed(string_view line) {
  IrcMessage m;
  EXPECT_EQ(parse_irc(line, m), IrcError::none) << line;
  return m;
}

TEST(Irc, parsesEveryPart) {
  const IrcMessage m = parsed("@time=2026;+draft/x=a\\sb :ann!a@host PRIVMSG  #lobby   :hello :there");
  EXPECT_EQ(m.tags, "time=2026;+draft/x=a\\sb");
  EXPECT_EQ(m.source, "ann!a@host");
  EXPECT_TRUE(m.is("privmsg"));
  ASSERT_EQ(m.size(), 2u);
  EXPECT_EQ(m.param(0), "#lobby");
  EXPECT_EQ(m.param(1), "hello :there");
  EXPECT_EQ(m.param(2), "");
  EXPECT_EQ(m.tag("time"), "2026");
  EXPECT_EQ(m.tag("+draft/x"), "a b");
  EXPECT_EQ(m.tag("none"), std::nullopt);
}

TEST(Irc, parsesTheOddOnes) {
  EXPECT_EQ(parsed("JOIN :").size(), 1u);  // what irssi sends before it has registered
  EXPECT_EQ(parsed("CAP REQ :sasl ").param(1), "sasl ");
  EXPECT_EQ(parsed("PRIVMSG a b:c").param(1), "b:c");
  EXPECT_EQ(parsed("PING x  ").size(), 1u);
  EXPECT_EQ(parsed("001 you").command, "001");
  EXPECT_EQ(parsed("@a PING").tag("a"), "");
  EXPECT_EQ(parsed("@a=1;a=2 PING").tag("a"), "2");
}

TEST(Irc, theFifteenthParameterTakesTheRest) {
  const IrcMessage m = parsed("X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17");
  ASSERT_EQ(m.size(), 15u);
  EXPECT_EQ(m.param(14), "15 16 17");
  EXPECT_EQ(parsed("X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 :15 16").param(14), "15 16");
}

TEST(Irc, saysWhatIsWrong) {
  IrcMessage m;
  EXPECT_EQ(parse_irc("", m), IrcError::empty);
  EXPECT_EQ(parse_irc("   ", m), IrcError::empty);
  for (string_view bad : {":ann", "@a=b", "@a :b", "12 x", "1234", "PRIV-MSG x", "A\rB", "A\nB", "\xC3\xA9 x"}) {
    EXPECT_EQ(parse_irc(bad, m), IrcError::bad) << bad;
  }
  EXPECT_EQ(parse_irc("A \0"sv, m), IrcError::bad);
}

TEST(Irc, limitsLineAndTagsSeparately) {
  IrcMessage m;
  const string most = "A " + string(508, 'x');
  EXPECT_EQ(parse_irc(most, m), IrcError::none);
  EXPECT_EQ(parse_irc(most + "x", m), IrcError::too_long);
  const string tags = "@" + string(4094, 't') + " ";
  EXPECT_EQ(parse_irc(tags + most, m), IrcError::none);
  EXPECT_EQ(parse_irc("@t" + tags.substr(1) + "A", m), IrcError::too_long);
  EXPECT_EQ(parse_irc("@t" + tags.substr(1) + "A", m, IrcLimits::server_tags), IrcError::none);
}

TEST(Irc, tagsSurviveEscaping) {
  const string all = "a;b c\\d\re\nf";
  EXPECT_EQ(escape_tag(all), "a\\:b\\sc\\\\d\\re\\nf");
  EXPECT_EQ(unescape_tag(escape_tag(all)), all);
  EXPECT_EQ(unescape_tag("a\\bc\\"), "abc");
}

TEST(IrcWriter, writesWhatTheParserReads) {
  const string line = IrcWriter()
                          .tag("time", "a;b")
                          .tag("msgid", "7")
                          .source("ann!a@h")
                          .command("PRIVMSG")
                          .param("#lobby")
                          .trailing(": hi")
                          .text();
  EXPECT_EQ(line, "@time=a\\:b;msgid=7 :ann!a@h PRIVMSG #lobby :: hi");
  const IrcMessage m = parsed(line);
  EXPECT_EQ(m.tag("time"), "a;b");
  EXPECT_EQ(m.param(1), ": hi");
  EXPECT_EQ(IrcWriter().command("PING").trailing("").line(), "PING :\r\n");
  EXPECT_EQ(IrcWriter().tag("a").command("PING").size(), 4u);  // tags do not count
}

TEST(IrcWriter, letsNothingBeSmuggledIn) {
  EXPECT_THROW(IrcWriter().command("PRIVMSG").trailing("a\r\nQUIT"), std::invalid_argument);
  EXPECT_THROW(IrcWriter().command("PRIVMSG").trailing("a\0b"s), std::invalid_argument);
  EXPECT_THROW(IrcWriter().command("PRIVMSG").param("a b"), std::invalid_argument);
  EXPECT_THROW(IrcWriter().command("PRIVMSG").param(":a"), std::invalid_argument);
  EXPECT_THROW(IrcWriter().command("PRIVMSG").param(""), std::invalid_argument);
  EXPECT_THROW(IrcWriter().command("PRIV MSG"), std::invalid_argument);
  EXPECT_THROW(IrcWriter().source("a b"), std::invalid_argument);
  EXPECT_THROW(IrcWriter().tag("a b", "c"), std::invalid_argument);
  EXPECT_THROW(IrcWriter().command("A").trailing("x").trailing("y"), std::invalid_argument);
  EXPECT_THROW(IrcWriter().command("A").tag("late"), std::invalid_argument);
  IrcWriter full;
  full.command("A");
  for (int i = 0; i < 15; ++i) full.param("x");
  EXPECT_THROW(full.trailing("x"), std::invalid_argument);
}

}  // namespace
}  // namespace loquat::codec
