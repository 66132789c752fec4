// IRC over WebSocket: subprotocols, one line per message, and what must not get through.
#include "doors/test_irc.h"

namespace loquat::doors::test {
namespace {

using Lines = std::vector<std::string>;

TEST(IrcWebSocket, TalksWithTcp) {
  with_server(
      [](Server& server) {
        TcpTalker ann(server, "ann");
        WebTalker page(server);
        page.enter("页面", modern);
        ann.ask("JOIN #a");
        const Lines join = page.ask("JOIN #a");
        EXPECT_NE(join.at(0).find(":页面!"), std::string::npos);
        ann.sync();
        ann.ask("PRIVMSG #a :from tcp");
        EXPECT_TRUE(page.expect("PRIVMSG").ends_with(" :ann!ann@irc PRIVMSG #a :from tcp"));
        EXPECT_FALSE(page.binary);
        page.send("@label=1;+loquat/id=z PRIVMSG #a :from the page 你好");
        const std::string echo = page.expect("PRIVMSG");
        EXPECT_EQ(tag(echo, "label"), "1");
        EXPECT_EQ(tag(echo, "+loquat/id"), "z");
        EXPECT_TRUE(ann.expect("PRIVMSG").ends_with("@web PRIVMSG #a :from the page 你好"));
      },
      without_flood_limit(), 2);
}

// What a client has sent at once is committed and shown at once, over WebSocket as over TCP.
TEST(IrcWebSocket, LinesThatComeTogetherShareACommit) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann");
    TcpTalker tcp(server, "tcp");
    WebTalker web(server);
    web.enter("web");
    for (Talker* one : {static_cast<Talker*>(&ann), static_cast<Talker*>(&tcp), static_cast<Talker*>(&web)})
      one->ask("JOIN #a");
    ann.sync();
    Lines lines;
    for (int i = 0; i < 16; ++i) lines.push_back("PRIVMSG #a :" + std::to_string(i));
    const auto commits_of = [&](Talker& talker) {
      const std::uint64_t before = server.log.counters().commits;
      talker.send_all(lines);
      talker.sync();
      const Lines heard = ann.sync();
      EXPECT_EQ(heard.size(), 16u);
      for (std::size_t i = 0; i < heard.size(); ++i) EXPECT_TRUE(heard[i].ends_with(":" + std::to_string(i)));
      return server.log.counters().commits - before;
    };
    // The network cuts it into a few segments, and the writer may begin with the first line.
    EXPECT_LE(commits_of(tcp), 6u);
    EXPECT_LE(commits_of(web), 6u);
  });
}

TEST(IrcWebSocket, TheClientsOrderDecides) {
  with_server([](Server& server) {
    const auto chosen = [&](std::string_view offered) {
      WebTalker web(server, offered);
      EXPECT_NE(web.head.find(" 101 "), std::string::npos) << web.head;
      const std::size_t at = web.head.find("Sec-WebSocket-Protocol: ");
      return at == std::string::npos ? std::string() : web.head.substr(at + 24, web.head.find("\r\n", at) - at - 24);
    };
    EXPECT_EQ(chosen("binary.ircv3.net, text.ircv3.net"), "binary.ircv3.net");
    EXPECT_EQ(chosen("text.ircv3.net, binary.ircv3.net"), "text.ircv3.net");
    EXPECT_EQ(chosen("other, text.ircv3.net"), "text.ircv3.net");
    EXPECT_EQ(chosen("other"), "");
    EXPECT_EQ(chosen(""), "");
  });
}

TEST(IrcWebSocket, BinaryGoesOutAsBinary) {
  with_server([](Server& server) {
    WebTalker web(server, "binary.ircv3.net");
    web.send_message(codec::WebSocketOpcode::binary, "NICK web");
    web.send_message(codec::WebSocketOpcode::binary, "USER web 0 * :web");
    web.expect(" 001 web ");
    EXPECT_TRUE(web.binary);
    web.send_message(codec::WebSocketOpcode::binary, "PRIVMSG web :\xff\xfe");
    EXPECT_EQ(count(web.sync(), "FAIL PRIVMSG INVALID_UTF8"), 1u);
  });
}

TEST(IrcWebSocket, NothingIsSmuggled) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann");
    WebTalker web(server);
    web.enter("web");
    ann.ask("JOIN #a");
    web.ask("JOIN #a");
    ann.sync();
    for (const char* line : {"PRIVMSG #a :x\r\nQUIT", "PRIVMSG #a :x\nQUIT", "PRIVMSG #a :x\rQUIT", "JOIN #b\n"})
      web.ask(line);
    web.ask(std::string_view("PRIVMSG #a :x\0y", 15));
    EXPECT_EQ(ann.sync(), Lines{});
    EXPECT_EQ(count(web.ask("PRIVMSG #a :" + std::string(600, 'x')), " 417 "), 1u);
    web.ask("PRIVMSG #a :fine\r\n");
    EXPECT_EQ(ann.sync(), Lines{":web!web@web PRIVMSG #a :fine"});
  });
}

TEST(IrcWebSocket, EndsCleanly) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann");
    ann.ask("JOIN #a");
    {
      WebTalker web(server);
      web.enter("web");
      web.ask("JOIN #a");
      web.send("QUIT :done");
      EXPECT_EQ(web.expect("ERROR"), "ERROR :Closing link: Quit: done");
      EXPECT_FALSE(web.receive());
      EXPECT_EQ(web.code, 1000);
    }
    EXPECT_EQ(ann.expect("QUIT"), ":web!web@web QUIT :Quit: done");
    {
      WebTalker web(server);
      web.enter("web");
      web.ask("JOIN #a");
      testing::reset(web.socket);
    }
    EXPECT_EQ(ann.expect("QUIT"), ":web!web@web QUIT :Connection lost");
    WebTalker web(server);
    web.enter("web");
    web.ask("JOIN #a");
    web.send("PRIVMSG #a :" + std::string(20'000, 'x'));
    EXPECT_FALSE(web.receive());
    EXPECT_EQ(web.code, 1009);
    ann.expect(":web!web@web QUIT");
  });
}

TEST(IrcWebSocket, ALineBeforeABadFrameIsAnswered) {
  with_server([](Server& server) {
    WebTalker web(server);
    web.enter("web");
    const std::string line = codec::websocket_frame(codec::WebSocketOpcode::text, "PRIVMSG nobody :x", 1);
    web.socket.sendall(line + codec::websocket_frame(codec::WebSocketOpcode::text, "not masked"));
    web.expect(" 401 web nobody ");
    EXPECT_FALSE(web.receive());
    EXPECT_EQ(web.code, 1002);
  });
}

TEST(IrcWebSocket, ASenderIsToldWhatMayNotHaveArrived) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann");
    WebTalker page(server);
    page.enter("page");
    ann.ask("PRIVMSG page :lost");
    testing::reset(page.socket);
    ann.expect("NOTICE ann :page lost the connection. What you said to page at ");
  });
}

TEST(IrcWebSocket, AForeignPageMayNotConnect) {
  with_server([](Server& server) {
    EXPECT_NE(WebTalker(server, "text.ircv3.net", "Origin: http://127.0.0.1:80\r\n").head.find(" 101 "),
              std::string::npos);
    for (const char* origin :
         {"http://evil.example", "null", "http://127.0.0.1:81", "http://127.0.0.1.evil.example:80"}) {
      WebTalker web(server, "text.ircv3.net", "Origin: " + std::string(origin) + "\r\n");
      EXPECT_NE(web.head.find(" 403 "), std::string::npos) << origin << "\n" << web.head;
    }
  });
}

}  // namespace
}  // namespace loquat::doors::test
