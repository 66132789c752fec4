// Clients that flood, and clients that do not read.
#include "doors/test_irc.h"

namespace loquat::doors::test {
namespace {

using Lines = std::vector<std::string>;

TEST(IrcLimits, AFloodIsSlowedAndNothingIsLost) {
  Options options;
  options.flood_burst = 50;
  options.flood_rate = 10;
  with_server(
      [](Server& server) {
        TcpTalker ann(server, "ann"), ben(server, "ben");
        ann.ask("JOIN #a");
        ben.ask("JOIN #a");
        ann.sync();
        ann.socket.settimeout(std::chrono::hours(1));
        std::string flood;
        for (int i = 0; i < 200; ++i) flood += "PRIVMSG #a :" + std::to_string(i) + "\r\n";
        const TimePoint start = now();
        ann.socket.sendall(flood);
        ann.sync();
        EXPECT_GT(now() - start, std::chrono::seconds(14));
        EXPECT_LT(now() - start, std::chrono::seconds(17));
        const Lines lines = ben.sync();
        ASSERT_EQ(lines.size(), 200u);
        for (int i = 0; i < 200; ++i)
          EXPECT_TRUE(lines[static_cast<std::size_t>(i)].ends_with(":" + std::to_string(i)));
        EXPECT_EQ(server.context.counters.floods_slowed, 1u);
      },
      options);
}

// ben reads nothing: the others are not delayed, his queue is bounded, and the server tells him why when he reads on.
TEST(IrcLimits, WhoDoesNotReadIsLetGo) {
  Options options;
  options.flood_rate = 0;
  for (const bool web : {false, true}) {
    with_server(
        [&](Server& server) {
          TcpTalker ann(server, "ann"), eve(server, "eve");
          ann.ask("JOIN #a");
          eve.ask("JOIN #a");
          std::unique_ptr<Talker> ben;
          Socket* socket = nullptr;
          if (web) {
            auto talker = std::make_unique<WebTalker>(server);
            socket = &talker->socket;
            ben = std::move(talker);
          } else {
            auto talker = std::make_unique<TcpTalker>(server);
            socket = &talker->socket;
            ben = std::move(talker);
          }
          ben->enter("ben");
          ben->ask("JOIN #a");
          testing::stop_reading(*socket);
          const std::string text(300, 'x');
          const TimePoint start = now();
          std::size_t said = 0, gone = 0, heard = 0;
          auto listener = spawn([&] {
            while (eve.expect(" :").find("PRIVMSG #a :the end") == std::string::npos) ++heard;
          });
          while (gone == 0 && said < 20'000) {
            for (int i = 0; i < 50; ++i, ++said) ann.send("PRIVMSG #a :" + text);
            gone += count(ann.sync(), ":ben!ben@" + std::string(web ? "web" : "irc") + " QUIT :fell too far behind");
          }
          EXPECT_EQ(gone, 1u);
          EXPECT_EQ(server.context.counters.fell_behind, 1u);
          ann.ask("PRIVMSG #a :the end");
          listener.join();
          EXPECT_EQ(heard, said + 1);
          EXPECT_LT(said, 6'000u);  // 1 MiB, and what the buffers between them take
          EXPECT_LT(now() - start, std::chrono::seconds(30));
          testing::resume_reading(*socket);
          EXPECT_EQ(ben->expect("ERROR"), "ERROR :Closing link: you fell too far behind in reading");
          EXPECT_FALSE(ben->receive());
        },
        options, 1, 2);
  }
}

TEST(IrcLimits, WhoNeverReadsAgainIsCutOff) {
  Options options;
  options.flood_rate = 0;
  with_server(
      [&](Server& server) {
        TcpTalker ann(server, "ann"), ben(server, "ben");
        ann.ask("JOIN #a");
        ben.ask("JOIN #a");
        testing::stop_reading(ben.socket);
        for (int i = 0; i < 700; ++i) ann.send("PRIVMSG #a :" + std::string(300, 'x'));
        ann.sync();
        sleep(std::chrono::seconds(40));
        EXPECT_EQ(count(ann.ask("NAMES #a"), " 353 ann = #a :ann"), 1u);
        EXPECT_EQ(count(ann.ask("WHOIS ben"), " 401 "), 1u);
      },
      options, 1, 2);
}

TEST(IrcLimits, HalfAConversation) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann"), nc(server);
    ann.ask("JOIN #a");
    nc.socket.sendall("NICK nc\r\nUSER nc 0 * :nc\r\nJOIN #a\r\nPRIVMSG #a :from a script\r\nPING end\r\n");
    nc.socket.shutdown(SHUT_WR);
    EXPECT_EQ(count(nc.rest(), "PONG loquat :end"), 1u);
    EXPECT_EQ(ann.expect("PRIVMSG"), ":nc!nc@irc PRIVMSG #a :from a script");
    EXPECT_EQ(ann.expect("QUIT"), ":nc!nc@irc QUIT :Connection closed");
  });
}

TEST(IrcLimits, BareLineFeedsAndPieces) {
  with_server([](Server& server) {
    TcpTalker nc(server);
    for (const char c : std::string("NICK nc\nUSER nc 0 * :nc\n")) nc.socket.sendall(std::string(1, c));
    nc.expect(" 376 ");
  });
}

}  // namespace
}  // namespace loquat::doors::test
