// CHATHISTORY, history on JOIN, and a client that comes back and finds what it missed.
#include "doors/irc/encode.h"
#include "doors/test_irc.h"

namespace loquat::doors::test {
namespace {

using Lines = std::vector<std::string>;

// The texts of the lines of a batch, one after the other: "1 2 3 ".
std::string texts(const Lines& lines) {
  std::string all;
  for (const std::string& line : lines) {
    if (const std::size_t at = line.find(" PRIVMSG "); at != std::string::npos)
      all += line.substr(line.find(" :", at) + 2) + ' ';
  }
  return all;
}

// Says 1 to n in #a and returns the msgids, the first at 1.
std::vector<std::string> say(Talker& who, int n) {
  std::vector<std::string> ids(1);
  for (int i = 1; i <= n; ++i) ids.push_back(tag(who.ask("PRIVMSG #a :" + std::to_string(i)).at(0), "msgid"));
  return ids;
}

TEST(IrcHistory, Pages) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann", modern);
    ann.ask("JOIN #a");
    const auto ids = say(ann, 9);
    const auto history = [&](const std::string& what) { return texts(ann.ask("CHATHISTORY " + what)); };
    EXPECT_EQ(history("LATEST #a * 3"), "7 8 9 ");
    EXPECT_EQ(history("LATEST #a msgid=" + ids[7] + " 5"), "8 9 ");
    EXPECT_EQ(history("BEFORE #a msgid=" + ids[4] + " 2"), "2 3 ");
    EXPECT_EQ(history("AFTER #A msgid=" + ids[4] + " 2"), "5 6 ");
    EXPECT_EQ(history("AFTER #a msgid=" + ids[9] + " 2"), "");
    EXPECT_EQ(history("AROUND #a msgid=" + ids[5] + " 4"), "3 4 5 6 ");
    EXPECT_EQ(history("BETWEEN #a msgid=" + ids[2] + " msgid=" + ids[6] + " 9"), "3 4 5 ");
    EXPECT_EQ(history("BETWEEN #a msgid=" + ids[6] + " msgid=" + ids[2] + " 2"), "4 5 ");
    EXPECT_EQ(history("before #a timestamp=2999-01-01T00:00:00.000Z 2"), "8 9 ");
    EXPECT_EQ(history("AFTER #a timestamp=1999-01-01T00:00:00Z 2"), "1 2 ");
  });
}

TEST(IrcHistory, TheAnswerIsABatch) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann", modern);
    ann.ask("JOIN #a");
    ann.ask("@+loquat/id=mine PRIVMSG #a :one");
    const Lines lines = ann.ask("@label=l1 CHATHISTORY LATEST #a * 10");
    ASSERT_EQ(lines.size(), 3u) << joined(lines);
    EXPECT_TRUE(lines[0].starts_with("@label=l1 :loquat BATCH +")) << lines[0];
    EXPECT_TRUE(lines[0].ends_with(" chathistory #a")) << lines[0];
    EXPECT_EQ(tag(lines[1], "+loquat/id"), "mine");
    EXPECT_FALSE(tag(lines[1], "batch").empty());
    EXPECT_EQ(tag(lines[1], "label"), "");
    EXPECT_EQ(lines[2], ":loquat BATCH -" + tag(lines[1], "batch"));
    ann.ask("JOIN #empty");
    EXPECT_EQ(ann.ask("@label=l2 CHATHISTORY LATEST #empty * 10").size(), 2u);
  });
}

TEST(IrcHistory, WhatIsNotSaidDoesNotCount) {
  with_server(
      [](Server& server) {
        TcpTalker ann(server, "ann", modern);
        ann.ask("JOIN #a");
        say(ann, 3);
        for (int i = 0; i < 120; ++i) ann.ask("TOPIC #a :topic " + std::to_string(i));
        EXPECT_EQ(texts(ann.ask("CHATHISTORY LATEST #a * 2")), "2 3 ");
        EXPECT_EQ(texts(ann.ask("CHATHISTORY AFTER #a msgid=1 2")), "1 2 ");
      },
      without_flood_limit(), 1, 2);
}

TEST(IrcHistory, Failures) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann", modern), ben(server, "ben");
    ann.ask("JOIN #a");
    ben.ask("JOIN #b");
    const auto failure = [&](const char* what) { return ann.ask(std::string("CHATHISTORY ") + what).at(0); };
    EXPECT_TRUE(failure("").starts_with(":loquat FAIL CHATHISTORY NEED_MORE_PARAMS "));
    EXPECT_TRUE(failure("LATEST #a *").starts_with(":loquat FAIL CHATHISTORY NEED_MORE_PARAMS LATEST "));
    EXPECT_TRUE(failure("NONSENSE #a * 10").starts_with(":loquat FAIL CHATHISTORY UNKNOWN_COMMAND NONSENSE "));
    EXPECT_TRUE(failure("LATEST #b * 10").starts_with(":loquat FAIL CHATHISTORY INVALID_TARGET LATEST #b "));
    EXPECT_TRUE(failure("LATEST ben * 10").starts_with(":loquat FAIL CHATHISTORY INVALID_TARGET LATEST ben "));
    EXPECT_TRUE(failure("BEFORE #a * 10").starts_with(":loquat FAIL CHATHISTORY INVALID_PARAMS BEFORE "));
    EXPECT_TRUE(failure("AFTER #a msgid=x 10").starts_with(":loquat FAIL CHATHISTORY INVALID_PARAMS AFTER "));
    EXPECT_TRUE(failure("BETWEEN #a msgid=1 msgid=x 9")
                    .starts_with(":loquat FAIL CHATHISTORY INVALID_PARAMS BETWEEN msgid=x "));
    EXPECT_TRUE(failure("AFTER #a msgid=1 many").starts_with(":loquat FAIL CHATHISTORY INVALID_PARAMS AFTER "));
    EXPECT_TRUE(failure("AFTER #a msgid=99999999 9").starts_with(":loquat FAIL CHATHISTORY MESSAGE_ERROR AFTER #a "));
  });
}

// Yesterday the clock was a day fast: what was said then is stamped with tomorrow.
TEST(IrcHistory, ByTimestampAfterAClockThatWasFast) {
  chat::WallTime now{std::chrono::hours(24 * 365 * 50)};
  chat::LogOptions options;
  options.clock = [&now] { return now += std::chrono::seconds(1); };
  testing::simulate(1, [&] {
    Server server({}, options);
    TcpTalker ann(server, "ann", modern);
    ann.ask("JOIN #a");
    now += std::chrono::hours(24);
    const std::string wrong = tag(ann.ask("PRIVMSG #a :wrong").at(0), "msgid");
    now -= std::chrono::hours(24);
    const std::string before = "timestamp=" + irc_time(now);
    ann.ask("PRIVMSG #a :one");
    const std::string two = tag(ann.ask("PRIVMSG #a :two").at(0), "time");
    const std::string three = tag(ann.ask("PRIVMSG #a :three").at(0), "msgid");
    const std::string after = "timestamp=" + irc_time(now + std::chrono::seconds(5));
    const auto texts = [&](const std::string& what) {
      std::string found;
      for (const std::string& line : ann.ask("CHATHISTORY " + what)) {
        if (const std::size_t at = line.find(" PRIVMSG #a :"); at != std::string::npos)
          found += line.substr(at + 13) + ' ';
      }
      return found;
    };
    EXPECT_EQ(texts("BETWEEN #a " + before + ' ' + after + " 10"), "one two three ");
    EXPECT_EQ(texts("BETWEEN #a " + after + ' ' + before + " 2"), "two three ");
    EXPECT_EQ(texts("AFTER #a " + before + " 2"), "one two ");
    EXPECT_EQ(texts("AFTER #a " + before + " 9"), "one two three wrong ") << "in the order of time";
    EXPECT_EQ(texts("BEFORE #a " + after + " 9"), "one two three ");
    EXPECT_EQ(texts("BEFORE #a timestamp=" + two + " 9"), "one ");
    EXPECT_EQ(texts("AROUND #a timestamp=" + two + " 2"), "one two ");
    EXPECT_EQ(texts("LATEST #a timestamp=" + two + " 9"), "three wrong ");
    EXPECT_EQ(texts("BETWEEN #a " + before + " msgid=" + three + " 9"), "one two ") << "a msgid stands for its time";
    EXPECT_EQ(texts("LATEST #a * 9"), "wrong one two three ") << "in the order in which it was said";
    EXPECT_EQ(texts("AFTER #a msgid=" + wrong + " 9"), "one two three ");
  });
}

TEST(IrcHistory, Targets) {
  chat::LogOptions options;  // a clock that moves with every line
  options.clock = [time = chat::WallTime(std::chrono::hours(24 * 365 * 50))]() mutable {
    return time += std::chrono::milliseconds(1);
  };
  testing::simulate(1, [&] {
    Server server({}, options);
    TcpTalker ann(server, "ann", modern), ben(server, "ben");
    ben.ask("JOIN #b");
    ben.ask("PRIVMSG #b :ann is not here");
    ann.ask("JOIN #silent,#a,#c");
    const std::string first = tag(ann.ask("PRIVMSG #c :1").at(0), "time");
    const std::string last = tag(ann.ask("PRIVMSG #a :2").at(0), "time");
    ann.ask("TOPIC #c :a topic is no line");
    const auto targets = [&](const std::string& what) {
      std::string found;
      for (const std::string& line : ann.ask("CHATHISTORY TARGETS " + what)) {
        if (const std::size_t at = line.find(" CHATHISTORY TARGETS "); at != std::string::npos)
          found += line.substr(at + 21) + ';';
      }
      return found;
    };
    const std::string past = "timestamp=2001-01-01T00:00:00.000Z", future = "timestamp=2999-01-01T00:00:00.000Z";
    EXPECT_EQ(targets(past + ' ' + future + " 50"), "#c " + first + ";#a " + last + ';');
    EXPECT_EQ(targets(past + ' ' + future + " 1"), "#c " + first + ';');
    EXPECT_EQ(targets(future + ' ' + past + " 1"), "#a " + last + ';');
    EXPECT_EQ(targets("timestamp=" + first + ' ' + future + " 50"), "#a " + last + ';') << "the times are not in it";
    const Lines none = ann.ask("@label=l CHATHISTORY TARGETS " + past + ' ' + past + " 50");
    ASSERT_EQ(none.size(), 2u) << joined(none);
    EXPECT_TRUE(none[0].starts_with("@label=l :loquat BATCH +") && none[0].ends_with(" draft/chathistory-targets"));
    EXPECT_EQ(count(ann.ask("CHATHISTORY TARGETS " + past + " msgid=1 50"), "INVALID_PARAMS TARGETS msgid=1 "), 1u);
    EXPECT_EQ(count(ann.ask("CHATHISTORY TARGETS " + past + ' ' + past + " x"), "INVALID_PARAMS TARGETS x "), 1u);
    EXPECT_EQ(count(ann.ask("CHATHISTORY TARGETS " + past + ' ' + past), "NEED_MORE_PARAMS TARGETS "), 1u);
  });
}

// JOINs #a and returns the old lines that this brings.
std::string replayed(Talker& who) { return texts(who.ask("JOIN #a")); }

TEST(IrcHistory, WhoComesBackIsShownWhatItHasNotSeen) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann", modern);
    ann.ask("JOIN #a");
    const auto visit = [&](std::string_view goodbye) {
      TcpTalker bot(server, "bot", "server-time batch");
      const Lines lines = bot.ask("JOIN #a");
      if (count(lines, "PRIVMSG") > 0) {
        EXPECT_TRUE(lines[3].find(" BATCH +") != std::string::npos && lines[3].ends_with(" chathistory #a"));
        EXPECT_EQ(tag(lines[4], "time").size(), 24u);
      } else {
        EXPECT_EQ(count(lines, "BATCH"), 0u) << joined(lines);
      }
      bot.send(goodbye);
      bot.socket.shutdown(SHUT_WR);
      bot.rest();
      ann.sync();
      return texts(lines);
    };
    EXPECT_EQ(visit("PART #a"), "");
    say(ann, 2);
    EXPECT_EQ(visit("NICK other"), "1 2 ") << "what was said after PART";
    EXPECT_EQ(visit("PART #a"), "") << "nothing was said since it gave up the nick";
    say(ann, 25);
    const std::string last = visit("QUIT");
    EXPECT_TRUE(last.starts_with("6 7 ") && last.ends_with(" 24 25 ")) << last;
    EXPECT_EQ(visit("QUIT"), "");
  });
}

// Programs answer what they take for new. Without server-time nothing tells old lines from new ones.
TEST(IrcHistory, NobodyIsShownOldLinesAsNewOnes) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann", modern), plain(server, "plain"), asks(server, "asks", modern);
    ann.ask("JOIN #a");
    say(ann, 3);
    EXPECT_EQ(replayed(plain), "");
    EXPECT_EQ(replayed(asks), "") << "it asks by itself";
    server.context.options.replay = false;
    TcpTalker timed(server, "timed", "server-time");
    EXPECT_EQ(replayed(timed), "");
  });
}

// A restart made everybody leave, and nobody remembers when they had come.
TEST(IrcHistory, ARestartShowsNothingTwice) {
  testing::simulate(1, [] {
    chat::MemoryArchive archive;
    {
      Server server({}, {}, &archive);
      TcpTalker ann(server, "ann", modern);
      ann.ask("JOIN #a");
      say(ann, 3);
    }
    Server server({}, {}, &archive);
    TcpTalker ann(server, "ann", modern), bot(server, "bot", "server-time");
    ann.ask("JOIN #a");
    ann.ask("PRIVMSG #a :after the restart");
    EXPECT_EQ(replayed(bot), "after the restart ");
  });
}

// While the history of a newcomer is read, others go on talking: each line is seen once, in order.
TEST(IrcHistory, LiveLinesDoNotOvertakeIt) {
  with_server(
      [](Server& server) {
        TcpTalker ann(server, "ann"), ben(server, "ben", "server-time");
        ann.ask("JOIN #a");
        std::string paste;
        for (int i = 1; i <= 60; ++i) paste += "PRIVMSG #a :" + std::to_string(i) + "\r\n";
        ann.socket.sendall(paste);
        sleep(std::chrono::milliseconds(testing::random(8)));
        ben.send("JOIN #a");
        ben.expect(" 366 ");
        ann.sync();
        const std::string seen = texts(ben.sync());
        if (seen.empty()) return;
        std::string wanted;
        for (int i = std::stoi(seen); i <= 60; ++i) wanted += std::to_string(i) + ' ';
        EXPECT_EQ(seen, wanted);
      },
      without_flood_limit(), 2, 40);
}

// As the page does it: after a lost connection it reads AFTER the last line that it knows, and sends again only what is
// not there.
TEST(IrcHistory, ComingBackLosesAndDoublesNothing) {
  with_server(
      [](Server& server) {
        TcpTalker ann(server, "ann", modern);
        ann.ask("JOIN #a");
        std::string last;
        for (int round = 0; round < 6; ++round) {
          WebTalker page(server);
          page.enter("page", modern);
          page.ask("JOIN #a");
          if (!last.empty()) {
            const Lines missed = page.ask("CHATHISTORY AFTER #a msgid=" + last + " 100");
            const std::string mark = "mine" + std::to_string(round - 1);
            if (count(missed, "+loquat/id=" + mark) == 0) page.ask("@+loquat/id=" + mark + " PRIVMSG #a :" + mark);
          }
          ann.send("PRIVMSG #a :other" + std::to_string(round));
          last = tag(ann.expect(" PRIVMSG #a :other" + std::to_string(round)), "msgid");
          page.expect("other" + std::to_string(round));
          page.send("@+loquat/id=mine" + std::to_string(round) + " PRIVMSG #a :mine" + std::to_string(round));
          sleep(std::chrono::microseconds(testing::random(3000)));
          testing::reset(page.socket);
          ann.socket.settimeout(std::chrono::minutes(2));
          ann.expect("page!page@web QUIT");
        }
        const std::string all = texts(ann.ask("CHATHISTORY LATEST #a * 100"));
        for (int round = 0; round < 5; ++round) {
          const std::string mine = "mine" + std::to_string(round) + ' ';
          ASSERT_NE(all.find(mine), std::string::npos) << all;
          EXPECT_EQ(all.find(mine, all.find(mine) + 1), std::string::npos) << all;
        }
      },
      without_flood_limit(), 2, 20);
}

}  // namespace
}  // namespace loquat::doors::test
