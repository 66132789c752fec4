// Who is away, who is an operator, who somebody is, and who somebody was.
#include "doors/test_irc.h"

namespace loquat::doors::test {
namespace {

using Lines = std::vector<std::string>;

TEST(IrcPeople, AwayAndBack) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), ben(server, "ben", "away-notify"), eve(server, "eve");
    for (auto* one : {&ann, &ben, &eve}) one->ask("JOIN #a");
    for (auto* one : {&ann, &ben}) one->sync();
    EXPECT_EQ(ann.ask("AWAY :at \x02lunch"), Lines{":loquat 306 ann :You have been marked as being away"});
    EXPECT_EQ(ben.sync(), Lines{":ann!ann@irc AWAY :at lunch"});
    EXPECT_EQ(eve.sync(), Lines{}) << "who has not asked for away-notify is not told";
    EXPECT_EQ(ben.ask("PRIVMSG ANN :there?"), Lines{":loquat 301 ben ann :at lunch"});
    EXPECT_EQ(ben.ask("NOTICE ann :there?"), Lines{}) << "a notice is never answered";
    EXPECT_EQ(ben.ask("PRIVMSG #a :there?"), Lines{});
    EXPECT_EQ(count(ben.ask("WHOIS ann"), ":loquat 301 ben ann :at lunch"), 1u);
    EXPECT_EQ(ben.ask("WHO ann").at(0), ":loquat 352 ben #a ann irc loquat ann G :0 ann");
    EXPECT_EQ(ben.ask("USERHOST ann ben"), Lines{":loquat 302 ben :ann=-ann@irc ben=+ben@irc"});
    EXPECT_EQ(ann.sync().size(), 3u) << "what ben and eve have said";
    EXPECT_EQ(ann.ask("AWAY"), Lines{":loquat 305 ann :You are no longer marked as being away"});
    EXPECT_EQ(ben.sync(), Lines{":ann!ann@irc AWAY"});
    EXPECT_EQ(ben.ask("PRIVMSG ann :there?"), Lines{});
  });
}

TEST(IrcPeople, WhoComesWhileAwayIsSeenAway) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), ben(server, "ben", "away-notify");
    ben.ask("JOIN #a");
    ann.ask("AWAY :asleep");
    ann.ask("JOIN #a");
    EXPECT_EQ(ben.sync(), (Lines{":ann!ann@irc JOIN #a", ":ann!ann@irc AWAY :asleep"}));
  });
}

TEST(IrcPeople, TheAnswerOfOneWhoIsAwayIsLabelled) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann", modern), ben(server, "ben");
    ben.ask("AWAY :out");
    const Lines lines = ann.ask("@label=l PRIVMSG ben :there?");
    ASSERT_EQ(lines.size(), 4u) << joined(lines);
    EXPECT_EQ(tag(lines[0], "label"), "l");
    EXPECT_EQ(count(lines, "batch="), 2u) << joined(lines);
    EXPECT_EQ(count(lines, " 301 ann ben :out"), 1u);
  });
}

TEST(IrcPeople, OperatorsAreVisible) {
  Options options;
  options.operator_key = "key";
  with_server(
      [](Server& server) {
        TcpTalker ann(server, "ann"), ben(server, "ben", "userhost-in-names");
        ann.ask("JOIN #a");
        ben.ask("JOIN #a");
        ann.sync();
        EXPECT_EQ(ben.ask("WHO #a o"), Lines{":loquat 315 ben #a :End of /WHO list"});
        EXPECT_EQ(count(ben.ask("LUSERS"), " 252 ben 0 :"), 1u);
        EXPECT_EQ(ann.ask("OPER ann key"), (Lines{":ann MODE ann :+o", ":loquat MODE #a +o ann",
                                                  ":loquat 381 ann :You are now an IRC operator"}));
        EXPECT_EQ(count(ann.ask("OPER ann key"), "MODE"), 0u) << "nothing has changed";
        EXPECT_EQ(ann.ask("MODE ann"), Lines{":loquat 221 ann +io"});
        EXPECT_EQ(ben.sync(), Lines{":loquat MODE #a +o ann"});
        EXPECT_EQ(ben.ask("NAMES #a").at(0), ":loquat 353 ben = #a :@ann!ann@irc ben!ben@irc");
        EXPECT_EQ(count(ann.ask("NAMES #a"), " 353 ann = #a :@ann ben"), 1u);
        EXPECT_EQ(ben.ask("WHO #a o"),
                  (Lines{":loquat 352 ben #a ann irc loquat ann H*@ :0 ann", ":loquat 315 ben #a :End of /WHO list"}));
        EXPECT_EQ(ben.ask("WHO * o%nf").at(0), ":loquat 354 ben ann H*");
        const Lines whois = ben.ask("WHOIS ann");
        EXPECT_EQ(count(whois, ":loquat 313 ben ann :is an IRC operator"), 1u) << joined(whois);
        EXPECT_EQ(count(whois, ":loquat 319 ben ann :@#a"), 1u) << joined(whois);
        EXPECT_EQ(ben.ask("USERHOST ann"), Lines{":loquat 302 ben :ann*=+ann@irc"});
        EXPECT_EQ(count(ben.ask("LUSERS"), " 252 ben 1 :"), 1u);
        ann.ask("PART #a");
        ann.ask("JOIN #a");
        EXPECT_EQ(count(ben.sync(), ":loquat MODE #a +o ann"), 1u) << "an operator who comes";
        ann.send("QUIT");
        ann.rest();
        EXPECT_EQ(count(ben.ask("LUSERS"), " 252 ben 0 :"), 1u);
        EXPECT_EQ(count(ben.ask("LUSERS"), " 265 ben 1 2 :Current local users 1, max 2"), 1u);
      },
      options);
}

TEST(IrcPeople, RealNames) {
  with_server([](Server& server) {
    TcpTalker ann(server), ben(server, "ben");
    ann.send("NICK ann");
    ann.send("USER a 0 * :Ann \x02of \u67a4");
    ann.expect(" 376 ");
    EXPECT_EQ(ben.ask("WHOIS ann").at(0), ":loquat 311 ben ann a irc * :Ann of \u67a4");
    EXPECT_EQ(ben.ask("WHO ann").at(0), ":loquat 352 ben * a irc loquat ann H :0 Ann of \u67a4");
    EXPECT_EQ(ben.ask("WHO ann %nr").at(0), ":loquat 354 ben ann :Ann of \u67a4");
  });
}

TEST(IrcPeople, WhoSomebodyWas) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), ben(server, "ben");
    EXPECT_EQ(ben.ask("WHOWAS ann"),
              (Lines{":loquat 406 ben ann :There was no such nickname", ":loquat 369 ben ann :End of WHOWAS"}));
    ann.ask("NICK anna");
    EXPECT_EQ(ben.ask("WHOWAS ANN").at(0), ":loquat 314 ben ann ann irc * :ann");
    ann.send("QUIT");
    ann.rest();
    const Lines lines = ben.ask("WHOWAS anna");
    ASSERT_EQ(lines.size(), 3u) << joined(lines);
    EXPECT_EQ(lines[0], ":loquat 314 ben anna ann irc * :ann");
    EXPECT_TRUE(lines[1].starts_with(":loquat 312 ben anna loquat :20")) << lines[1];
    for (int i = 0; i < 3; ++i) {
      TcpTalker again(server, "anna");
      again.send("QUIT");
      again.rest();
    }
    EXPECT_EQ(count(ben.ask("WHOWAS anna"), " 314 "), 4u);
    EXPECT_EQ(count(ben.ask("WHOWAS anna 2"), " 314 "), 2u);
    EXPECT_EQ(count(ben.ask("WHOWAS"), " 431 "), 1u);
  });
}

}  // namespace
}  // namespace loquat::doors::test
