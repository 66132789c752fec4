// What HTTP answers, to whom, and what it refuses.
#include "doors/test_irc.h"

namespace loquat::doors::test {
namespace {

// The whole answer to one request.
std::string ask(const Server& server, const std::string& request) {
  Socket socket(AF_INET);
  socket.settimeout(std::chrono::minutes(1));
  socket.connect(server.web_address());
  socket.sendall(request);
  socket.shutdown(SHUT_WR);
  std::string answer;
  for (std::string bytes; !(bytes = socket.recv(4096)).empty();) answer += bytes;
  return answer;
}

std::string get(const Server& server, const std::string& path, const std::string& host = "127.0.0.1:7777") {
  return ask(server, "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
}

int status(const std::string& answer) { return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3)); }

TEST(WebDoor, ThePage) {
  with_server([](Server& server) {
    const std::string page = get(server, "/");
    EXPECT_EQ(status(page), 200);
    EXPECT_NE(page.find(page_bytes), std::string::npos);
    for (const char* field :
         {"Content-Security-Policy: default-src 'none'; script-src 'self'", "X-Content-Type-Options: nosniff",
          "Referrer-Policy: no-referrer", "frame-ancestors 'none'"}) {
      EXPECT_NE(page.find(field), std::string::npos) << field << "\n" << page;
    }
    EXPECT_EQ(page.find("unsafe"), std::string::npos);
    EXPECT_EQ(status(get(server, "/index.html")), 200);
    const std::string none = get(server, "/../etc/passwd");
    EXPECT_EQ(status(none), 404);
    EXPECT_NE(none.find("Content-Security-Policy: default-src 'none'"), std::string::npos);
  });
}

TEST(WebDoor, OnlyItsOwnNames) {
  Options options;
  options.hosts = {"chat.example.org"};
  with_server(
      [](Server& server) {
        for (const char* host : {"127.0.0.1", "192.0.2.1:80", "[::1]:7777", "[2001:db8::1]", "localhost",
                                 "LocalHost:7777", "localhost.", "chat.example.org", "Chat.Example.org:443"}) {
          EXPECT_EQ(status(get(server, "/", host)), 200) << host;
        }
        for (const char* host : {"evil.example", "chat.example.org.evil.example", "1.2.3.4.evil.example",
                                 "127.0.0.1.nip.io:7777", "localhost.evil"}) {
          EXPECT_EQ(status(get(server, "/", host)), 421) << host;
          EXPECT_EQ(status(get(server, "/healthz", host)), 421) << host;
        }
        EXPECT_EQ(status(get(server, "/", "[::1].evil.example")), 400);
        EXPECT_EQ(status(get(server, "/", "[fe80::1%eth0]")), 400);
        EXPECT_EQ(
            status(ask(server, "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")),
            421);
        EXPECT_EQ(
            status(ask(server, "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")),
            421)
            << "the target's host wins";
        EXPECT_EQ(
            status(ask(server, "GET http://localhost/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")),
            200);
        EXPECT_EQ(status(ask(server, "GET /healthz HTTP/1.0\r\n\r\n")), 200);
      },
      options);
}

TEST(WebDoor, ForeignHostsGetNoWebSocket) {
  with_server([](Server& server) {
    const std::string request =
        "GET /irc HTTP/1.1\r\nHost: evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: "
        "http://evil.example\r\n\r\n";
    EXPECT_EQ(status(ask(server, request)), 421);
  });
}

TEST(WebDoor, NothingIsWritten) {
  with_server([](Server& server) {
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
      for (const char* path : {"/", "/irc", "/healthz", "/nothing"}) {
        const std::string answer =
            ask(server, std::string(method) + ' ' + path +
                            " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
        EXPECT_EQ(status(answer), 405) << method << ' ' << path;
        EXPECT_NE(answer.find("Allow: GET, HEAD\r\n"), std::string::npos);
      }
    }
    EXPECT_EQ(status(ask(server, "HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")), 200);
    EXPECT_EQ(status(get(server, "/irc")), 426);
    EXPECT_EQ(server.log.counters().events, 0u);
  });
}

TEST(WebDoor, Health) {
  with_server([](Server& server) {
    EXPECT_TRUE(get(server, "/healthz").ends_with("\r\n\r\nok\n"));
    TcpTalker ann(server, "ann");
    ann.ask("JOIN #a");
    server.archive.fail_with("the disk is full");
    ann.ask("PRIVMSG #a :lost");
    const std::string sick = get(server, "/healthz");
    EXPECT_EQ(status(sick), 503);
    EXPECT_NE(sick.find("the disk is full"), std::string::npos);
    const std::string afar =
        ask(server, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nVia: 1.1 x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(afar.ends_with("\r\n\r\nrooms are read-only\n")) << "what the machine says is not for everybody";
    EXPECT_EQ(status(get(server, "/")), 200);
  });
}

TEST(WebDoor, Metrics) {
  with_server([](Server& server) {
    TcpTalker ann(server, "ann");
    ann.ask("JOIN #a");
    const std::string metrics = get(server, "/metrics");
    EXPECT_EQ(status(metrics), 200);
    for (const char* line :
         {"loquat_people 1\n", "loquat_fibers ", "loquat_rooms 1\n", "loquat_door_opened_total{door=\"irc\"} 1\n",
          "# TYPE loquat_writable gauge\nloquat_writable 1\n", "Content-Type: text/plain; version=0.0.4"}) {
      EXPECT_NE(metrics.find(line), std::string::npos) << line << "\n" << metrics;
    }
  });
}

TEST(WebDoor, MetricsAreForThisMachineAndTheOperator) {
  Options options;
  options.operator_key = "k7fd";
  with_server(
      [](Server& server) {
        const auto ask_from_afar = [&](const std::string& field) {
          Socket socket(AF_INET);
          socket.bind({"192.0.2.7", 0});
          socket.connect(server.web_address());
          socket.sendall("GET /metrics HTTP/1.1\r\nHost: localhost\r\n" + field + "Connection: close\r\n\r\n");
          std::string answer;
          while (answer.size() < 12) answer += socket.recv(4096);
          return status(answer);
        };
        EXPECT_EQ(ask_from_afar(""), 403);
        EXPECT_EQ(ask_from_afar("Authorization: Bearer k7fe\r\n"), 403);
        EXPECT_EQ(ask_from_afar("Authorization: Bearer k7fd\r\n"), 200);
      },
      options);
}

TEST(WebDoor, WhatAProxyHasPassedOnComesFromElsewhere) {
  with_server([](Server& server) {
    for (const char* field :
         {"Forwarded: for=192.0.2.7", "x-forwarded-for: 192.0.2.7", "X-Real-IP: ::1", "Via: 1.1 x"}) {
      const std::string request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
      EXPECT_EQ(status(ask(server, request + field + "\r\n\r\n")), 403) << field;
      EXPECT_EQ(status(ask(server, request + "\r\n")), 200);
    }
  });
}

TEST(WebDoor, OthersMayAnswerBelowAPath) {
  with_server([](Server& server) {
    server.web_door.route("/wire", [](auto& request, auto& response) {
      if (request.path() == "/wire/not-mine") return false;
      response.send(std::string(request.method()) + ' ' + std::string(request.path()));
      return true;
    });
    EXPECT_TRUE(get(server, "/wire").ends_with("GET /wire"));
    EXPECT_TRUE(get(server, "/wire/a?b").ends_with("GET /wire/a"));
    EXPECT_TRUE(ask(server, "POST /wire/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    .ends_with("POST /wire/"));
    EXPECT_EQ(status(get(server, "/wired")), 404);
    EXPECT_EQ(status(get(server, "/wire/not-mine")), 404);
    EXPECT_EQ(status(get(server, "/wire", "evil.example")), 421);
    EXPECT_EQ(status(get(server, "/")), 200);
  });
}

}  // namespace
}  // namespace loquat::doors::test
