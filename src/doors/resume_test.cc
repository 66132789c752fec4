// A client that lost its connection takes the place of its old session.
#include "doors/test_irc.h"

namespace loquat::doors::test {
namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view caps = "loquat/resume message-tags standard-replies";

// The token that the server has given to a client that has just entered.
std::string token_of(Talker& talker) {
  const std::string line = talker.expect(" RESUME ");
  return line.substr(line.rfind(' ') + 1);
}

// Registers as `nick`, with the token of an old session.
void resume(Talker& talker, std::string_view token, std::string_view seen, std::string_view nick) {
  talker.send("CAP REQ :" + std::string(caps));
  talker.send("RESUME " + std::string(token) + " " + std::string(seen));
  talker.send("NICK " + std::string(nick));
  talker.send("USER " + std::string(nick) + " 0 * :" + std::string(nick));
  talker.send("CAP END");
}

TEST(Resume, TheNickIsFreeAtOnceAndPrivateMessagesArrive) {
  with_server(
      [](Server& server) {
        TcpTalker ben(server, "ben", "message-tags");
        ben.ask("JOIN #a");
        WebTalker dead(server);  // it reads nothing more after it has entered
        dead.enter("mei", caps);
        const std::string token = token_of(dead);
        dead.ask("JOIN #a");
        ben.sync();
        ben.ask("PRIVMSG mei :one");
        const std::string seen = tag(dead.expect(":one"), "msgid");
        ben.ask("PRIVMSG mei :two");
        ben.ask("NOTICE mei :three");
        WebTalker back(server);
        resume(back, token, seen, "mei");
        EXPECT_TRUE(back.expect(" 001 ").starts_with(":loquat 001 mei "));
        EXPECT_NE(token_of(back), token);
        const Lines missed = back.sync();
        ASSERT_EQ(missed.size(), 2u) << joined(missed);
        EXPECT_TRUE(missed[0].ends_with("PRIVMSG mei :two"));
        EXPECT_TRUE(missed[1].ends_with("NOTICE mei :three"));
        EXPECT_FALSE(dead.rest().empty());
        const Lines told = ben.sync();  // and nobody says that the messages may not have arrived
        ASSERT_EQ(told.size(), 1u) << joined(told);
        EXPECT_TRUE(told[0].ends_with("QUIT :Back on a new connection"));
        ben.ask("PRIVMSG mei :four");
        EXPECT_TRUE(back.expect(" PRIVMSG mei ").ends_with(":four"));
      },
      {}, 2);
}

TEST(Resume, AlsoAfterTheOldSessionIsOver) {
  with_server([](Server& server) {
    TcpTalker ben(server, "ben");
    std::string token;
    {
      TcpTalker mei(server, "mei", caps);
      token = token_of(mei);
      ben.ask("PRIVMSG mei :unread");
      mei.send("QUIT");
      mei.rest();
    }
    TcpTalker back(server);
    resume(back, token, "0", "mei");
    EXPECT_TRUE(back.expect(" PRIVMSG mei ").ends_with(":unread"));
  });
}

TEST(Resume, OnlyWithTheTokenAndOnce) {
  with_server([](Server& server) {
    TcpTalker mei(server, "mei", caps);
    const std::string token = token_of(mei);
    TcpTalker thief(server);
    thief.send("CAP REQ :standard-replies");
    thief.expect(" ACK ");
    EXPECT_TRUE(
        thief.ask("RESUME " + std::string(32, '0') + " 0").at(0).starts_with(":loquat FAIL RESUME INVALID_TOKEN "));
    EXPECT_NE(thief.ask("NICK mei").at(0).find(" 433 "), std::string::npos);
    EXPECT_NE(mei.ask("RESUME " + token).at(0).find(" 462 "), std::string::npos);
    TcpTalker back(server);
    resume(back, token, "0", "mei");
    back.expect(" 376 ");
    EXPECT_TRUE(thief.ask("RESUME " + token + " 0").at(0).starts_with(":loquat FAIL RESUME INVALID_TOKEN "));
  });
}

// Whoever resumes under a nick that somebody else has still gets the messages, under the next one.
TEST(Resume, TheMessagesWaitForAFreeNick) {
  with_server([](Server& server) {
    TcpTalker ben(server, "ben");
    TcpTalker mei(server, "mei", caps);
    const std::string token = token_of(mei);
    ben.ask("PRIVMSG mei :unread");
    TcpTalker back(server);
    resume(back, token, "0", "ben");
    back.expect(" 433 ");
    back.send("NICK mei");
    EXPECT_TRUE(back.expect(" PRIVMSG mei ").ends_with(":unread"));
  });
}

// RESUME waits for the end of the old session; the time of the new client can run out meanwhile.
TEST(Resume, AClientWhoseTimeRunsOutMeanwhileLosesNothing) {
  for (const std::uint64_t seed : testing::seeds(5)) {
    testing::SimOptions sim;
    sim.min_offload = sim.max_offload = std::chrono::seconds(10);  // a slow disk
    const auto body = [] {
      Options options = without_flood_limit();
      options.registration_timeout = std::chrono::seconds(5);
      Server server(options);
      TcpTalker ben(server, "ben");
      ben.ask("JOIN #a");
      TcpTalker mei(server, "mei", caps);
      const std::string token = token_of(mei);
      mei.ask("JOIN #a");
      ben.ask("PRIVMSG mei :unread");
      ben.send("PRIVMSG #a :this takes the disk 10 s, and what follows waits");
      sleep(std::chrono::seconds(1));
      WebTalker late(server);
      late.send("RESUME " + token + " 0");
      late.expect("you did not register in time");
      ben.expect(":mei!mei@irc QUIT");
      late.rest();
      TcpTalker back(server);
      resume(back, token, "0", "mei");
      EXPECT_TRUE(back.expect(" PRIVMSG mei ").ends_with(":unread"));
    };
    testing::simulate(seed, body, sim);
  }
}

TEST(Resume, ATokenEndsHalfAnHourAfterItsSession) {
  with_server([](Server& server) {
    std::string token;
    {
      TcpTalker mei(server, "mei", caps);
      token = token_of(mei);
      mei.send("QUIT");
      mei.rest();
    }
    sleep(Resumes::kept_for + std::chrono::minutes(1));
    TcpTalker back(server);
    back.send("CAP REQ :standard-replies");
    back.expect(" ACK ");
    EXPECT_EQ(count(back.ask("RESUME " + token + " 0"), " INVALID_TOKEN "), 1u);
  });
}

// The connection that resumes can be lost as well, before it is registered.
TEST(Resume, ATokenIsUsedUpOnlyByARegisteredClient) {
  with_server([](Server& server) {
    TcpTalker ben(server, "ben");
    TcpTalker mei(server, "mei", caps);
    const std::string token = token_of(mei);
    ben.ask("PRIVMSG mei :unread");
    {
      TcpTalker lost(server);
      lost.ask("RESUME " + token + " 0");
    }
    testing::reset(mei.socket);
    ben.expect(" may not have arrived: unread");
    TcpTalker back(server);
    resume(back, token, "0", "mei");
    EXPECT_TRUE(back.expect(" PRIVMSG mei ").ends_with(":unread"));
  });
}

TEST(Resume, WhatTheClientHasReadIsNotKept) {
  with_server([](Server& server) {
    TcpTalker ben(server, "ben");
    TcpTalker mei(server, "mei", caps);
    const std::string token = token_of(mei);
    ben.ask("PRIVMSG mei :read");
    sleep(std::chrono::seconds(11));
    mei.sync();
    ben.ask("PRIVMSG mei :unread");
    TcpTalker back(server);
    resume(back, token, "0", "mei");
    EXPECT_TRUE(back.expect(" PRIVMSG mei ").ends_with(":unread"));
  });
}

}  // namespace
}  // namespace loquat::doors::test
