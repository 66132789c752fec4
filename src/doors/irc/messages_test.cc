// What is said: tags, echo, labels, CTCP, long lines, bad bytes, and a disk that fails.
#include "doors/test_irc.h"

namespace loquat::doors::test {
namespace {

using Lines = std::vector<std::string>;

TEST(IrcMessages, RoomsAndPeople) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), ben(server, "ben");
    ann.ask("JOIN #a");
    ben.ask("JOIN #a");
    ann.sync();
    EXPECT_EQ(ann.ask("PRIVMSG #A :hello there"), Lines{});
    EXPECT_EQ(ben.sync(), Lines{":ann!ann@irc PRIVMSG #a :hello there"});
    EXPECT_EQ(ben.ask("NOTICE ann psst"), Lines{});
    EXPECT_EQ(ann.sync(), Lines{":ben!ben@irc NOTICE ann :psst"});
    EXPECT_EQ(ann.ask("PRIVMSG ann :note to self"), Lines{":ann!ann@irc PRIVMSG ann :note to self"});
    EXPECT_EQ(ann.ask("PRIVMSG ben,#a :both"), Lines{});
    EXPECT_EQ(ben.sync().size(), 2u);
  });
}

TEST(IrcMessages, Refusals) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), ben(server, "ben");
    ben.ask("JOIN #b");
    EXPECT_EQ(ann.ask("PRIVMSG"), Lines{":loquat 411 ann :No recipient given"});
    EXPECT_EQ(ann.ask("PRIVMSG #b"), Lines{":loquat 412 ann :No text to send"});
    EXPECT_EQ(ann.ask("PRIVMSG #b :\x02\x03"), Lines{":loquat 412 ann :No text to send"});
    EXPECT_EQ(ann.ask("PRIVMSG nobody :hi"), Lines{":loquat 401 ann nobody :No such nick/channel"});
    EXPECT_EQ(ann.ask("PRIVMSG #none :hi"), Lines{":loquat 403 ann #none :No such channel"});
    EXPECT_EQ(ann.ask("PRIVMSG #b :hi"), Lines{":loquat 404 ann #b :Cannot send to channel: you are not in it"});
    EXPECT_EQ(ann.ask("NOTICE nobody :hi"), Lines{});
    EXPECT_EQ(count(ann.ask("PRIVMSG a,b,c,d,e :hi"), " 407 "), 1u);
  });
}

TEST(IrcMessages, ATargetThatIsNamedTwiceIsToldOnce) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), ben(server, "ben");
    ann.ask("JOIN #a,#A");
    ben.ask("JOIN #a");
    EXPECT_EQ(ann.ask("PRIVMSG ben,BEN,#a,#A,ben :hi").size(), 1u) << "ben's JOIN";
    EXPECT_EQ(ben.sync(), (Lines{":ann!ann@irc PRIVMSG ben :hi", ":ann!ann@irc PRIVMSG #a :hi"}));
    EXPECT_EQ(ann.ask("PART #a,#A"), Lines{":ann!ann@irc PART #a"});
  });
}

TEST(IrcMessages, TagsTimesAndEcho) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann", modern), ben(server, "ben", "server-time"), old(server, "old");
    for (auto* one : {&ann, &ben, &old}) one->ask("JOIN #a");
    for (auto* one : {&ann, &ben}) one->sync();
    const Lines echo = ann.ask("@+loquat/id=x\\s1;+typing=active PRIVMSG #a :hi");
    ASSERT_EQ(echo.size(), 1u);
    EXPECT_EQ(tag(echo[0], "+loquat/id"), "x 1");
    EXPECT_EQ(tag(echo[0], "+typing"), "");
    EXPECT_FALSE(tag(echo[0], "msgid").empty());
    EXPECT_EQ(tag(echo[0], "time").size(), 24u);
    const Lines live = ben.sync();
    ASSERT_EQ(live.size(), 1u);
    EXPECT_EQ(live[0], "@time=" + tag(echo[0], "time") + " :ann!ann@irc PRIVMSG #a :hi");
    EXPECT_EQ(old.sync(), Lines{":ann!ann@irc PRIVMSG #a :hi"});
    EXPECT_EQ(ann.ask("TAGMSG #a"), Lines{});
  });
}

TEST(IrcMessages, Actions) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), ben(server, "ben");
    ann.ask("JOIN #a");
    ben.ask("JOIN #a");
    ann.ask("PRIVMSG #a :\1ACTION waves\1");
    ann.ask("PRIVMSG #a :\1VERSION\1");
    ann.ask("NOTICE #a :\1VERSION mine\1");
    EXPECT_EQ(ben.sync(), Lines{":ann!ann@irc PRIVMSG #a :\1ACTION waves\1"});
    EXPECT_EQ(server.archive.latest("#a", 10).back().text, "waves");
  });
}

TEST(IrcMessages, Labels) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann", modern), ben(server, "ben");
    ben.ask("JOIN #a");
    const Lines join = ann.ask("@label=l1 JOIN #a");
    EXPECT_EQ(join.front(), "@label=l1 :loquat BATCH +b1 labeled-response") << joined(join);
    EXPECT_EQ(join.back(), ":loquat BATCH -b1");
    EXPECT_EQ(count(join, "batch=b1"), 3u);
    const Lines echo = ann.ask("@label=l2 PRIVMSG #a :hi");
    ASSERT_EQ(echo.size(), 1u);
    EXPECT_EQ(tag(echo[0], "label"), "l2");
    EXPECT_EQ(ann.ask("@label=l3 PONG x"), Lines{"@label=l3 :loquat ACK"});
    EXPECT_EQ(ann.ask("@label=l4 PRIVMSG #none :hi"), Lines{"@label=l4 :loquat 403 ann #none :No such channel"});
    EXPECT_EQ(ann.ask("@label=l5 NOTICE nobody :hi"), Lines{"@label=l5 :loquat ACK"});
    EXPECT_EQ(ann.ask("@label=l6 JOIN #a"), Lines{"@label=l6 :loquat ACK"});
    EXPECT_EQ(ann.ask("@label=l7 TOPIC #a"), Lines{"@label=l7 :loquat 331 ann #a :No topic is set"});
    const Lines many = ann.ask("@label=l8 PRIVMSG #a,nobody,ben :hi");
    EXPECT_EQ(tag(many.front(), "label"), "l8");
    EXPECT_EQ(count(many, "batch="), 3u) << joined(many);
    EXPECT_TRUE(many.back().find("BATCH -") != std::string::npos);
    EXPECT_EQ(ann.ask("@label=l9 PING x").size(), 1u);
  });
}

TEST(IrcMessages, WithoutEchoALabelIsAcknowledged) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann", "labeled-response batch");
    ann.ask("JOIN #a");
    EXPECT_EQ(ann.ask("@label=l1 PRIVMSG #a :hi"), Lines{"@label=l1 :loquat ACK"});
  });
}

TEST(IrcMessages, LongTextIsSplitAtCharacters) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann", modern), ben(server, "ben");
    ann.ask("JOIN #a");
    ben.ask("JOIN #a");
    ann.sync();
    std::string text;
    for (int i = 0; i < 163; ++i) text += "枇";
    const Lines echo = ann.ask("@label=l1;+loquat/id=x PRIVMSG #a :" + text);
    EXPECT_EQ(tag(echo.front(), "label"), "l1");
    EXPECT_EQ(echo.size(), 4u) << joined(echo);
    EXPECT_EQ(tag(echo.at(1), "+loquat/id"), "");
    EXPECT_EQ(tag(echo.at(2), "+loquat/id"), "x");
    std::string got;
    for (const std::string& line : ben.sync()) {
      EXPECT_LE(line.size(), 510u);
      got += line.substr(line.find(" :") + 2);
    }
    EXPECT_EQ(got, text);
  });
}

// A client that cuts long lines by itself fills them up to the last byte.
TEST(IrcMessages, WhatFitsIntoALineStaysWhole) {
  with_server([](Server& server) {
    const std::string nick(30, 'a'), room = '#' + std::string(63, 'r');
    TcpTalker ann(server, "ann"), ben(server, "ben"), longest(server);
    longest.send("NICK " + nick);
    longest.send("USER longer_than_it 0 * :x");
    longest.expect(" 376 ");
    for (auto* one : {&ann, &longest}) one->ask("JOIN #a," + room);
    ben.ask("JOIN #a," + room);
    const auto heard = [&](TcpTalker& who, const std::string& line) {
      EXPECT_EQ(who.ask(line), Lines{});
      return ben.sync();
    };
    const std::size_t fits = 510 - std::string_view(":ann!ann@irc PRIVMSG #a :").size();
    for (auto* one : {&ann, &longest}) one->sync();
    EXPECT_EQ(heard(ann, "PRIVMSG #a :" + std::string(fits, 'x')),
              Lines{":ann!ann@irc PRIVMSG #a :" + std::string(fits, 'x')});
    longest.sync();
    EXPECT_EQ(heard(ann, "PRIVMSG #a :" + std::string(fits + 1, 'x')).size(), 2u);
    longest.sync();
    ann.sync();
    EXPECT_EQ(heard(longest, "PRIVMSG " + room + " :\1ACTION " + std::string(380, 'x') + '\1').size(), 1u);
    EXPECT_EQ(heard(longest, "PRIVMSG " + room + " :\1ACTION " + std::string(381, 'x') + '\1').size(), 2u);
  });
}

TEST(IrcMessages, BadInput) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), ben(server, "ben");
    ann.ask("JOIN #a");
    ben.ask("JOIN #a");
    ann.sync();
    EXPECT_EQ(ann.ask("PRIVMSG #a :" + std::string(500, 'x')), Lines{":loquat 417 ann :Input line was too long"});
    EXPECT_EQ(ann.ask("@a=" + std::string(9000, 'x') + " PRIVMSG #a :hi").size(), 1u);
    EXPECT_EQ(ann.ask("PRIVMSG #a :\xff\xfe").at(0).substr(0, 34), ":loquat FAIL PRIVMSG INVALID_UTF8 ");
    EXPECT_EQ(count(ann.ask(std::string("PRIVMSG #a :a\rQUIT")), " 400 ann "), 1u);
    EXPECT_EQ(count(ann.ask(std::string("PRIVMSG #a :a\0b", 15)), " 400 ann "), 1u);
    EXPECT_EQ(ann.ask("   "), Lines{});
    EXPECT_EQ(ann.ask(""), Lines{});
    EXPECT_EQ(ben.sync(), Lines{});
    EXPECT_EQ(ann.ask("PRIVMSG #a :\x1b[31mred\x07 \u202Eevil"), Lines{});
    EXPECT_EQ(ben.sync(), Lines{":ann!ann@irc PRIVMSG #a :[31mred evil"});
  });
}

TEST(IrcMessages, WhatIsNotSavedIsShownToNobody) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), page(server, "page", std::string(modern) + " standard-replies"), ben(server, "ben");
    for (auto* one : {&ann, &page, &ben}) one->ask("JOIN #a");
    for (auto* one : {&ann, &page}) one->sync();
    server.archive.fail_with("the disk is full");
    const Lines refused = page.ask("@label=l1 PRIVMSG #a :lost");
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_TRUE(refused[0].starts_with("@label=l1 :loquat FAIL PRIVMSG NOT_SAVED #a :")) << refused[0];
    EXPECT_EQ(refused[0].find("the disk is full"), std::string::npos) << "that is for operators";
    const Lines numeric = ann.ask("PRIVMSG #a :lost too");
    ASSERT_EQ(numeric.size(), 1u);
    EXPECT_TRUE(numeric[0].starts_with(":loquat 404 ann #a :")) << numeric[0];
    EXPECT_EQ(count(ann.ask("NOTICE #a :lost too"), " 404 "), 1u);
    EXPECT_EQ(count(ann.ask("TOPIC #a :lost too"), " 400 ann TOPIC :"), 1u);
    EXPECT_EQ(ben.sync(), Lines{});
    server.archive.fail_with("");
    server.log.wait_writable();
    EXPECT_EQ(ann.ask("PRIVMSG #a :found"), Lines{});
    EXPECT_EQ(ben.sync(), Lines{":ann!ann@irc PRIVMSG #a :found"});
  });
}

TEST(IrcMessages, APasteIsInOrderForEverybody) {
  with_server(
      [](Server& server) {
        TcpTalker ann(server, "ann"), ben(server, "ben"), eve(server, "eve");
        for (auto* one : {&ann, &ben, &eve}) one->ask("JOIN #a");
        ann.sync();
        ben.sync();
        std::string paste, other;
        for (int i = 0; i < 300; ++i) {
          paste += "PRIVMSG #a :ann " + std::to_string(i) + "\r\n";
          other += "PRIVMSG #a :ben " + std::to_string(i) + "\r\n";
        }
        ann.socket.sendall(paste);
        ben.socket.sendall(other);
        ann.sync();
        ben.sync();
        std::size_t next_ann = 0, next_ben = 0;
        for (const std::string& line : eve.sync()) {
          std::size_t& next = line.starts_with(":ann") ? next_ann : next_ben;
          EXPECT_TRUE(line.ends_with(' ' + std::to_string(next++))) << line;
        }
        EXPECT_EQ(next_ann, 300u);
        EXPECT_EQ(next_ben, 300u);
      },
      without_flood_limit(), 2, 3);
}

// ben's connection ends without a word, in several ways.
TEST(IrcMessages, ASenderIsToldWhatMayNotHaveArrived) {
  enum class End { silence, reset, no_reading, quit };
  for (const End end : {End::silence, End::reset, End::no_reading, End::quit}) {
    SCOPED_TRACE(static_cast<int>(end));
    Options options;
    options.flood_rate = 0;
    with_server(
        [&](Server& server) {
          TcpTalker ann(server, "ann"), ben(server, "ben");
          ann.ask("PRIVMSG ben :read");
          sleep(std::chrono::seconds(11));
          ben.sync();
          ann.ask("PRIVMSG ben :\1ACTION waves\1");
          ann.ask("NOTICE ben :by a program");
          if (end == End::reset) testing::reset(ben.socket);
          if (end == End::quit) ben.ask("PING x"), ben.socket.close();
          if (end == End::no_reading) testing::stop_reading(ben.socket);
          Lines heard;
          for (int i = 0; i < 4; ++i) {
            if (end == End::no_reading)
              for (int n = 0; n < 3000; ++n) ann.send("NOTICE ben :" + std::string(400, 'x'));
            for (std::string& line : ann.sync()) heard.push_back(std::move(line));
            sleep(std::chrono::seconds(50));
          }
          for (std::string& line : ann.sync()) heard.push_back(std::move(line));
          EXPECT_EQ(count(heard, "NOTICE ann :ben lost the connection. What you said to ben at "), end != End::quit)
              << joined(heard);
          EXPECT_EQ(count(heard, " UTC may not have arrived: waves"), end != End::quit);
        },
        options, 2, 2);
  }
}

// A PONG comes when everything before it is in everybody's outbox: so what ann said before her PONG is there when ben,
// on another worker, hears from her of it.
TEST(IrcMessages, AnswersComeAfterWhatWasSaidBefore) {
  with_server(
      [](Server& server) {
        TcpTalker ann(server, "ann"), ben(server, "ben");
        ann.ask("JOIN #a");
        ben.ask("JOIN #a");
        for (int i = 0; i < 20; ++i) {
          const std::string text = "line " + std::to_string(i);
          ann.ask("PRIVMSG #a :" + text);
          EXPECT_EQ(count(ben.sync(), text), 1u);
        }
      },
      without_flood_limit(), 2, 20);
}

TEST(IrcMessages, APasswordIsNotSaidInARoom) {
  Options options;
  options.operator_key = "k7fd-9x2m";
  with_server(
      [](Server& server) {
        TcpTalker ann(server, "ann"), ben(server, "ben");
        for (TcpTalker* each : {&ann, &ben}) each->ask("JOIN #a");
        ann.sync();
        for (const char* text :
             {" /oper secret", "//oper secret", "/msg NickServ identify secret", "nickserv identify secret",
              "/opper k7fd-9x2m", "k7fd-9x2m ", "\1ACTION /oper secret\1"}) {
          EXPECT_EQ(
              ann.ask("PRIVMSG ben,#a :" + std::string(text)),
              Lines{":loquat 404 ann #a :Cannot send to channel: it looks like a password, and everybody in the room "
                    "would read it"})
              << text;
        }
        EXPECT_TRUE(ann.ask("NOTICE #a :/oper secret").empty());
        EXPECT_EQ(ann.ask("PRIVMSG NickServ :IDENTIFY secret"),
                  Lines{":loquat 401 ann NickServ :No such nick/channel"});
        EXPECT_TRUE(ben.sync().empty());
        ann.ask("PRIVMSG ben :k7fd-9x2m");
        EXPECT_EQ(ben.sync().size(), 1u) << "what one tells one person is one's own affair";
        ann.ask("PRIVMSG #a :pass it on");
        EXPECT_EQ(ben.sync().size(), 1u);
      },
      options);
}

}  // namespace
}  // namespace loquat::doors::test
