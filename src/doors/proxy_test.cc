// Behind a proxy: limits, bans and logs meet the people and not the proxy, whatever they speak.
#include <gtest/gtest.h>

#include "doors/test_house.h"
#include "doors/test_irc.h"

namespace loquat::doors {
namespace {

using namespace std::literals;

Options behind(std::string_view proxy) {
  Options options;
  options.operator_key = "k7fd-9x2m";
  options.trusted_proxies.add(proxy);
  return options;
}

std::string line_of(const std::string& client) { return "PROXY TCP4 " + client + " 192.0.2.1 40000 7777\r\n"; }

// Version 2, for 192.0.2.`last`, with a TLV.
std::string block_of(char last) {
  return "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x10\xC0\0\x02"s + last + "\xC0\0\x02\x01\x9C\x40\x1E\x61\x04\0\x01x"s;
}

const std::string local_block = "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"s;

std::unique_ptr<Somebody> through(const std::string& header, std::string_view then = {}) {
  auto somebody = std::make_unique<Somebody>();
  somebody->send(header);
  somebody->send(then);
  return somebody;
}

std::unique_ptr<Somebody> boss() {
  auto boss = terminal("boss");
  boss->send("/oper k7fd-9x2m\n");
  boss->expect("You are an operator now");
  return boss;
}

TEST(Proxy, ABanMeetsOneClientOfTheProxy) {
  simulated([] {
    House house(behind("127.0.0.1"));
    auto boss_ = boss();
    auto ann = through(line_of("192.0.2.7"), "/nick ann\n");
    ann->expect("called ann now\n");
    auto ben = through(block_of(8), "NICK ben\r\nUSER ben 0 * :Ben\r\n");
    ben->expect(" 001 ben ");
    boss_->send("/ban 192.0.2.7\n");
    ann->expect("Goodbye: banned");
    boss_->send("/ban 192.0.2.8\n");
    ben->expect("ERROR");
    for (const std::string& header : {line_of("192.0.2.7"), block_of(8)}) {
      EXPECT_NE(through(header, "hello\n")->rest().find("You cannot enter"), std::string::npos);
    }
    through(line_of("192.0.2.9"), "hello\n")->expect("* Welcome");
  });
}

TEST(Proxy, AHeaderMayComeInPieces) {
  simulated([] {
    House house(behind("127.0.0.0/8"));
    for (const std::string& header : {line_of("192.0.2.7"), block_of(7)}) {
      Somebody somebody;
      for (const char c : header) {
        somebody.send(std::string_view(&c, 1));
        sleep(400ms);  // longer than the pause that ends a piece of text
      }
      const std::size_t before = house.said().size();
      somebody.send("hello");
      eventually([&] { return house.said().size() == before + 1; });
      EXPECT_TRUE(house.said().back().ends_with(": hello"));
    }
    EXPECT_EQ(house.sink.count("refused"), 0u);
  });
}

TEST(Proxy, WhoSpeaksWithoutAHeaderIsTheProxyItself) {
  simulated([] {
    House house(behind("127.0.0.1"));
    for (const std::string& header : {""s, "PROXY UNKNOWN\r\n"s, local_block}) {
      through(header, "hello\n")->expect("* Welcome");
      EXPECT_TRUE(through(header, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                      ->rest()
                      .ends_with("the page"));
    }
    for (const std::string& health : {""s, local_block, line_of("192.0.2.7")}) {
      auto check = through(health);
      check->end_input();
      EXPECT_EQ(check->rest(), "");
    }
    EXPECT_EQ(house.context.counters.refused, 0u);
  });
}

TEST(Proxy, AMalformedHeaderIsRefusedAndLogged) {
  simulated([] {
    House house(behind("127.0.0.1"));
    auto ann = terminal("ann");
    const std::string bad[] = {"PROXY TCP4 192.0.2.7 192.0.2.1 70000 1\r\nhello\n", "PROXY nonsense\r\nhello\n",
                               "PROXY TCP4 " + std::string(200, '1'), "\r\n\r\n\0\r\nQUIT\n\x31"s,
                               line_of("192.0.2.7") + line_of("192.0.2.8") + "hello\n"};
    for (const std::string& bytes : bad) {
      EXPECT_EQ(through(bytes)->rest(), "* This is a chat, and what came looks like: PROXY protocol. Goodbye.\n")
          << bytes;
    }
    EXPECT_EQ(house.sink.count("front: 127.0.0.1 is refused: a malformed PROXY line"), 2u);
    EXPECT_EQ(house.sink.count("front: 127.0.0.1 is refused: a PROXY line that is too long"), 1u);
    EXPECT_EQ(house.sink.count("debug front: 192.0.2.7 is refused: PROXY protocol"), 1u) << "only one is heard";
    EXPECT_EQ(ann->during(1s), "");
    EXPECT_TRUE(house.said().empty());
  });
}

TEST(Proxy, NobodyElseIsBelieved) {
  simulated(
      [] {
        House house(behind("192.0.2.1"));
        auto ann = terminal("ann");
        for (int i = 0; i < 3; ++i) {
          EXPECT_EQ(through(i == 0 ? block_of(8) : line_of("192.0.2.8"), "hello\n")->rest(),
                    "* This is a chat, and what came looks like: PROXY protocol. Goodbye.\n");
        }
        EXPECT_EQ(house.sink.count("no --trusted-proxy"), 3u);
        EXPECT_EQ(house.sink.count("debug front: 127.0.0.1 is refused: PROXY protocol from an address"), 2u)
            << "the first one is a warning";
        EXPECT_EQ(ann->during(1s), "");
        EXPECT_TRUE(house.said().empty());
      },
      1);
}

TEST(Proxy, AHeaderThatNeverEndsIsNotWaitedForLong) {
  simulated([] {
    House house(behind("127.0.0.1"));
    const TimePoint start = now();
    EXPECT_EQ(through("PROXY TCP4 192")->rest(), "");
    EXPECT_LT(now() - start, 61s);
    auto half = through("PROXY TCP4 192");
    half->end_input();
    EXPECT_NE(half->rest().find("half a message"), std::string::npos);
  });
}

TEST(Proxy, TheLimitPerAddressMeetsPeople) {
  simulated([] {
    Options options = behind("192.0.2.1");
    options.max_per_address = 2;
    House house(options);
    std::vector<std::unique_ptr<Somebody>> guests;
    for (const char* client : {"192.0.2.7", "192.0.2.7", "192.0.2.8", "192.0.2.7"}) {
      guests.push_back(std::make_unique<Somebody>("192.0.2.1"));
      guests.back()->send(line_of(client) + "hello\n");
      if (guests.size() < 4) guests.back()->expect("* Welcome");
    }
    try {
      EXPECT_EQ(guests.back()->socket().recv(1), "");
    } catch (const ConnectionResetError&) {
      // Its line has not been read.
    }
    guests.clear();
    eventually([&] { return house.front.connections() == 0; });
    Somebody again("192.0.2.1");
    again.send(line_of("192.0.2.7") + "hello\n");
    again.expect("* Welcome");
  });
}

// --- HTTP ----------------------------------------------------------------------------------------------------------

struct Silent final : chat::Subscriber {
  void deliver(chat::Delivery&) noexcept override {}
};

// A WebSocket that came with these fields is met by a ban of `address`, and not by one of 192.0.2.99.
void expect_banned_by(const std::string& fields, const std::string& address, const Options& options) {
  test::with_server(
      [&](test::Server& server) {
        test::WebTalker web(server, "text.ircv3.net", fields);
        web.enter("web");
        Silent silent;
        chat::Session console(server.log, silent);
        console.submit(chat::Command::oper());
        console.connect("console", "here", "");
        console.submit(chat::Command::ban("192.0.2.99", {}));
        console.settle();
        web.sync();
        console.submit(chat::Command::ban(address, {}));
        console.settle();
        web.expect("ERROR");
      },
      options, 1, 1);
}

TEST(Proxy, ForwardedFieldsNameTheClient) {
  const Options options = behind("127.0.0.1");
  for (const char* fields :
       {"X-Forwarded-For: 192.0.2.7\r\n", "X-Forwarded-For: 192.0.2.99, 192.0.2.7\r\n",
        "X-Forwarded-For: 192.0.2.99\r\nX-Forwarded-For: 192.0.2.7, 127.0.0.1\r\n",
        "X-Forwarded-For: \", 192.0.2.7\r\n", "X-Forwarded-For: \"\r\nX-Forwarded-For: 192.0.2.7\r\n",
        "X-Forwarded-For: \"\\, 192.0.2.7, 127.0.0.1\r\n", "X-Forwarded-For: 192.0.2.7:80,\r\n",
        "Forwarded: for=192.0.2.7;proto=https\r\n",
        "Forwarded: for=unknown, for=\"192.0.2.7:80\"\r\nX-Forwarded-For: 192.0.2.7\r\n"}) {
    SCOPED_TRACE(fields);
    expect_banned_by(fields, "192.0.2.7", options);
  }
  for (const char* withheld : {"X-Forwarded-For: 192.0.2.7, unknown\r\n", "X-Forwarded-For: 192.0.2.7, _hidden\r\n",
                               "Forwarded: for=192.0.2.7, for=\"_hidden:80\"\r\n"}) {
    expect_banned_by(withheld, "127.0.0.1", options);
  }
  expect_banned_by("X-Forwarded-For: 192.0.2.7\r\n", "127.0.0.1", behind("192.0.2.1"));
}

int status_of(const test::Server& server, const std::string& fields) {
  test::WebTalker web(server, "text.ircv3.net", fields);
  return web.head.size() < 12 ? 0 : std::stoi(web.head.substr(9, 3));
}

TEST(Proxy, TwoFieldsThatDisagreeAreRefused) {
  test::with_server(
      [](test::Server& server) {
        EXPECT_EQ(status_of(server, "X-Forwarded-For: 192.0.2.7\r\nForwarded: for=192.0.2.8\r\n"), 400);
        EXPECT_EQ(status_of(server, "X-Forwarded-For: 192.0.2.7\r\nForwarded: for=192.0.2.7\r\n"), 101);
      },
      behind("127.0.0.1"));
}

TEST(Proxy, FieldsThatNameNoClientForSureAreRefused) {
  const std::string bad[] = {"Forwarded: for=\", for=192.0.2.7\r\n",
                             "Forwarded: for=\"\\, for=\"[2001:db8::7]\"\r\n",
                             "Forwarded: for=\"\r\nForwarded: for=192.0.2.7\r\n",
                             "Forwarded: for=\"\r\nForwarded: for=\"\r\n",
                             "Forwarded: for=192.0.2.7, for=x\r\n",
                             "X-Forwarded-For: 192.0.2.7, unix:\r\n",
                             "X-Forwarded-For: 192.0.2.7, \"\r\n",
                             "X-Forwarded-For: 192.0.2.7, x, 127.0.0.1\r\n"};
  for (const bool trusted : {true, false}) {
    test::with_server(
        [&](test::Server& server) {
          for (const std::string& fields : bad) EXPECT_EQ(status_of(server, fields), trusted ? 400 : 101) << fields;
        },
        behind(trusted ? "127.0.0.1" : "192.0.2.1"));
  }
}

TEST(Proxy, WebSocketsOfOneClientAreBounded) {
  Options options = behind("127.0.0.1");
  options.max_per_address = 1;
  test::with_server(
      [](test::Server& server) {
        const std::string from = "X-Forwarded-For: 192.0.2.7\r\n";
        {
          test::WebTalker web(server, "text.ircv3.net", from);
          web.enter("web");
          EXPECT_EQ(status_of(server, from), 429);
          EXPECT_EQ(status_of(server, "X-Forwarded-For: \", 192.0.2.7\r\n"), 429);
          EXPECT_EQ(status_of(server, "X-Forwarded-For: 192.0.2.8\r\n"), 101);
          web.send("QUIT");
          web.rest();
        }
        eventually([&] { return status_of(server, from) == 101; });
      },
      options);
}

TEST(Proxy, OriginsThatAreNamedAreGoodWhateverTheHost) {
  Options options = behind("127.0.0.1");
  options.hosts = {"chat.example.org"};
  options.origins = {"https://gamja.example:8443"};
  test::with_server(
      [](test::Server& server) {  // WebTalker sends Host: 127.0.0.1:80
        for (const char* origin : {"https://chat.example.org", "http://Chat.Example.Org", "wss://chat.example.org:443",
                                   "https://chat.example.org:8443", "https://gamja.example:8443"}) {
          EXPECT_EQ(status_of(server, "Origin: " + std::string(origin) + "\r\n"), 101) << origin;
        }
        for (const char* origin :
             {"https://evil.example", "https://gamja.example", "http://gamja.example:8443",
              "https://chat.example.org.evil.example", "ftp://chat.example.org", "null", "https://",
              "https://chat.example.org@evil.example", "https://evil.example/chat.example.org"}) {
          EXPECT_EQ(status_of(server, "Origin: " + std::string(origin) + "\r\n"), 403) << origin;
        }
      },
      options);
}

TEST(Proxy, ItMaySendAnyHostButThenPagesNeedAName) {
  Options options = behind("127.0.0.1");
  options.hosts = {"chat.example.org"};
  test::with_server(
      [](test::Server& server) {
        const auto get = [&](const std::string& fields) {
          Socket socket(AF_INET);
          socket.connect(server.web_address());
          socket.sendall(
              "GET /irc HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
              fields + "\r\n");
          std::string answer;
          while (answer.size() < 12) answer += socket.recv(4096);
          return std::stoi(answer.substr(9, 3));
        };
        const std::string passed = "X-Forwarded-For: 192.0.2.7\r\nHost: backend\r\n";
        EXPECT_EQ(get("Host: backend\r\n"), 421) << "from a browser on this machine, say";
        EXPECT_EQ(get(passed), 101);
        EXPECT_EQ(get(passed + "Origin: https://chat.example.org\r\n"), 101);
        EXPECT_EQ(get(passed + "Origin: http://backend\r\n"), 403);
      },
      options);
}

}  // namespace
}  // namespace loquat::doors
