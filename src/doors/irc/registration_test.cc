// Coming in, the numerics of the welcome, nicks, capabilities, and going.
#include "doors/test_irc.h"

namespace loquat::doors::test {
namespace {

TEST(IrcRegistration, WelcomeIsComplete) {
  with_server([](Server& server) {
    TcpTalker ann(server);
    ann.send("NICK ann");
    ann.send("USER ann 0 * :Ann");
    std::vector<std::string> lines;
    do {
      lines.push_back(ann.receive().value_or(" 376 "));
    } while (lines.back().find(" 376 ") == std::string::npos);
    const std::string all = joined(lines);
    for (const char* code :
         {" 001 ann ", " 002 ann ", " 003 ann ", " 004 ann loquat ", " 005 ann ", " 251 ", " 255 ", " 265 "}) {
      EXPECT_NE(all.find(code), std::string::npos) << code << "\n" << all;
    }
    for (const char* token : {"CASEMAPPING=ascii", "CHANTYPES=#", "NICKLEN=30", "CHANNELLEN=64", "TOPICLEN=380",
                              "NETWORK=loquat", "WHOX", "UTF8ONLY", "CHATHISTORY=100", "MSGREFTYPES=msgid,timestamp"}) {
      EXPECT_NE(all.find(token), std::string::npos) << token;
    }
    EXPECT_NE(all.find("ann!ann@irc"), std::string::npos);
  });
}

TEST(IrcRegistration, WhatIrssiSends) {
  with_server([](Server& server) {
    TcpTalker irssi(server);
    irssi.send("CAP LS 302");
    irssi.send("JOIN :");
    const std::string offered = irssi.receive().value_or("");
    for (const char* cap :
         {"server-time", "message-tags", "echo-message", "batch", "labeled-response", "draft/chathistory"}) {
      EXPECT_NE(offered.find(cap), std::string::npos) << offered;
    }
    irssi.send("CAP REQ :multi-prefix server-time");
    EXPECT_EQ(irssi.receive(), ":loquat CAP * ACK :multi-prefix server-time");
    irssi.send("CAP END");
    irssi.send("NICK irssi");
    irssi.send("USER irssi irssi 127.0.0.1 :irssi");
    EXPECT_TRUE(irssi.receive()->starts_with(":loquat 001 irssi "));
    irssi.expect(" 376 ");
    EXPECT_EQ(irssi.ask("MODE irssi +i"), std::vector<std::string>{":irssi MODE irssi :+i"});
  });
}

TEST(IrcRegistration, CapsHoldItBack) {
  with_server([](Server& server) {
    TcpTalker ann(server);
    ann.send("CAP LS 302");
    ann.expect("CAP * LS :");
    ann.send("NICK ann");
    ann.send("USER ann 0 * :Ann");
    EXPECT_TRUE(ann.sync().empty());
    EXPECT_EQ(ann.ask("CAP REQ :server-time nonsense").at(0), ":loquat CAP * NAK :server-time nonsense");
    EXPECT_EQ(ann.ask("CAP LIST").at(0), ":loquat CAP * LIST :");
    EXPECT_EQ(ann.ask("CAP REQ :batch server-time").at(0), ":loquat CAP * ACK :batch server-time");
    EXPECT_EQ(ann.ask("CAP REQ :-batch").at(0), ":loquat CAP * ACK :-batch");
    EXPECT_EQ(ann.ask("CAP LIST").at(0), ":loquat CAP * LIST :server-time");
    EXPECT_NE(joined(ann.ask("CAP NONSENSE")).find(" 410 "), std::string::npos);
    ann.send("CAP END");
    EXPECT_TRUE(ann.receive()->starts_with(":loquat 001 ann "));
  });
}

TEST(IrcRegistration, BeforeIt) {
  with_server([](Server& server) {
    TcpTalker ann(server);
    EXPECT_EQ(ann.ask("PRIVMSG #lobby :hi"), std::vector<std::string>{":loquat 451 * :You have not registered"});
    EXPECT_EQ(ann.ask("JOIN :"), std::vector<std::string>{});
    EXPECT_EQ(ann.ask("NICK"), std::vector<std::string>{":loquat 431 * :No nickname given"});
    EXPECT_EQ(ann.ask("USER ann"), std::vector<std::string>{":loquat 461 * USER :Not enough parameters"});
    EXPECT_EQ(ann.ask("NONSENSE"), std::vector<std::string>{":loquat 421 * NONSENSE :Unknown command"});
    for (const char* bad : {"NICK 1ann", "NICK #ann", "NICK a!b", "NICK :a b", "NICK \xd0\xb0nn"}) {
      EXPECT_NE(joined(ann.ask(bad)).find(" 432 * "), std::string::npos) << bad;
    }
    ann.send("QUIT :never mind");
    EXPECT_EQ(ann.rest(), std::vector<std::string>{"ERROR :Closing link: Quit: never mind"});
    EXPECT_EQ(server.log.counters().events, 0u);
  });
}

TEST(IrcRegistration, ANickIsUniqueAmongAllAtOnce) {
  with_server(
      [](Server& server) {
        std::vector<std::unique_ptr<TcpTalker>> all;
        for (int i = 0; i < 8; ++i) {
          all.push_back(std::make_unique<TcpTalker>(server));
          all.back()->send(i % 2 ? "NICK ANN" : "NICK ann");
        }
        for (auto& one : all) one->send("USER x 0 * :x");
        std::size_t in = 0, refused = 0;
        for (auto& one : all) {
          const std::string line = one->receive().value_or("");
          in += line.find(" 001 ") != std::string::npos;
          refused += line.find(" 433 * ") != std::string::npos;
        }
        EXPECT_EQ(in, 1u);
        EXPECT_EQ(refused, 7u);
      },
      without_flood_limit(), 2, 20);
}

TEST(IrcRegistration, ATakenNickLeavesRoomForAnother) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), other(server);
    other.send("USER x 0 * :x");
    EXPECT_EQ(other.ask("NICK Ann"), std::vector<std::string>{":loquat 433 * Ann :Nickname is already in use"});
    other.send("NICK ben");
    EXPECT_TRUE(other.receive()->starts_with(":loquat 001 ben "));
    other.expect(" 376 ");
    EXPECT_EQ(other.ask("NICK ann"), std::vector<std::string>{":loquat 433 ben ann :Nickname is already in use"});
    EXPECT_EQ(other.ask("NICK Bea"), std::vector<std::string>{":ben!x@irc NICK Bea"});
    EXPECT_EQ(other.ask("USER y 0 * :y"), std::vector<std::string>{":loquat 462 Bea :You may not reregister"});
  });
}

TEST(IrcRegistration, InTimeOrNotAtAll) {
  with_server([](Server& server) {
    TcpTalker slow(server);
    slow.send("CAP LS 302");
    slow.socket.settimeout(std::chrono::minutes(5));
    EXPECT_NE(joined(slow.rest()).find("ERROR :Closing link: you did not register in time"), std::string::npos);
    WebTalker web(server);
    web.socket.settimeout(std::chrono::minutes(5));
    EXPECT_NE(joined(web.rest()).find("ERROR :Closing link: you did not register in time"), std::string::npos);
  });
}

TEST(IrcRegistration, QuitIsToldToTheRooms) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), ben(server, "ben");
    ann.ask("JOIN #a");
    ben.ask("JOIN #a");
    ann.send("QUIT :so long");
    EXPECT_EQ(ann.expect("ERROR"), "ERROR :Closing link: Quit: so long");
    EXPECT_TRUE(ann.rest().empty());
    EXPECT_EQ(ben.expect("QUIT"), ":ann!ann@irc QUIT :Quit: so long");
  });
}

TEST(IrcRegistration, ASilentClientIsAskedAndThenDropped) {
  with_server(
      [](Server& server) {
        TcpTalker ann(server, "ann"), ben(server, "ben");
        ann.ask("JOIN #a");
        ben.ask("JOIN #a");
        ann.socket.settimeout(std::chrono::hours(1));
        ben.socket.settimeout(std::chrono::hours(1));
        int pings = 0;
        std::string line;
        while ((line = ben.receive().value_or("QUIT")).find("QUIT") == std::string::npos) {
          EXPECT_EQ(line, "PING :loquat");
          ++pings;
          ben.send("PONG loquat");
        }
        EXPECT_EQ(line, ":ann!ann@irc QUIT :Ping timeout");
        EXPECT_EQ(pings, 1);
        for (int i = 0; i < 3; ++i) {
          EXPECT_EQ(ben.expect("PING"), "PING :loquat");
          ben.send("PONG loquat");
        }
        EXPECT_EQ(joined(ann.rest()).find(":ben!ben@irc JOIN #a\nPING :loquat\nERROR :Closing link: ping timeout\n"),
                  0u);
      },
      without_flood_limit(), 1, 2);
}

TEST(IrcRegistration, TheServerStops) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), guest(server);
    guest.send("CAP LS 302");
    guest.expect("LS");
    server.context.stop_list.stop_all("back in a minute");
    EXPECT_EQ(joined(ann.rest()), "ERROR :Closing link: back in a minute\n");
    EXPECT_EQ(joined(guest.rest()), "ERROR :Closing link: back in a minute\n");
  });
}

TEST(IrcRegistration, NobodyIsCalledNickServ) {
  with_server([](Server& server) {
    TcpTalker ann(server);
    for (const char* nick : {"NickServ", "nickserv", "N1ckServ", "ChanServ_", "Global", "root", "系统"}) {
      ann.send("NICK " + std::string(nick));
      ann.send("USER u 0 * :x");
      EXPECT_EQ(ann.expect(" 432 "),
                ":loquat 432 * " + std::string(nick) +
                    " :Erroneous nickname: that nick belongs to the server or to services, or looks like it");
    }
    ann.send("NICK ann");
    ann.expect(" 001 ann ");
    EXPECT_EQ(count(ann.ask("NICK NickServ"), " 432 ann NickServ :"), 1u);
    EXPECT_EQ(ann.ask("PRIVMSG NickServ :IDENTIFY secret"), Lines{":loquat 401 ann NickServ :No such nick/channel"});
  });
}

}  // namespace
}  // namespace loquat::doors::test
