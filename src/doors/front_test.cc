// The one port: who is let in, who is sent where, and who is turned away.
#include "doors/front.h"

#include <netinet/in.h>

#include "doors/test_house.h"

namespace loquat::doors {
namespace {

using Lines = std::vector<std::string>;

std::string answer_to(std::string_view bytes) {
  Somebody somebody;
  somebody.send(bytes);
  return somebody.rest();
}

TEST(FrontTest, EveryoneFindsTheirDoor) {
  simulated([] {
    House house;
    EXPECT_TRUE(
        answer_to("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").ends_with("\r\n\r\nthe page"));
    Somebody irc;
    irc.send("NICK ann\r\nUSER ann 0 * :Ann\r\n");
    irc.expect(" 001 ann ");
    irc.send("JOIN #lobby\r\n");
    irc.expect(" 366 ");
    Somebody text;
    text.send("hello\n");
    text.expect("with 1 other\n");
    irc.expect(" PRIVMSG #lobby :hello\r\n");
    irc.send("PRIVMSG #lobby :hi\r\nQUIT\r\n");
    EXPECT_EQ(text.expect("ann: hi\n"), "ann: hi\n");
    irc.rest();
    EXPECT_EQ(house.context.counters.http, 1u);
    EXPECT_EQ(house.context.counters.irc, 1u);
    EXPECT_EQ(house.context.counters.text, 1u);
    EXPECT_EQ(house.context.counters.connections, 3u);
  });
}

TEST(FrontTest, NobodyIsGreetedOrAnnouncedBeforeTheySpeak) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    Somebody browser;
    EXPECT_EQ(browser.during(30s), "");
    browser.send("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(browser.rest().ends_with("the page")) << "a browser's spare connection still works";
    Somebody health;
    health.socket().close();
    EXPECT_EQ(ann->during(5s), "");
    EXPECT_EQ(house.people(), Lines{"ann"});
  });
}

TEST(FrontTest, StrangersNeverGetIntoTheRoom) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    EXPECT_EQ(answer_to("GET /\r\n").substr(0, 12), "HTTP/1.1 400");
    EXPECT_EQ(answer_to("GET / HTTP/2.0\r\n\r\n").substr(0, 12), "HTTP/1.1 505");
    EXPECT_EQ(answer_to("OPTIONS * RTSP/1.0\r\n\r\n").substr(0, 12), "HTTP/1.1 400");
    EXPECT_NE(answer_to("GET /\r\n").find("\r\nDate: "), std::string::npos);
    EXPECT_EQ(answer_to("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").substr(0, 9), "HTTP/1.1 ");
    EXPECT_EQ(answer_to("SSH-2.0-OpenSSH_9.2\r\n"),
              "* This is a chat, and what came looks like: SSH client. Goodbye.\n");
    EXPECT_EQ(answer_to("*1\r\n$4\r\nPING\r\n"), "* This is a chat, and what came looks like: Redis probe. Goodbye.\n");
    EXPECT_EQ(answer_to("\x16\x03\x01\x02"), std::string("\x15\x03\x01\x00\x02\x02\x28", 7));
    EXPECT_EQ(answer_to(std::string_view("\x01\x02\x00\x03", 4)),
              "* This is a chat, and what came looks like: binary data. Goodbye.\n");
    Somebody half;
    half.send("GET ");
    sleep(5s);
    half.end_input();
    EXPECT_EQ(half.rest(), "* This is a chat, and what came looks like: half a message. Goodbye.\n");
    EXPECT_EQ(ann->during(5s), "");
    EXPECT_EQ(house.said(), Lines{});
    EXPECT_EQ(house.context.counters.refused, 10u);
    EXPECT_EQ(house.context.counters.tls, 0u);
    EXPECT_EQ(house.sink.count("debug front: 127.0.0.1 is refused: SSH client"), 1u);
  });
}

// Nor do the lines behind it, in the same packet or the next.
TEST(FrontTest, AFirstLineWithAPasswordIsNeverSaid) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    for (const char* first :
         {"PASS :two words", "PASS two words", "pass two words", "WEBIRC secret g host.example 192.0.2.7",
          "AUTHENTICATE PLAIN", "OPER me secret", "oper me secret", "NICK old 1", "USER bob", "user bob",
          "SERVER irc.example 1 :x", "IDENTIFY secret", "identify secret", "@a=b :x PASS secret",
          "PRIVMSG NickServ :IDENTIFY secret", "a1 LOGIN bob secret", "PROXY TCP4 192.0.2.7 192.0.2.8 1 2"}) {
      for (const char* end : {"\r\n", "\n"}) {
        Somebody program;
        program.send(std::string(first) + end + "CAP LS 302" + end);
        sleep(1s);
        if (!program.socket().wait_writable(0s)) continue;
        try {
          program.send(std::string("NICK bob") + end + "PASS secret" + end + "USER u 0 * :x" + end + "CAP END" + end);
          program.end_input();
        } catch (const OSError&) {
          // It was refused.
        }
        program.during(5s);
      }
    }
    Somebody slow;
    slow.send("PASS sec");
    sleep(5s);
    slow.send("ret\r\nNICK bob\r\nUSER u 0 * :x\r\n");
    slow.expect(" 001 bob ");
    EXPECT_EQ(ann->during(5s), "");
    EXPECT_EQ(house.said(), Lines{});
  });
}

TEST(FrontTest, ABodyIsNeverReadAsChat) {
  simulated([] {
    House house;
    const std::string body = "JOIN #lobby\r\nhello from a form\r\n";
    const std::string head = "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n";
    EXPECT_NE(
        answer_to(head + "Connection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body)
            .find("the page"),
        std::string::npos);
    EXPECT_EQ(house.web_requests, Lines{"POST " + body});
    EXPECT_EQ(answer_to(head + "Content-Length: 0\r\n\r\n" + body).substr(0, 9), "HTTP/1.1 ");
    EXPECT_EQ(answer_to("POST /x HTTP/1.1\nHost: localhost\n\n" + body).substr(0, 12), "HTTP/1.1 400");
    EXPECT_EQ(answer_to("POST hello\r\n" + body).substr(0, 12), "HTTP/1.1 400");
    EXPECT_EQ(house.said(), Lines{});
    EXPECT_EQ(house.people(), Lines{});
  });
}

TEST(FrontTest, TheUndecidedAreBoundedInTime) {
  simulated([] {
    House house;
    const TimePoint start = now();
    Somebody silent;
    Somebody half;
    half.send("GET / HT");
    EXPECT_EQ(silent.rest(), "");
    EXPECT_EQ(half.rest(), "");
    EXPECT_GE(now() - start, 60s);
    EXPECT_LT(now() - start, 61s);
  });
}

TEST(FrontTest, TheUndecidedAreBoundedInNumberAndTheOldestGoes) {
  simulated(
      [] {
        Options options;
        options.max_undecided = 3;
        House house(options);
        std::vector<std::unique_ptr<Somebody>> silent;
        for (int i = 0; i < 5; ++i) {
          silent.push_back(std::make_unique<Somebody>());
          sleep(10ms);
        }
        EXPECT_EQ(silent[0]->rest(), "");
        EXPECT_EQ(silent[1]->rest(), "");
        EXPECT_EQ(house.front.connections(), 3u);
        silent[2]->send("hello\n");
        silent[2]->expect("alone\n");
        silent.push_back(std::make_unique<Somebody>());
        sleep(10ms);
        EXPECT_EQ(house.front.connections(), 4u);
      },
      1);
}

TEST(FrontTest, ConnectionsAreBoundedInAllAndPerAddress) {
  simulated([] {
    Options options;
    options.max_connections = 6;
    options.max_per_address = 2;
    House house(options);
    std::vector<std::unique_ptr<Somebody>> guests;
    for (const char* from :
         {"192.0.2.7", "192.0.2.7", "192.0.2.7", "192.0.2.8", "127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"}) {
      guests.push_back(std::make_unique<Somebody>(from));
      sleep(10ms);
    }
    EXPECT_EQ(guests[2]->rest(), "") << "the third of one address";
    EXPECT_EQ(guests[7]->rest(), "") << "the seventh in all";
    EXPECT_EQ(house.front.connections(), 6u);
    EXPECT_EQ(house.context.counters.refused, 2u);
    guests.clear();
    eventually([&] { return house.front.connections() == 0; });
    Somebody again("192.0.2.7");
    again.send("hello\n");
    again.expect("alone\n");
  });
}

TEST(FrontTest, ANewcomerTakesThePlaceOfTheLongestIdleHttpConnection) {
  simulated(
      [] {
        Options options;
        options.max_connections = 3;
        House house(options);
        std::vector<std::unique_ptr<Somebody>> idle;
        for (const char* from : {"192.0.2.7", "192.0.2.8", "192.0.2.9"}) {
          idle.push_back(std::make_unique<Somebody>(from));
          idle.back()->send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
          idle.back()->expect("the page");
          sleep(10ms);
        }
        idle[0]->send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");  // now the second is the longest idle
        idle[0]->expect("the page");
        std::vector<std::unique_ptr<Somebody>> people;
        for (int i = 0; i < 3; ++i) {
          people.push_back(std::make_unique<Somebody>());
          people.back()->send("hello\n");
          people.back()->expect("* Welcome");
          EXPECT_EQ(idle[static_cast<std::size_t>((i + 1) % 3)]->rest(), "") << i;
          eventually([&] { return house.front.connections() == 3; });
        }
        Somebody late;
        EXPECT_EQ(late.rest(), "") << "people are not sent away";
        EXPECT_EQ(house.context.counters.refused, 1u);
      },
      1);
}

TEST(FrontTest, WhoIsOverTheLimitOfTheAddressClosesNoIdleHttpConnection) {
  simulated(
      [] {
        Options options;
        options.max_connections = 3;
        options.max_per_address = 1;
        House house(options);
        std::vector<std::unique_ptr<Somebody>> idle;
        const auto each_asks = [&] {
          for (const auto& one : idle) {
            one->send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            one->expect("the page");
          }
        };
        for (const char* from : {"192.0.2.7", "192.0.2.8", "192.0.2.9"}) {
          idle.push_back(std::make_unique<Somebody>(from));
          each_asks();
        }
        for (int i = 0; i < 3; ++i) EXPECT_EQ(Somebody("192.0.2.9").rest(), "");
        each_asks();
        EXPECT_EQ(house.context.counters.refused, 3u);
        Somebody other("192.0.2.10");
        other.send("hello\n");
        other.expect("* Welcome");
      },
      1);
}

TEST(FrontTest, WithoutADescriptorLeftItWaitsAndSaysSoOnce) {
  for (const std::uint64_t seed : testing::seeds(5)) {
    testing::SimOptions options;
    options.descriptors = 20;
    testing::simulate(
        seed,
        [] {
          House house;
          std::vector<std::unique_ptr<Socket>> taken;
          std::vector<std::unique_ptr<Somebody>> guests;
          for (int i = 0; i < 4; ++i) guests.push_back(std::make_unique<Somebody>());
          sleep(10ms);
          for (int error = 0; error == 0;) {
            try {
              taken.push_back(std::make_unique<Socket>(AF_INET));
            } catch (const OSError& e) {
              error = e.errc();
            }
          }
          taken.pop_back();
          Somebody waits;
          waits.send("hello\n");
          sleep(5s);
          EXPECT_EQ(house.sink.count("connections have to wait"), 1u);
          taken.clear();
          waits.expect("alone\n");
        },
        options);
  }
}

TEST(FrontTest, TheListenersOwnTimeoutDoesNotMatter) {
  simulated([] {
    House house;
    std::vector<Socket> listeners = create_servers({"", 7778}, 1);
    listeners[0].settimeout(Duration::zero());
    house.front.serve(std::move(listeners));
    sleep(1s);
    Socket client(AF_INET);
    client.connect({"127.0.0.1", 7778});
    client.sendall("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_TRUE(client.recv(12, MSG_WAITALL).starts_with("HTTP/1.1 200"));
  });
}

TEST(FrontTest, AStopReachesEveryDoor) {
  simulated([] {
    House house;
    Somebody idle_http;
    idle_http.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    idle_http.expect("the page");
    Somebody irc;
    irc.send("NICK ann\r\nUSER ann 0 * :Ann\r\n");
    irc.expect(" 001 ann ");
    auto text = terminal("bob");
    Somebody silent;
    sleep(10ms);
    const TimePoint start = now();
    house.front.stop("back soon");
    house.front.stop("again");
    EXPECT_TRUE(house.front.wait_stopped(5s));
    EXPECT_LT(now() - start, 3s);
    EXPECT_EQ(house.front.connections(), 0u);
    EXPECT_EQ(idle_http.rest(), "");
    EXPECT_NE(irc.rest().find("ERROR "), std::string::npos);
    EXPECT_NE(text->rest().find("* The server stops: back soon\n"), std::string::npos);
    EXPECT_EQ(silent.rest(), "");
    Socket late(AF_INET);
    EXPECT_EQ(late.connect_ex({"127.0.0.1", 7777}), ECONNREFUSED);
  });
}

TEST(FrontTest, WhoDoesNotReadTheirFarewellDoesNotHoldUpTheStop) {
  simulated([] {
    House house;
    auto deaf = terminal("deaf");
    auto ann = terminal("ann");
    testing::stop_reading(deaf->socket());
    for (int i = 0; i < 700; ++i) ann->send(std::string(320, 'x') + "\n");
    eventually([&] { return house.said().size() == 700; });
    const TimePoint start = now();
    house.front.stop("now");
    EXPECT_FALSE(house.front.wait_stopped(2s));
    EXPECT_LT(now() - start, 4s);
    EXPECT_EQ(house.front.connections(), 0u);
    testing::resume_reading(deaf->socket());
  });
}

TEST(FrontTest, ConnectionsThatAreResetHurtNobody) {
  for (const std::uint64_t seed : testing::seeds(10)) {
    SCOPED_TRACE("LOQUAT_SEED=" + std::to_string(seed));
    testing::SimOptions options;
    options.workers = 2;
    options.reset_one_in = 2;
    testing::simulate(
        seed,
        [] {
          House house;
          std::vector<Fiber<>> fibers;
          for (int i = 0; i < 40; ++i) {
            fibers.push_back(spawn([i] {
              try {
                Somebody somebody;
                for (int n = 0; n < 20; ++n) {
                  somebody.send(i % 3 == 0 ? "hello" : "hello\n");
                  somebody.socket().wait_readable(std::chrono::milliseconds(testing::random(500)));
                  if (somebody.socket().wait_readable(0s) && somebody.socket().recv(4096).empty()) break;
                }
              } catch (const OSError&) {
              }
            }));
          }
          for (auto& fiber : fibers) fiber.get();
          eventually([&] { return house.front.connections() == 0 && house.people().empty(); });
        },
        options);
  }
}

TEST(FrontTest, AClientWhoseMachineHasVanishedIsGoneInTwoMinutesThoughPeopleTalk) {
  simulated([] {
    House house;
    auto ann = terminal("ann");
    Somebody far("192.0.2.7");
    far.send("hello\n");
    ann->expect("hello\n");
    testing::partition("192.0.2.7", "", 10h);
    const TimePoint start = now();
    const auto talking = spawn([&] {
      for (;; sleep(1s)) ann->send("are you there?\n");
    });
    while (house.people() != Lines{"ann"} && now() - start < 10min) sleep(1s);
    EXPECT_LE(now() - start, 130s);
    talking.cancel();
    talking.join();
  });
}

}  // namespace
}  // namespace loquat::doors
