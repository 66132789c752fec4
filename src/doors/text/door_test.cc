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

TEST(TextDoorTest, TheTutorialsTurnsWork) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    ann->send("以前的话\n以前的话\n");
    Somebody pupil;
    pupil.send("你好,有人吗");
    ann->expect("* guest2 is in #lobby now\nguest2: 你好,有人吗\n");
    ann->send("有的\n");
    EXPECT_EQ(pupil.recv512(), "ann: 有的") << "neither a welcome nor history nor a line feed";
    for (int i = 0; i < 10; ++i) {
      pupil.send("第" + std::to_string(i) + "句话");
      ann->expect("guest2: 第" + std::to_string(i) + "句话\n");
      ann->send("回答" + std::to_string(i) + "\n");
      EXPECT_EQ(pupil.recv512(), "ann: 回答" + std::to_string(i));
    }
    pupil.send("byebye");
    EXPECT_EQ(pupil.recv512(), "byebye");
    EXPECT_EQ(pupil.recv512(), "");
    ann->expect("* guest2 has gone (byebye)\n");
  });
}

TEST(TextDoorTest, ATurnTakerThatFallsBehindNeverSeesHalfACharacter) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    Somebody pupil;
    pupil.send("大家好大家好");
    auto first = spawn([&] { return pupil.recv512(); });  // it waits for its answer
    ann->expect("大家好\n");
    std::string expected;
    for (int i = 0; i < 60; ++i) {
      std::string line;
      for (std::uint64_t n = testing::random(40) + 1; n > 0; --n)
        line += testing::random(8) == 0 ? "a" : testing::random(8) == 0 ? "😀" : "好";
      ann->send(line + "\n");
      expected += "ann:" + line;
    }
    sleep(60s);
    std::string got = first.get();
    for (int i = 0; i < 60; ++i) {
      pupil.send("我又来了");
      const std::string part = pupil.recv512();
      EXPECT_TRUE(codec::is_utf8(part)) << part;
      got += part;
      ann->expect("我又来了\n");
      if (pupil.socket().wait_readable(500ms)) continue;
      break;
    }
    std::erase_if(got, [](char c) { return c == '\n' || c == ' '; });
    EXPECT_EQ(got, expected);
    pupil.send("byebye");
    EXPECT_EQ(pupil.recv512(), "byebye");
  });
}

TEST(TextDoorTest, AClientThatOnlyReadsGetsEachLineAlone) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    Somebody pupil;
    pupil.send("第一句话");
    ann->expect("第一句话\n");
    pupil.send("第二句话");  // so it does not take turns
    ann->expect("第二句话\n");
    std::string paste;
    for (int i = 0; i < 200; ++i) paste += "这是第" + std::to_string(i) + "行\n";
    ann->send(paste);
    for (int i = 0; i < 200; ++i) ASSERT_EQ(pupil.recv512(), "ann: 这是第" + std::to_string(i) + "行");
  });
}

TEST(TextDoorTest, AReaderThatStallsForATenthOfASecondSeesWholeLines) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    Somebody pupil;
    pupil.send("第一句话");
    ann->expect("第一句话\n");
    std::string paste;
    for (int i = 0; i < 100; ++i) paste += "这是第" + std::to_string(i) + "行,它有点长,它有点长,它有点长\n";
    ann->send(paste);
    std::string all;
    while (all.find("这是第99行") == std::string::npos) {
      sleep(std::chrono::milliseconds(testing::random(250)));
      const std::string part = pupil.recv512();
      ASSERT_TRUE(codec::is_utf8(part)) << part;
      ASSERT_FALSE(part.empty());
      all += part;
    }
  });
}

TEST(TextDoorTest, APieceEndsWithAPauseButNeverInsideACharacter) {
  simulated([] {
    House house;
    Somebody pupil;
    const TimePoint start = now();
    pupil.send("一二三四五\xE5\x85");  // half of 六
    sleep(10s);
    EXPECT_EQ(house.said(), Lines{});
    pupil.send("\xAD");
    eventually([&] { return house.said() == Lines{"guest1: 一二三四五六"}; });
    EXPECT_LT(now() - start, 12s + 500ms);
    pupil.send("七八");
    sleep(200ms);
    pupil.send("九十");
    eventually([&] { return house.said().size() == 2; });
    EXPECT_EQ(house.said().back(), "guest1: 七八九十");
  });
}

TEST(TextDoorTest, ALoneCharacterWaitsTwoSeconds) {
  simulated([] {
    House house;
    Somebody pupil;
    pupil.send("y");
    sleep(1900ms);
    EXPECT_EQ(house.said(), Lines{});
    eventually([&] { return house.said() == Lines{"guest1: y"}; });
    for (const char* key : {"k", "e", "y", "s"}) {
      pupil.send(key);
      sleep(700ms);
    }
    pupil.send("\r\n");
    eventually([&] { return house.said() == Lines{"guest1: y", "guest1: keys"}; });
  });
}

TEST(TextDoorTest, TheEndOfInputEndsAPieceAndALine) {
  simulated([] {
    House house;
    Somebody pupil;
    pupil.send("python学习笔记");
    pupil.socket().close();
    eventually([&] { return house.said() == Lines{"guest1: python学习笔记"}; });
    Somebody echo;
    echo.send("one\ntwo");
    echo.end_input();
    EXPECT_NE(echo.rest().find("python学习笔记\n"), std::string::npos) << "echo hi | nc -N shows the history";
    eventually([&] { return house.said() == Lines{"guest1: python学习笔记", "guest2: one", "guest2: two"}; });
    eventually([&] { return house.people().empty(); });
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

TEST(TextDoorTest, AFloodIsSlowedAndNothingOfItIsLost) {
  simulated(
      [] {
        House house;
        auto ann = terminal("ann");
        auto bob = terminal("bob");
        std::string paste, expected;
        for (int i = 0; i < 5000; ++i) {
          paste += "line " + std::to_string(i) + "\n";
          expected += "ann: line " + std::to_string(i) + "\n";
        }
        ann->expect("bob now\n");
        auto sender = spawn([&] { ann->send(paste); });
        EXPECT_EQ(bob->expect("ann: line 4999\n"), expected);
        sender.get();
      },
      2, 3);
}

constexpr std::string_view told =
    "* You type faster than this server reads: your lines are taken at 2 a second, and none is lost\n";

TEST(TextDoorTest, AGuestsPasteIsReadMoreSlowly) {
  simulated([] {
    House house{Options{}};
    auto bob = terminal("bob");
    Somebody ann;
    std::string paste = "/nick ann\n", first, rest;
    for (int i = 0; i < 60; ++i) {
      paste += "line " + std::to_string(i) + "\n";
      (i < 18 ? first : rest) += "ann: line " + std::to_string(i) + "\n";  // a new name counts for two lines
    }
    const TimePoint start = now();
    ann.send(paste);
    ann.end_input();
    EXPECT_TRUE(bob->expect("ann: line 17\n").ends_with(first));
    EXPECT_LT(now() - start, 1s);
    // She is welcomed and told at once.
    EXPECT_NE(ann.expect(told).find("* Welcome"), std::string::npos);
    EXPECT_LT(now() - start, 1s);
    EXPECT_EQ(bob->expect("ann: line 59\n"), rest);
    EXPECT_GT(now() - start, 20s);
    EXPECT_LT(now() - start, 23s);
    EXPECT_EQ(ann.rest().find("faster"), std::string::npos);
    EXPECT_EQ(house.context.counters.floods_slowed, 1u);
  });
}

TEST(TextDoorTest, WhatCountsAndWhatDoesNot) {
  struct Case {
    std::string line;
    int times;
    bool slowed;
  };
  for (const Case& one :
       {Case{"", 1000, false}, Case{"hello", 20, false}, Case{"hello", 21, true}, Case{"/msg bob x", 21, true},
        Case{"/me waves", 21, true}, Case{"/ me waves", 21, true}, Case{"/ me " + std::string(8000, 'x'), 2, true},
        Case{std::string(3000, 'x'), 3, true}, Case{"/nick ann", 11, true}, Case{"/who", 100, false},
        Case{"/who", 101, true}, Case{"/help", 201, true}, Case{std::string(9000, 'x'), 201, true}}) {
    SCOPED_TRACE(one.line.substr(0, 20));
    simulated(
        [&] {
          House house{Options{}};
          Somebody ann;
          std::string bytes;
          for (int i = 0; i < one.times; ++i) bytes += one.line + "\n";
          ann.send(bytes);
          ann.end_input();
          EXPECT_EQ(ann.rest().find("faster") != std::string::npos, one.slowed);
        },
        2, 3);
  }
}

TEST(TextDoorTest, PiecesCountToo) {
  simulated([] {
    House house{Options{}};
    Somebody ann;
    for (int i = 100; i < 300; ++i) {
      ann.send("piece" + std::to_string(i));
      sleep(310ms);
    }
    ann.end_input();
    ann.rest();
    EXPECT_EQ(house.context.counters.floods_slowed, 1u);
    std::size_t size = 0;
    for (const std::string& line : house.said()) size += line.size() - std::string_view("guest1: ").size();
    EXPECT_EQ(size, 200u * 8);  // nothing is lost, however it was put together
  });
}

TEST(TextDoorTest, OperatorsAreNotSlowed) {
  simulated([] {
    Options options;
    options.operator_key = "key";
    House house(options);
    Somebody ann;
    std::string paste = "/oper key\n";
    for (int i = 0; i < 300; ++i) paste += "line\n";
    ann.send(paste);
    const TimePoint start = now();
    eventually([&] { return house.said().size() == 300; });
    EXPECT_LT(now() - start, 5s);
  });
}

// Neither the server's stop nor a kick waits for a flood to be read.
TEST(TextDoorTest, AFloodDelaysNoFarewell) {
  simulated([] {
    House house{Options{}};
    Somebody ann;
    ann.send(std::string(8000, 'x') + "\n" + std::string(8000, 'y') + "\n" + std::string(8000, 'z') + "\n");
    ann.expect(told);
    const TimePoint start = now();
    house.front.stop("now");
    EXPECT_TRUE(house.front.wait_stopped(5s));
    EXPECT_LT(now() - start, 2s);
  });
}

// Twenty guests of one address have the limits of ten; others are not held up by them, and going away does not help.
TEST(TextDoorTest, TheGuestsOfOneAddressShareALimit) {
  simulated([] {
    House house{Options{}};
    const auto said_after = [&](const char* from, int guests) {
      const TimePoint start = now();
      const std::size_t before = house.said().size();
      std::string lines;
      for (int i = 0; i < 20; ++i) lines += "line\n";
      std::vector<Fiber<>> fibers;
      for (int i = 0; i < guests; ++i) {
        fibers.push_back(spawn([&] {
          Somebody guest(from);
          guest.send(lines);
          guest.end_input();
          guest.rest();
        }));
      }
      for (const auto& fiber : fibers) fiber.get();
      EXPECT_EQ(house.said().size(), before + static_cast<std::size_t>(guests) * 20);
      return now() - start;
    };
    EXPECT_LT(said_after("192.0.2.1", 10), 2s);
    const Duration second = said_after("192.0.2.1", 10);
    EXPECT_GT(second, 8s);
    EXPECT_LT(second, 12s);
    EXPECT_LT(said_after("192.0.2.2", 1), 1s);
  });
}

TEST(TextDoorTest, OneWhoNeverReadsIsToldAndDelaysNobody) {
  simulated(
      [] {
        House house;
        auto ann = terminal("ann");
        auto bob = terminal("bob");
        ann->expect("bob now\n");
        Somebody deaf;
        deaf.send("listening\n");
        ann->expect("listening\n");
        bob->expect("listening\n");
        testing::stop_reading(deaf.socket());
        const std::string line(300, 'x');
        for (int i = 0; i < 5000; ++i) {
          ann->send(line + std::to_string(i) + "\n");
          const TimePoint start = now();
          ASSERT_TRUE(bob->expect(std::to_string(i) + "\n").ends_with("ann: " + line + std::to_string(i) + "\n"));
          ASSERT_LT(now() - start, 100ms);
        }
        eventually([&] { return house.people() == Lines{"ann", "bob"}; });
        EXPECT_EQ(house.context.counters.fell_behind, 1u);
        sleep(10s);
        testing::resume_reading(deaf.socket());
        EXPECT_TRUE(deaf.rest().ends_with("\n* You read too slowly: too much was waiting. Goodbye.\n"));
      },
      2, 2);
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
