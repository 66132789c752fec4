// What a client must not do: request smuggling, and sizes, times and bodies beyond their limits.
#include "http/http_test_client.h"

namespace loquat::http {
namespace {

class LimitsIn : public InEveryWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, LimitsIn, ::testing::Values("epoll", "uring", "sim"), world_name);

struct Bad {
  const char* name;
  std::string bytes;
};

std::vector<Bad> smuggling() {
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n";
  return {
      {"length and chunked", post + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden},
      {"two lengths", post + "Content-Length: 0\r\nContent-Length: 33\r\n\r\n" + hidden},
      {"the same length twice", post + "Content-Length: 0\r\nContent-Length: 0\r\n\r\n" + hidden},
      {"length list", post + "Content-Length: 0, 0\r\n\r\n" + hidden},
      {"signed length", post + "Content-Length: +0\r\n\r\n" + hidden},
      {"negative length", post + "Content-Length: -1\r\n\r\n" + hidden},
      {"length with text", post + "Content-Length: 0x0\r\n\r\n" + hidden},
      {"endless length", post + "Content-Length: 99999999999999999999\r\n\r\n" + hidden},
      {"empty length", post + "Content-Length:\r\n\r\n" + hidden},
      {"unknown coding", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden},
      {"coding list", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + hidden},
      {"chunked not last", post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + hidden},
      {"two codings", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden},
      {"coding on 1.0", "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden},
      {"space before colon", post + "Content-Length : 33\r\n\r\n" + hidden},
      {"folded line", post + "X: a\r\n Content-Length: 33\r\n\r\n" + hidden},
      {"line that begins with a space", "POST / HTTP/1.1\r\n Host: h\r\n\r\n" + hidden},
      {"bare LF", "POST / HTTP/1.1\nHost: h\n\n" + hidden},
      {"bare CR", post + "X: a\rContent-Length: 33\r\n\r\n" + hidden},
      {"NUL in a value", post + std::string("X: a\0\r\n\r\n", 9) + hidden},
      {"NUL and CR", post + std::string("X: \0\rContent-Length: 33\r\n\r\n", 28) + hidden},
      {"no colon", post + "Content-Length\r\n\r\n" + hidden},
      {"empty name", post + ": x\r\n\r\n" + hidden},
      {"no host", "GET / HTTP/1.1\r\n\r\n" + hidden},
      {"two hosts", "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n" + hidden},
      {"host with a path", "GET / HTTP/1.1\r\nHost: h/x\r\n\r\n" + hidden},
      {"host with user", "GET / HTTP/1.1\r\nHost: a@h\r\n\r\n" + hidden},
      {"space in the target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n" + hidden},
      {"control in the target", "GET /a\x01 HTTP/1.1\r\nHost: h\r\n\r\n" + hidden},
      {"lower-case version", "GET / http/1.1\r\nHost: h\r\n\r\n" + hidden},
      {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: h\r\n\r\n" + hidden},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"no version", "GET /\r\n" + hidden},
      {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(40, 'x') + "\r\n"},
      {"chunk size 0_2e", chunked + "0_2e\r\n" + hidden},
      {"chunk size +1", chunked + "+1\r\na\r\n0\r\n\r\n" + hidden},
      {"chunk size -1", chunked + "-1\r\na\r\n0\r\n\r\n" + hidden},
      {"chunk size 0x1", chunked + "0x1\r\na\r\n0\r\n\r\n" + hidden},
      {"chunk size with spaces", chunked + " 1\r\na\r\n0\r\n\r\n" + hidden},
      {"chunk size beyond 64 bits", chunked + "10000000000000001\r\na\r\n0\r\n\r\n" + hidden},
      {"empty chunk size", chunked + "\r\n" + hidden},
      {"chunk longer than said", chunked + "1\r\nab\r\n0\r\n\r\n" + hidden},
      {"chunk line ends in LF", chunked + "1\na\r\n0\r\n\r\n" + hidden},
      {"chunk data ends in LF", chunked + "1\r\na\n0\r\n\r\n" + hidden},
      {"extension with a bare LF", chunked + "1;x\na\r\n0\r\n\r\n" + hidden},
      {"endless extension", chunked + "1;" + std::string(5000, 'x') + "\r\na\r\n0\r\n\r\n" + hidden},
  };
}

TEST_P(LimitsIn, WhatTwoServersMightReadDifferentlyIsRefused) {
  run([] {
    std::vector<std::string> seen;
    Site site([&](Request& request, Response& response) {
      seen.emplace_back(request.target());
      response.send(request.body());
    });
    for (const Bad& bad : smuggling()) {
      SCOPED_TRACE(bad.name);
      Client client = site.connect();
      const Answer answer = client.ask(bad.bytes);
      EXPECT_GE(answer.status, 400) << answer.body;
      EXPECT_LT(answer.status, 506);
      EXPECT_EQ(answer["Connection"], "close");
      EXPECT_NE(answer.body, "");
      EXPECT_TRUE(client.at_end());
      EXPECT_FALSE(client.was_reset());
    }
    for (const std::string& target : seen) EXPECT_NE(target, "/hidden");
    EXPECT_EQ(site.connect().get("/").status, 200);
  });
}

TEST_P(LimitsIn, HeadsThatAreTooLarge) {
  run([] {
    Site site(echo, {.max_headers = 20});
    const std::string host = " HTTP/1.1\r\nHost: h\r\n";
    EXPECT_EQ(site.connect().ask("GET /" + std::string(100'000, 'a') + host + "\r\n").status, 414);
    EXPECT_EQ(site.connect().ask("GET /" + host + "X: " + std::string(100'000, 'a') + "\r\n\r\n").status, 431);
    std::string many = "GET /" + host;
    for (int i = 0; i < 30; ++i) many += "X: y\r\n";
    EXPECT_EQ(site.connect().ask(many + "\r\n").status, 431);
    std::string endless = "GET /" + host;
    for (int i = 0; i < 3000; ++i) endless += "X" + std::to_string(i) + ": " + std::string(90, 'y') + "\r\n";
    EXPECT_EQ(site.connect().ask(endless).status, 431);
  });
}

TEST_P(LimitsIn, ChunkedBodiesHoweverTheyAreCut) {
  run([] {
    Site site(echo);
    const std::string request =
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
        "1;a=b\r\nx\r\n00A\r\n0123456789\r\n3;q=\"a;b\"\r\nend\r\n0\r\nTrailer: dropped\r\n\r\n";
    Client whole = site.connect();
    EXPECT_EQ(whole.ask(request).body, "POST /|x0123456789end");
    Client slow = site.connect();
    for (const char c : request) {
      slow.send(std::string_view(&c, 1));
      sleep(0s);
    }
    EXPECT_EQ(slow.answer().body, "POST /|x0123456789end");
    EXPECT_EQ(slow.get("/next").body, "GET /next|");
  });
}

TEST_P(LimitsIn, LargeBodiesComeInPieces) {
  run([] {
    std::size_t pieces = 0;
    Site site([&](Request& request, Response& response) {
      std::size_t size = 0;
      for (std::string_view piece; !(piece = request.read_chunk()).empty(); ++pieces) size += piece.size();
      response.send(std::to_string(size));
    });
    Client client = site.connect();
    const std::string body(3'000'000, 'b');
    const auto sending =
        spawn([&] { client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n").send(body); });
    EXPECT_EQ(client.answer().body, "3000000");
    sending.get();
    EXPECT_GT(pieces, 10u);
    EXPECT_EQ(client.get("/").body, "0");
  });
}

TEST_P(LimitsIn, BodiesThatAreTooLarge) {
  run([] {
    Site site(echo, {.max_body = 1000});
    const std::string body(2000, 'b');
    Client said = site.connect();
    EXPECT_EQ(said.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\n\r\n" + body).status, 413);
    Client chunked = site.connect();
    EXPECT_EQ(
        chunked.ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + body + "\r\n0\r\n\r\n")
            .status,
        413);
    Client huge = site.connect();
    const Answer answer = huge.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n");
    EXPECT_EQ(answer.status, 413);
    EXPECT_EQ(answer["Connection"], "close");
    EXPECT_TRUE(huge.at_end());
  });
}

TEST_P(LimitsIn, AnUnreadBodyIsSkippedOrEndsTheConnection) {
  run([] {
    Site site([](Request&, Response& response) { response.send("not read"); }, {.max_unread_body = 5000});
    Client client = site.connect();
    const std::string small(4000, 's');
    EXPECT_EQ(client.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4000\r\n\r\n" + small).body, "not read");
    EXPECT_EQ(client.get("/").body, "not read");
    const std::string large(60'000, 'l');
    const Answer answer = client.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n" + large);
    EXPECT_EQ(answer.body, "not read");
    EXPECT_EQ(answer["Connection"], "close");
    EXPECT_TRUE(client.at_end());
    EXPECT_FALSE(client.was_reset());
    Client chunked = site.connect();
    EXPECT_EQ(
        chunked.ask("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nea60\r\n" + large + "\r\n").body,
        "not read");
    EXPECT_TRUE(chunked.at_end());
  });
}

TEST_P(LimitsIn, ExpectContinue) {
  run([] {
    Site site([](Request& request, Response& response) {
      response.send(request.path() == "/read" ? request.body() : "no, thanks");
    });
    const std::string head = " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
    Client client = site.connect();
    EXPECT_EQ(client.ask("POST /read" + head).status, 100);
    EXPECT_EQ(client.ask("abc").body, "abc");
    // A client that does not wait is told to go on only if its body is late.
    Answer answer = client.ask("POST /read" + head + "xyz");
    if (answer.status == 100) answer = client.answer();
    EXPECT_EQ(answer.body, "xyz");
    const Answer refused = client.ask("POST /skip" + head);
    EXPECT_EQ(refused.body, "no, thanks");
    EXPECT_EQ(refused["Connection"], "close");
    EXPECT_TRUE(client.at_end());
    EXPECT_EQ(site.connect().ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: wonders\r\n\r\n").status,
              417);
  });
}

TEST_P(LimitsIn, ABodyThatEndsEarly) {
  run([] {
    Site site(echo);
    Client client = site.connect();
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc").end_sending();
    EXPECT_EQ(client.answer().status, 400);
    EXPECT_TRUE(client.at_end());
  });
}

// --- in virtual time -----------------------------------------------------------------------------------------------

constexpr Duration tolerance = 100ms;

TEST(HttpTime, AHeadThatComesTooSlowlyIsRefused) {
  simulated([] {
    Site site(echo);
    Client client = site.connect();
    const TimePoint start = now();
    const auto drip = spawn([&] {
      try {
        for (const char c : std::string("GET / HTTP/1.1\r\nHost: slowloris\r\n")) {
          client.send(std::string_view(&c, 1));
          sleep(1s);
        }
      } catch (const OSError&) {
        // The server has closed.
      }
    });
    EXPECT_EQ(client.answer().status, 408);
    EXPECT_LE(now() - start, 10s + tolerance);
    EXPECT_GE(now() - start, 10s - tolerance);
    EXPECT_TRUE(client.at_end());
    EXPECT_LE(now() - start, 13s);
    drip.join();
  });
}

TEST(HttpTime, AnIdleConnectionIsClosedWithoutAWord) {
  simulated([] {
    Site site(echo);
    Client client = site.connect();
    const TimePoint start = now();
    EXPECT_TRUE(client.at_end());
    EXPECT_GE(now() - start, 60s - tolerance);
    EXPECT_LE(now() - start, 60s + tolerance);
    Client second = site.connect();
    EXPECT_EQ(second.get("/").status, 200);
    const TimePoint answered = now();
    EXPECT_TRUE(second.at_end());
    EXPECT_GE(now() - answered, 60s - tolerance);
  });
}

TEST(HttpTime, ABodyThatComesTooSlowlyIsRefused) {
  simulated([] {
    Site site(echo);
    Client client = site.connect();
    const TimePoint start = now();
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
    const auto drip = spawn([&] {
      try {
        for (int i = 0; i < 1000; ++i) {
          client.send("x");
          sleep(1s);
        }
      } catch (const OSError&) {
        // The server has closed.
      }
    });
    EXPECT_EQ(client.answer().status, 408);
    EXPECT_GE(now() - start, 20s - tolerance);
    EXPECT_LE(now() - start, 21s);
    drip.join();
  });
}

TEST(HttpTime, ASlowBodyAtADecentRateIsTaken) {
  simulated([] {
    Site site(echo);
    Client client = site.connect();
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
    const auto sending = spawn([&] {
      for (int i = 0; i < 50; ++i) {
        client.send(std::string(2000, 'x'));
        sleep(1s);
      }
    });
    EXPECT_EQ(client.answer().body.size(), 100'007u);
    sending.get();
  });
}

TEST(HttpTime, AReaderThatStopsIsDisconnectedAndDelaysNobody) {
  simulated([] {
    const std::string large(5'000'000, 'x');
    Site site([&](Request& request, Response& response) { response.send(request.path() == "/l" ? large : "small"); });
    Client stuck = site.connect();
    testing::stop_reading(stuck.socket());
    stuck.send("GET /l HTTP/1.1\r\nHost: h\r\n\r\n");
    const TimePoint start = now();
    Client client = site.connect();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(client.get("/").body, "small");
    EXPECT_LT(now() - start, 1s);
    client.socket().close();
    while (site.server().connections() != 0) sleep(1s);
    EXPECT_LE(now() - start, 35s);
  });
}

TEST(HttpTime, ASlowButSteadyReaderGetsItAll) {
  simulated([] {
    const std::string large(2'000'000, 'x');
    Site site([&](Request&, Response& response) { response.send(large); });
    Client client = site.connect();
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    std::size_t size = 0;
    while (size < large.size()) {
      const std::string piece = client.socket().recv(50'000);
      ASSERT_FALSE(piece.empty());
      size += piece.size();
      sleep(2s);
    }
  });
}

TEST(HttpTime, LingeringEnds) {
  simulated([] {
    Site site(echo);
    Client client = site.connect();
    const TimePoint start = now();
    EXPECT_EQ(client.ask("rubbish\r\n\r\n").status, 400);
    try {
      for (;;) {
        client.send(std::string(1000, 'x'));
        sleep(100ms);
      }
    } catch (const OSError&) {
      // The server has closed.
    }
    EXPECT_LE(now() - start, 4s);
    EXPECT_EQ(site.server().connections(), 0u);
  });
}

constexpr Duration any_time[] = {Duration::min(), Duration(-1), Duration::zero(), Duration(1), Duration::max()};

TEST_P(LimitsIn, TimesMayBeAnything) {
  run([] {
    for (AnyDuration ServerOptions::*option : {&ServerOptions::header_timeout, &ServerOptions::idle_timeout,
                                               &ServerOptions::body_timeout, &ServerOptions::write_timeout}) {
      for (const Duration time : any_time) {
        ServerOptions options;
        options.*option = time;
        Site site(echo, options);
        Client client = site.connect();
        try {
          client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo");
          sleep(1ms);
          client.send("dy");
          const int status = client.answer().status;
          EXPECT_TRUE(status == 200 || time < 1s) << status;
        } catch (const OSError&) {
          EXPECT_LT(time, 1s);
        }
      }
    }
  });
}

}  // namespace
}  // namespace loquat::http
