// The text door, as docs/text-door.md describes it, by clients of the simulated network.
#include "doors/text/door.h"

#include "chat/session.h"
#include "codec/text/utf8.h"
#include "doors/test_house.h"

namespace loquat::doors {
namespace {

using Lines = std::vector<std::string>;

TEST(TextDoorTest, ATerminalIsWelcomedAfterItsFirstLine) {
  simulated([] {
    House house;
    Somebody ann;
    EXPECT_EQ(ann.during(5s), "");
    EXPECT_EQ(house.people(), Lines{});
    ann.send("hello\n");
    EXPECT_EQ(ann.expect("alone\n"),
              "* Welcome to loquat. You are guest1. Type to talk, /help for more.\n* You are in #lobby, alone\n");
    eventually([&] { return house.said() == Lines{"guest1: hello"}; });
    EXPECT_EQ(ann.during(1s), "") << "one's own line is not sent back";
  });
}

TEST(TextDoorTest, ANewcomerReadsTheLastLinesAndThenLiveOnes) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    std::string expected;
    for (int i = 1; i <= 25; ++i) {
      ann->send("line " + std::to_string(i) + "\r\n");
      if (i > 5) expected += "ann: line " + std::to_string(i) + "\n";
    }
    eventually([&] { return house.said().size() == 25; });
    Somebody bob;
    bob.send("/help\n");
    bob.expect("with 1 other\n");
    EXPECT_EQ(bob.expect("ann: line 25\n"), expected);
    ann->expect("* guest2 is in #lobby now\n");
    ann->send("now\n");
    bob.expect("ann: now\n");
    bob.send("yes\n");
    EXPECT_EQ(ann->expect("\n"), "guest2: yes\n");
  });
}

TEST(TextDoorTest, ASenderIsToldWhatMayNotHaveArrived) {
  simulated([] {
    House house;
    const auto ada = terminal("ada"), bob = terminal("bob");
    ada->send("/msg bob hello\n");
    bob->expect("ada (to you): hello\n");
    testing::reset(bob->socket());
    ada->expect("* bob lost the connection. What you said to bob at ");
    ada->expect(" UTC may not have arrived: hello\n");
  });
}

TEST(TextDoorTest, OperatorsAreMarkedAndWhoIsAwayIsSaidToBe) {
  simulated([] {
    House house;
    const auto ada = terminal("ada");
    struct Nobody final : chat::Subscriber {
      void deliver(chat::Delivery&) noexcept override {}
    } nobody;
    chat::Session police(house.log, nobody);
    police.connect("police", "here", "here").get();
    police.submit(chat::Command::oper()).get();
    police.submit(chat::Command::away("asleep")).get();
    police.join("#lobby").get();
    ada->send("/who\n");
    ada->expect("* In #lobby: ada, @police\n");
    ada->send("/msg police wake up\n");
    ada->expect("* police is away: \"asleep\"\n");
  });
}

TEST(TextDoorTest, ANewcomerIsShownNoHistoryIfTheServerDoesNotReplay) {
  Options options;
  options.replay = false;
  simulated([&] {
    House house(options);
    const auto ada = terminal("ada");
    ada->send("old words\n");
    ada->send("/history\n");
    EXPECT_NE(ada->expect("ada: old words\n"), "") << "who asks is answered";
    Somebody bob;
    bob.send("hello\n");
    bob.end_input();
    EXPECT_EQ(bob.rest().find("old words"), std::string::npos);
  });
}

TEST(TextDoorTest, TelnetIsAnsweredAndSendsLines) {
  simulated([] {
    House house;
    Somebody telnet;
    telnet.send("\xFF\xFB\x1F\xFF\xFD\x01");  // WILL NAWS, DO ECHO
    sleep(5s);
    EXPECT_EQ(house.people(), Lines{});
    telnet.send("he");
    sleep(5s);
    EXPECT_EQ(house.said(), Lines{});
    telnet.send(std::string_view("llo\r\0and\r\n", 10));
    telnet.expect("\xFF\xFE\x1F\xFF\xFC\x01");
    eventually([&] { return house.said() == Lines{"guest1: hello", "guest1: and"}; });
  });
}

TEST(TextDoorTest, TheFirstLineEndMakesATerminalOfAPieceClient) {
  simulated([] {
    House house;
    Somebody pupil;
    pupil.send("no line end");
    eventually([&] { return house.said().size() == 1; });
    EXPECT_EQ(pupil.during(1s), "");
    pupil.send("but now\n");
    EXPECT_EQ(pupil.expect("no line end\n"),
              "* Welcome to loquat. You are guest1. Type to talk, /help for more.\n* You are in #lobby, alone\nguest1: "
              "no line end\n");
    eventually([&] { return house.said().size() == 2; });
  });
}

TEST(TextDoorTest, ByebyeIsAnsweredAsTheLastBytes) {
  simulated([] {
    House house;
    Somebody ann;
    ann.send("hello\nbyebye\nnot this\n");
    EXPECT_TRUE(ann.rest().ends_with("alone\nbyebye"));
    Somebody bob;
    bob.send("/quit so long\r\n");
    EXPECT_TRUE(bob.rest().ends_with("\nbyebye"));
    EXPECT_EQ(house.said(), Lines{"guest1: hello"});
    Somebody pupil;
    pupil.send("byebye");
    EXPECT_EQ(pupil.rest(), "byebye");
    EXPECT_EQ(house.said(), Lines{"guest1: hello"});
    eventually([&] { return house.people().empty(); });
  });
}

TEST(TextDoorTest, ALongLineBecomesSeveralAndATooLongOneNone) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    std::string line;
    for (int i = 0; i < 300; ++i) line += "漢字";
    ann->send(line + "\n");
    std::string together;
    eventually([&] { return house.said().size() == 5; });
    for (const std::string& part : house.said()) {
      EXPECT_LE(part.size(), 380u + 5);
      EXPECT_TRUE(codec::is_utf8(part));
      together += part.substr(5);
    }
    EXPECT_EQ(together, line);
    ann->send(std::string(8193, 'x') + "\nstill here\n");
    ann->expect("* That is longer than 8192 bytes: not said.\n");
    eventually([&] { return house.said().size() == 6; });
    Somebody pupil;
    pupil.send("a piece\0");
    eventually([&] { return house.said().size() == 7; });
    pupil.send(std::string(20'000, 'x'));
    pupil.expect("* That is longer than 8192 bytes: not said.");
    sleep(3s);
    pupil.send("another piece");
    eventually([&] { return house.said().back() == "guest2: another piece"; });
  });
}

TEST(TextDoorTest, AHugeLineFirst) {
  simulated(
      [] {
        House house;
        Somebody ann;
        auto sender = spawn([&] {
          for (int i = 0; i < 160; ++i) ann.send(std::string(65536, 'x'));
          ann.send("\nafter ten megabytes\n");
        });
        ann.expect("* That is longer than 8192 bytes: not said.\n");
        sender.get();
        eventually([&] { return house.said() == Lines{"guest1: after ten megabytes"}; });
      },
      2, 2);
}

TEST(TextDoorTest, WhatIsUnsafeNeverPasses) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    auto bob = terminal("bob");
    ann->expect("bob now\n");
    ann->send(
        "red \x03"
        "04,01text\x02 esc\x1B[31m bidi\xE2\x80\xAE c1\xC2\x85 del\x7F bell\x07.\n");
    EXPECT_EQ(bob->expect("\n"), "ann: red text esc[31m bidi c1 del bell.\n");
    ann->send("\xC4\xE3\xBA\xC3\n");
    ann->expect("* That was not UTF-8: not said. Set your terminal to UTF-8.\n");
    ann->send(std::string_view("a\0b\n", 4));
    ann->expect("* That line has a control character in it: not said.\n");
    ann->send("a\rb\n");
    ann->expect("* That line has a control character in it: not said.\n");
    ann->send("  \n\n\t\n/nick *bob\n");
    ann->expect("* You keep your name: ");
    ann->send("over\n");
    EXPECT_EQ(bob->expect("\n"), "ann: over\n");
  });
}

TEST(TextDoorTest, Commands) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    auto bob = terminal("bob");
    ann->expect("bob now\n");
    ann->send("/help\n");
    ann->expect("byebye - leave.\n");
    ann->send("/who\n");
    EXPECT_EQ(ann->expect("\n"), "* In #lobby: ann, bob\n");
    ann->send("/nick BOB\n");
    EXPECT_EQ(ann->expect("\n"), "* You keep your name: that nick, or one that looks like it, is in use: BOB\n");
    ann->send("/me waves\n");
    EXPECT_EQ(bob->expect("\n"), "~ ann waves\n");
    ann->send("/msg bob only you\n");
    EXPECT_EQ(bob->expect("\n"), "ann (to you): only you\n");
    ann->send("/msg nobody you\n");
    EXPECT_NE(ann->expect("\n").find("* Not said: "), std::string::npos);
    ann->send("//etc is a folder\n");
    EXPECT_EQ(bob->expect("\n"), "ann: /etc is a folder\n");
    ann->send("/dance\n");
    ann->expect("* There is no /dance.");
    ann->expect("\n");
    ann->send("/join tea\nhow is the tea\n");
    EXPECT_EQ(ann->expect("\n"), "* You are in #tea, alone\n");
    bob->send("/join #TEA\n");
    bob->expect("with 1 other\nann: how is the tea\n");
    bob->send("/join lobby\n");
    EXPECT_EQ(bob->expect("\n"), "* You talk in #lobby now\n");
    ann->expect("bob is in #tea now\n");
    ann->send("hot\n");
    EXPECT_EQ(bob->expect("\n"), "#tea ann: hot\n");
    bob->send("/rooms\n");
    EXPECT_EQ(bob->expect("\n"), "* Rooms: #lobby (2), #tea (2)\n");
    ann->send("/part\n");
    EXPECT_EQ(ann->expect("now\n"), "* You left #tea\n* You talk in #lobby now\n");
    bob->expect("* ann left #tea\n");
    bob->send("/history 1\n");
    EXPECT_EQ(bob->expect("\n"), "ann: /etc is a folder\n");
    ann->send("/part\n");
    ann->expect("* You left #lobby\n");
    ann->send("anybody?\n");
    EXPECT_EQ(ann->expect("\n"), "* You are not in a room. /join #lobby\n");
  });
}

TEST(TextDoorTest, APasswordIsNeverSaid) {
  simulated([] {
    Options options;
    options.operator_key = "k7fd-9x2m";
    House house(options);
    auto ann = terminal("ann");
    for (const char* line : {"PASS secret", "pass secret", "PASS :two words", "OPER me secret", "AUTHENTICATE c2VjcmV0",
                             "IDENTIFY secret", "nickserv identify secret", "msg NickServ identify secret",
                             "//oper secret", "// oper secret", "oper k7fd-9x2m", "k7fd-9x2m", "\\opper k7fd-9x2m"}) {
      ann->send(std::string(line) + "\n");
      ann->expect("* Not said: it looks like a password, and everybody in the room would read it.\n");
    }
    for (const char* line : {"/opper secret", " /opper secret", "\t/pass secret", "/ns identify secret",
                             "/ opper secret", "\uFF0Fopper secret", "\u3001opper secret"}) {
      ann->send(std::string(line) + "\n");
      ann->expect("* There is no /");
    }
    ann->send("/msg NickServ identify secret\n");
    ann->expect("* Not said: nobody here has that nick");
    ann->send(" /oper k7fd-9x2m\n");
    ann->expect("* You are an operator now");
    ann->send("pass me the salt\n  //etc is a folder\n");
    eventually([&] { return house.said() == Lines{"ann: pass me the salt", "ann: /etc is a folder"}; });
  });
}

TEST(TextDoorTest, WhatCouldNotBeSavedIsShownToNobodyAndItsSenderIsTold) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    auto bob = terminal("bob");
    ann->expect("bob now\n");
    house.archive.fail_with("the disk is full");
    ann->send("precious\n");
    const std::string told = ann->expect("\n");
    EXPECT_NE(told.find("* Not said: "), std::string::npos) << told;
    EXPECT_NE(told.find("it could not be saved, and nobody has seen it: precious\n"), std::string::npos) << told;
    EXPECT_EQ(bob->during(1s), "");
    house.archive.fail_with("");
    house.log.wait_writable();
    ann->send("again\n");
    EXPECT_EQ(bob->expect("\n"), "ann: again\n");
    EXPECT_EQ(house.said(), Lines{"ann: again"});
  });
}

TEST(TextDoorTest, OneWhoIsRemovedIsToldWhy) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    auto bob = terminal("bob");
    ann->expect("bob now\n");
    struct Nobody final : chat::Subscriber {
      void deliver(chat::Delivery&) noexcept override {}
    } nobody;
    chat::Session police(house.log, nobody);
    police.connect("police", "here", "here").get();
    police.submit(chat::Command::oper()).get();
    police.submit(chat::Command::kick("#lobby", "ann", "too loud")).get();
    EXPECT_EQ(ann->expect("\n"), "* You were removed from #lobby by police: \"too loud\"\n");
    EXPECT_EQ(bob->expect("\n"), "* police removed ann from #lobby (\"too loud\")\n");
    police.submit(chat::Command::kick("", "bob", "enough")).get();
    EXPECT_EQ(bob->rest(), "* Goodbye: removed by police: enough\n");
    police.submit(chat::Command::ban("127.0.0.1", "night")).get();
    EXPECT_EQ(ann->rest(), "* Goodbye: banned: night\n");
    Somebody again;
    again.send("hello\n");
    EXPECT_NE(again.rest().find("* You cannot enter: "), std::string::npos);
  });
}

TEST(TextDoorTest, AUsersWordsAreNotTheServers) {
  simulated([] {
    House house;
    auto ann = terminal("ann"), bob = terminal("bob");
    ann->expect("bob now\n");
    struct Nobody final : chat::Subscriber {
      void deliver(chat::Delivery&) noexcept override {}
    } nobody;
    {
      chat::Session eve(house.log, nobody);
      eve.connect("eve", "here", "here").get();
      eve.join("#lobby").get();
      eve.topic("#lobby", "*** the server stops").get();
      eve.part("#lobby", "removed by operator: spam\") (\"").get();
    }
    EXPECT_EQ(ann->expect("\n"), "* eve is in #lobby now\n");
    EXPECT_EQ(ann->expect("\n"), "* eve set the topic of #lobby: \"*** the server stops\"\n");
    EXPECT_EQ(ann->expect("\n"), "* eve left #lobby (\"removed by operator: spam') ('\")\n");
    bob->send("/quit removed by operator: spam\n");
    bob->rest();
    EXPECT_EQ(ann->expect("\n"), "* bob has gone (\"removed by operator: spam\")\n");
    Somebody cay;
    cay.send("hi\n");
    cay.expect("* The topic is: \"*** the server stops\"\n");
    cay.socket().close();
    ann->expect("* guest3 has gone (connection ");
    Somebody irc;
    irc.send("NICK dan\r\nUSER u 0 * :x\r\nJOIN #lobby\r\n");
    irc.expect(" 366 ");
    ann->send("/quit removed by operator: spam\n");
    irc.expect(":ann!guest@text QUIT :Quit: removed by operator: spam\r\n");
  });
}

TEST(TextDoorTest, AStopTellsEveryone) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    Somebody pupil;
    pupil.send("one piece");
    ann->expect("one piece\n");
    Somebody silent;
    sleep(10ms);
    house.front.stop("back soon");
    EXPECT_TRUE(house.front.wait_stopped(30s));
    EXPECT_NE(ann->rest().find("* The server stops: back soon\n"), std::string::npos);
    EXPECT_EQ(pupil.rest(), "byebye");
    EXPECT_EQ(silent.rest(), "");
  });
}

}  // namespace
}  // namespace loquat::doors
