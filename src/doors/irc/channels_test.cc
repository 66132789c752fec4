// Rooms: JOIN, PART, TOPIC, NAMES, LIST, MODE, WHO, WHOIS and the rest that is asked.
#include "doors/test_irc.h"

namespace loquat::doors::test {
namespace {

using Lines = std::vector<std::string>;

TEST(IrcChannels, JoinTellsEverybody) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), ben(server, "ben");
    EXPECT_EQ(ann.ask("JOIN #a"),
              (Lines{":ann!ann@irc JOIN #a", ":loquat 353 ann = #a :ann", ":loquat 366 ann #a :End of /NAMES list"}));
    EXPECT_EQ(ben.ask("JOIN #A"), (Lines{":ben!ben@irc JOIN #a", ":loquat 353 ben = #a :ann ben",
                                         ":loquat 366 ben #a :End of /NAMES list"}));
    EXPECT_EQ(ann.sync(), Lines{":ben!ben@irc JOIN #a"});
    EXPECT_EQ(ben.ask("JOIN #a"), Lines{});
    EXPECT_EQ(ben.ask("PART #a :bye"), Lines{":ben!ben@irc PART #a :\"bye\""});
    EXPECT_EQ(ann.sync(), Lines{":ben!ben@irc PART #a :\"bye\""});
    EXPECT_EQ(ben.ask("PART #a"), Lines{":loquat 442 ben #a :You're not on that channel"});
    EXPECT_EQ(ben.ask("PART #none"), Lines{":loquat 403 ben #none :No such channel"});
  });
}

TEST(IrcChannels, SeveralAtOnce) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann");
    const Lines lines = ann.ask("JOIN #a,#b,,bad,#c d");
    EXPECT_EQ(count(lines, " JOIN #"), 3u) << joined(lines);
    EXPECT_EQ(count(lines, " 403 ann bad :"), 1u) << joined(lines);
    EXPECT_EQ(count(ann.ask("JOIN 0"), " PART #"), 3u);
    EXPECT_EQ(count(ann.ask("JOIN #\xd0\xb0nn"), " 476 ann "), 1u);
    EXPECT_EQ(count(ann.ask("JOIN"), " 461 ann JOIN "), 1u);
  });
}

TEST(IrcChannels, Topic) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), ben(server, "ben");
    ann.ask("JOIN #a");
    EXPECT_EQ(ann.ask("TOPIC #a"), Lines{":loquat 331 ann #a :No topic is set"});
    EXPECT_EQ(ann.ask("TOPIC #A :\x02hello\x02 world"), Lines{":ann!ann@irc TOPIC #a :hello world"});
    const Lines lines = ben.ask("JOIN #a");
    EXPECT_EQ(lines.at(1), ":loquat 332 ben #a :hello world");
    EXPECT_TRUE(lines.at(2).starts_with(":loquat 333 ben #a ann "));
    EXPECT_EQ(ben.ask("PART #a").size(), 1u);
    EXPECT_EQ(ben.ask("TOPIC #a :no"), Lines{":loquat 442 ben #a :You're not on that channel"});
    EXPECT_EQ(ben.ask("TOPIC #none"), Lines{":loquat 403 ben #none :No such channel"});
    ann.ask("TOPIC #a :");
    EXPECT_EQ(ann.ask("TOPIC #a"), Lines{":loquat 331 ann #a :No topic is set"});
  });
}

TEST(IrcChannels, NamesFitIntoTheirLines) {
  with_server(
      [](Server& server) {
        std::vector<std::unique_ptr<TcpTalker>> all;
        for (int i = 0; i < 60; ++i) {
          all.push_back(std::make_unique<TcpTalker>(server, "somebody" + std::to_string(100 + i), "userhost-in-names"));
          all.back()->ask("JOIN #a");
        }
        const Lines lines = all[0]->ask("NAMES #a");
        std::size_t names = 0;
        for (const std::string& line : lines) {
          EXPECT_LE(line.size(), 510u);
          if (line.find(" 353 ") == std::string::npos) continue;
          for (std::size_t at = 0; (at = line.find("!somebody", at)) != std::string::npos; ++at) ++names;
        }
        EXPECT_EQ(names, 60u);
        EXPECT_TRUE(lines.back().find(" 366 somebody100 #a ") != std::string::npos);
      },
      without_flood_limit(), 1, 1);
}

TEST(IrcChannels, ListShowsRoomsWithPeople) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann");
    ann.ask("JOIN #a,#b");
    ann.ask("TOPIC #b :about b");
    ann.ask("PART #a");
    EXPECT_EQ(ann.ask("LIST"), (Lines{":loquat 321 ann Channel :Users  Name", ":loquat 322 ann #b 1 :about b",
                                      ":loquat 323 ann :End of /LIST"}));
  });
}

TEST(IrcChannels, Modes) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann");
    ann.ask("JOIN #a");
    const Lines lines = ann.ask("MODE #a");
    EXPECT_EQ(lines.at(0), ":loquat 324 ann #a +n");
    EXPECT_EQ(lines.size(), 1u) << "a room without a history has no beginning that a restart keeps";
    ann.ask("PRIVMSG #a :first");
    const std::string began = ann.ask("MODE #a").at(1);
    EXPECT_TRUE(began.starts_with(":loquat 329 ann #a 1")) << began;
    TcpTalker ben(server, "ben");
    ben.ask("JOIN #a");
    EXPECT_EQ(ann.ask("MODE #a").at(2), began) << "nor does another member change it";
    EXPECT_EQ(ann.ask("MODE #a b"), Lines{":loquat 368 ann #a :End of channel ban list"});
    EXPECT_EQ(ann.ask("MODE #a +o ann"), Lines{":loquat 482 ann #a :You're not channel operator"});
    EXPECT_EQ(count(ann.ask("MODE #a +Z"), " 472 ann Z "), 1u);
    EXPECT_EQ(ann.ask("MODE #none"), Lines{":loquat 403 ann #none :No such channel"});
  });
}

TEST(IrcChannels, ModesOfOneself) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), ben(server, "ben");
    EXPECT_EQ(ann.ask("MODE ann"), Lines{":loquat 221 ann +i"});
    EXPECT_EQ(ann.ask("MODE ANN +i"), Lines{":ann MODE ann :+i"});
    EXPECT_EQ(ann.ask("MODE ann -i"), Lines{":loquat 221 ann +i"}) << "it stays";
    EXPECT_EQ(ann.ask("MODE ann +B"), Lines{":loquat 501 ann :Unknown MODE flag"});
    EXPECT_EQ(ann.ask("MODE ann +iwx"), (Lines{":loquat 501 ann :Unknown MODE flag", ":ann MODE ann :+i"}));
    EXPECT_EQ(ann.ask("MODE ben +i"), Lines{":loquat 502 ann :Can't change mode for other users"});
    EXPECT_EQ(count(ann.ask("MODE nobody"), " 401 ann nobody "), 1u);
  });
}

TEST(IrcChannels, Who) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), ben(server, "ben");
    ann.ask("JOIN #a");
    ben.ask("JOIN #a");
    ann.sync();
    EXPECT_EQ(ann.ask("WHO #a"),
              (Lines{":loquat 352 ann #a ann irc loquat ann H :0 ann", ":loquat 352 ann #a ben irc loquat ben H :0 ben",
                     ":loquat 315 ann #a :End of /WHO list"}));
    EXPECT_EQ(ann.ask("WHO #a %cuhsnfdar").at(1), ":loquat 354 ann #a ben irc loquat ben H 0 0 :ben");
    EXPECT_EQ(ann.ask("WHO #a %tna,42").at(0), ":loquat 354 ann 42 ann 0");
    EXPECT_EQ(ann.ask("WHO BEN").at(0), ":loquat 352 ann #a ben irc loquat ben H :0 ben");
    EXPECT_EQ(ann.ask("WHO b*").size(), 2u);
    EXPECT_EQ(ann.ask("WHO *@irc").size(), 3u);
    EXPECT_EQ(ann.ask("WHO nobody"), Lines{":loquat 315 ann nobody :End of /WHO list"});
  });
}

TEST(IrcChannels, OtherQuestions) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann");
    ann.ask("JOIN #a");
    const Lines whois = ann.ask("WHOIS ann");
    EXPECT_EQ(whois.at(0), ":loquat 311 ann ann ann irc * :ann");
    EXPECT_EQ(whois.at(1), ":loquat 319 ann ann :#a");
    EXPECT_EQ(whois.at(3), ":loquat 318 ann ann :End of /WHOIS list");
    EXPECT_EQ(count(ann.ask("WHOIS nobody"), " 401 ann nobody "), 1u);
    EXPECT_EQ(ann.ask("ISON ann nobody Ann"), Lines{":loquat 303 ann :ann ann"});
    EXPECT_EQ(ann.ask("USERHOST ann"), Lines{":loquat 302 ann :ann=+ann@irc"});
    EXPECT_EQ(count(ann.ask("VERSION"), " 351 ann loquat-"), 1u);
    EXPECT_EQ(count(ann.ask("LUSERS"), " 251 ann :There are 1 users"), 1u);
    EXPECT_EQ(count(ann.ask("MOTD"), " 376 "), 1u);
    EXPECT_EQ(count(ann.ask("NONSENSE x"), " 421 ann NONSENSE :"), 1u);
    EXPECT_EQ(ann.ask("ping"), Lines{":loquat 409 ann :No origin specified"});
  });
}

// Only whole nicks, however many.
TEST(IrcChannels, IsonHasRoomForAll) {
  with_server(
      [](Server& server) {
        TcpTalker ann(server, "ann_with_a_rather_long_name_01");
        std::vector<std::unique_ptr<TcpTalker>> friends;
        std::string asked = "ISON", answered;
        for (int i = 100; i < 118; ++i) {
          friends.push_back(std::make_unique<TcpTalker>(server, "friend_with_a_long_name_" + std::to_string(i)));
          asked += " friend_with_a_long_name_" + std::to_string(i);
        }
        for (const std::string& line : ann.ask(asked)) {
          EXPECT_LE(line.size(), 510u);
          EXPECT_TRUE(line.starts_with(":loquat 303 ann_with_a_rather_long_name_01 :")) << line;
          answered += ' ' + line.substr(line.rfind(':') + 1);
        }
        EXPECT_EQ("ISON" + answered, asked);
        EXPECT_EQ(ann.ask("ISON nobody"), Lines{":loquat 303 ann_with_a_rather_long_name_01 :"});
      },
      {}, 1, 1);
}

TEST(IrcChannels, AKickByAnOperator) {
  with_server([](Server& server) {
    struct Quiet final : chat::Subscriber {
      void deliver(chat::Delivery&) noexcept override {}
    } quiet;
    chat::Session root(server.log, quiet);
    root.submit(chat::Command::oper());
    root.connect("police", "operator@here", "");
    TcpTalker ann(server, "ann");
    ann.ask("JOIN #a");
    root.submit(chat::Command::kick("#a", "ann", "enough")).get();
    EXPECT_EQ(ann.sync(), Lines{":police!operator@here KICK #a ann :enough"});
    ann.ask("JOIN #a");
    root.submit(chat::Command::kick("#a", "ann")).get();
    EXPECT_EQ(ann.sync(), Lines{":police!operator@here KICK #a ann :police"}) << "the default is who did it";
    ann.ask("JOIN #a");
    TcpTalker ben(server, "ben");
    ben.ask("JOIN #a");
    ann.sync();
    root.submit(chat::Command::kick("", "ann", "really")).get();
    EXPECT_EQ(ann.rest(), (Lines{":police!operator@here KILL ann :police (really)",
                                 "ERROR :Closing link: removed by police: really"}));
    EXPECT_EQ(ben.sync(), Lines{":ann!ann@irc QUIT :removed by police: really"});
  });
}

}  // namespace
}  // namespace loquat::doors::test
