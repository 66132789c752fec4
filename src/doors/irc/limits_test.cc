// Clients that flood, and clients that do not read.
#include <functional>

#include "doors/test_irc.h"

namespace loquat::doors::test {
namespace {

using Lines = std::vector<std::string>;

std::vector<std::string> numbered(std::string_view command, int count) {
  Lines lines;
  for (int i = 0; i < count; ++i) lines.push_back(std::string(command) + " :" + std::to_string(i));
  return lines;
}

std::unique_ptr<Talker> talker(const Server& server, bool web, std::string_view nick) {
  std::unique_ptr<Talker> one;
  if (web) {
    auto page = std::make_unique<WebTalker>(server);
    page->socket.settimeout(std::chrono::hours(1));
    one = std::move(page);
  } else {
    auto tcp = std::make_unique<TcpTalker>(server);
    tcp->socket.settimeout(std::chrono::hours(1));
    one = std::move(tcp);
  }
  one->enter(nick);
  return one;
}

// Runs body(server, web) for clients over TCP and over WebSocket, with the limits that guests have.
void for_guests(const std::function<void(Server&, bool web)>& body, const Options& options = {}) {
  for (const bool web : {false, true}) with_server([&](Server& server) { body(server, web); }, options, 2, 3);
}

constexpr Duration rest = std::chrono::seconds(15);
constexpr std::string_view told =
    "NOTICE ann :You type faster than this server reads: your lines are taken at 2 a second";

// Nor is the client taken for a silent one while its lines wait, which is longer than a ping may take.
TEST(IrcLimits, AFloodIsSlowedAndNothingIsLost) {
  for_guests([](Server& server, bool web) {
    const auto ann = talker(server, web, "ann"), ben = talker(server, false, "ben");
    for (Talker* one : {ann.get(), ben.get()}) one->ask("JOIN #a");
    ann->sync();
    sleep(rest);
    const TimePoint start = now();
    ann->send_all(numbered("PRIVMSG #a", 500));
    for (int i = 0; i < 500; ++i) {
      EXPECT_TRUE(ben->expect("PRIVMSG").ends_with(":" + std::to_string(i)));
      if (i % 100 == 0) ben->send("PONG here");
      if (i == 19) {
        EXPECT_LT(now() - start, std::chrono::seconds(1));
      }
    }
    EXPECT_GT(now() - start, std::chrono::seconds(239));
    EXPECT_LT(now() - start, std::chrono::seconds(242));
    EXPECT_EQ(count(ann->sync(), told), 1u);
    EXPECT_EQ(server.context.counters.floods_slowed, 1u);
    // Who has rested is told again.
    sleep(rest);
    EXPECT_EQ(count(ann->sync(), "NOTICE"), 0u);
    ann->send_all(numbered("PRIVMSG #a", 25));
    EXPECT_EQ(count(ann->sync(), told), 1u);
  });
}

// What does not come too fast is not held up, and a sign of life costs nothing.
TEST(IrcLimits, WhatCountsAndWhatDoesNot) {
  struct Case {
    std::string line;
    int times;
    bool slowed;
  };
  for (const Case& one :
       {Case{"PONG x", 1000, false}, Case{"PRIVMSG ben :x", 19, false}, Case{"PRIVMSG ben :x", 22, true},
        Case{"NOTICE ben,ben,ben :x", 19, false}, Case{"NOTICE ben,x,y :x", 8, true},
        Case{"JOIN #b,#c,#d,#e", 45, false}, Case{"NICK ann", 12, true},
        Case{"PRIVMSG ,,,,,,,,,,,,,,,,,,,,,,,,,,,, :x", 19, false},
        Case{"PRIVMSG a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v :x", 1, false}, Case{"TAGMSG ben", 25, false},
        Case{"TOPIC #a", 25, false}, Case{"WHO #a", 90, false}, Case{"WHO #a", 110, true},
        Case{"CHATHISTORY LATEST #a * 5", 110, true}, Case{"NONSENSE", 220, true},
        Case{std::string(600, 'x'), 220, true}, Case{"\x01", 220, true}}) {
    SCOPED_TRACE(one.line);
    for_guests([&](Server& server, bool web) {
      const auto ann = talker(server, web, "ann"), ben = talker(server, false, "ben");
      ann->ask("JOIN #a");
      sleep(rest);
      ann->send_all(Lines(static_cast<std::size_t>(one.times), one.line));
      ann->sync();
      EXPECT_EQ(server.context.counters.floods_slowed, one.slowed ? 1u : 0u);
    });
  }
}

// A library that sends pings of its own is not to take the server for dead while a paste is held back.
TEST(IrcLimits, AWebSocketsPingIsAnsweredInAFlood) {
  with_server(
      [](Server& server) {
        WebTalker ann(server);
        ann.enter("ann", "echo-message");
        ann.ask("JOIN #a");
        ann.send_all(numbered("PRIVMSG #a", 400));
        ann.expect(told);
        const TimePoint start = now();
        ann.socket.sendall(codec::websocket_frame(codec::WebSocketOpcode::ping, "here", 0x01020304));
        while (ann.pongs == 0 && ann.receive()) continue;
        EXPECT_LT(now() - start, std::chrono::seconds(2));
      },
      Options{}, 2, 3);
}

// A client that enters with many rooms asks for much at once: that is no flood.
TEST(IrcLimits, EnteringIsNoFlood) {
  for_guests([](Server& server, bool web) {
    const TimePoint start = now();
    const auto ann = talker(server, web, "ann");
    Lines lines;
    for (int i = 0; i < 15; ++i) {
      lines.push_back("JOIN #" + std::to_string(i));
      lines.push_back("CHATHISTORY LATEST #" + std::to_string(i) + " * 50");
    }
    ann->send_all(lines);
    EXPECT_EQ(count(ann->sync(), "NOTICE"), 0u);
    EXPECT_LT(now() - start, std::chrono::seconds(2));
  });
}

// What nobody else sees is no flood; a room in which there are others sees 20 of these lines at once.
TEST(IrcLimits, OnlyWhatOthersSeeIsAFlood) {
  for_guests([](Server& server, bool web) {
    const auto ann = talker(server, web, "ann");
    const TimePoint start = now();
    Lines lines;
    for (int i = 0; i < 50; ++i) {
      lines.push_back("JOIN #" + std::to_string(i));
      lines.push_back("TOPIC #" + std::to_string(i) + " :about");
    }
    ann->send_all(lines);
    EXPECT_EQ(count(ann->sync(), "NOTICE"), 0u);
    EXPECT_LT(now() - start, std::chrono::seconds(2));
    const auto ben = talker(server, web, "ben");
    ben->ask("JOIN #0");
    lines.clear();
    for (int i = 0; i < 30; ++i) lines.push_back("TOPIC #0 :" + std::to_string(i));
    ann->send_all(lines);
    EXPECT_EQ(count(ann->sync(), "NOTICE ann :You type faster"), 1u);
  });
}

TEST(IrcLimits, OperatorsAreNotSlowed) {
  Options options;
  options.operator_key = "key";
  for_guests(
      [](Server& server, bool web) {
        const auto ann = talker(server, web, "ann");
        ann->ask("JOIN #a");
        ann->ask("OPER ann key");
        const TimePoint start = now();
        ann->send_all(numbered("PRIVMSG #a", 500));
        EXPECT_EQ(count(ann->sync(), "NOTICE"), 0u);
        EXPECT_LT(now() - start, std::chrono::seconds(5));
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
