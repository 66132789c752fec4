// What loquat/http.h promises about requests, responses and connections.
#include <stdexcept>

#include "http/http_test_client.h"
#include "loquat/websocket.h"

namespace loquat::http {
namespace {

class ServerIn : public InEveryWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, ServerIn, ::testing::Values("epoll", "uring", "sim"), world_name);

TEST_P(ServerIn, AnswersAndKeepsTheConnection) {
  run([] {
    Site site([](Request& request, Response& response) { response.send("hello " + std::string(request.path())); });
    Client client = site.connect();
    for (const char* target : {"/a?b=1", "/c"}) {
      const Answer answer = client.get(target);
      EXPECT_EQ(answer.status, 200);
      EXPECT_EQ(answer.body, "hello " + std::string(target).substr(0, 2));
      EXPECT_EQ(answer["Content-Type"], "text/plain; charset=utf-8");
      EXPECT_EQ(answer["Server"], "loquat");
      EXPECT_EQ(answer["Connection"], "");
      EXPECT_EQ(answer["Date"].size(), 29u);
    }
  });
}

TEST_P(ServerIn, TakesARequestApart) {
  run([] {
    Site site([](Request& request, Response&) {
      EXPECT_EQ(request.method(), "GET");
      EXPECT_EQ(request.target(), "/r%20oms?from=3&to=a%20b+c");
      EXPECT_EQ(request.path(), "/r%20oms");
      EXPECT_EQ(request.query(), "from=3&to=a%20b+c");
      EXPECT_EQ(request.host(), "example.org:80");
      EXPECT_EQ(request.version(), 11);
      EXPECT_EQ(request.header("ACCEPT"), "x, y");
      EXPECT_EQ(request.header("none"), "");
      EXPECT_TRUE(request.has_header("Empty"));
      EXPECT_TRUE(request.header_has("accept", "Y"));
      EXPECT_EQ(request.headers().size(), 3u);
      EXPECT_EQ(request.arg("from"), "3");
      EXPECT_EQ(request.arg("to"), "a b c");
      EXPECT_FALSE(request.arg("nothing"));
      EXPECT_EQ(request.body(), "");
      EXPECT_EQ(request.socket().getpeername().host(), "127.0.0.1");
    });
    Client client = site.connect();
    EXPECT_EQ(
        client.ask("GET /r%20oms?from=3&to=a%20b+c HTTP/1.1\r\nHost: example.org:80\r\nAccept: x, y\r\nEmpty:\r\n\r\n")
            .status,
        200);
  });
}

TEST_P(ServerIn, PipelinedRequestsAreAnsweredInOrder) {
  run([] {
    Site site(echo);
    Client client = site.connect();
    std::string all;
    for (int i = 0; i < 40; ++i) {
      all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
      all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
    }
    client.send(all);
    for (int i = 0; i < 40; ++i) {
      EXPECT_EQ(client.answer().body, "POST /" + std::to_string(i) + "|abc");
      EXPECT_EQ(client.answer().body, "GET /" + std::to_string(i) + "|");
    }
  });
}

TEST_P(ServerIn, AnswersThatWaitForEachOtherLeaveBeforeAWait) {
  run([] {
    Site site([](Request& request, Response& response) {
      if (request.path() == "/slow") {
        response.flush();
        sleep(5ms);
      }
      response.send(request.path());
    });
    Client client = site.connect();
    // The second request is not whole: the first must be answered all the same.
    EXPECT_EQ(client.ask("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTT").body, "/1");
    EXPECT_EQ(client.ask("P/1.1\r\nHost: h\r\n\r\nGET /slow HTTP/1.1\r\nHost: h\r\n\r\n").body, "/2");
    EXPECT_EQ(client.answer().body, "/slow");
  });
}

TEST_P(ServerIn, HeadHasNoBody) {
  run([] {
    Site site([](Request& request, Response& response) {
      if (request.path() == "/stream") {
        response.start();
        response.write("abc");
      } else {
        response.send("abc");
      }
    });
    Client client = site.connect();
    for (int i = 0; i < 2; ++i) {
      const Answer answer = client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n").answer(true);
      EXPECT_EQ(answer["Content-Length"], "3");
      EXPECT_EQ(answer.body, "");
      EXPECT_EQ(client.send("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n").answer(true).status, 200);
    }
    EXPECT_EQ(client.get("/").body, "abc");
  });
}

TEST_P(ServerIn, VersionsAndConnectionOptions) {
  run([] {
    Site site(echo);
    Client old = site.connect();
    EXPECT_EQ(old.ask("GET / HTTP/1.0\r\n\r\n")["Connection"], "close");
    EXPECT_TRUE(old.at_end());
    Client kept = site.connect();
    EXPECT_EQ(kept.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")["Connection"], "keep-alive");
    EXPECT_EQ(kept.get("/").status, 200);
    Client closing = site.connect();
    EXPECT_EQ(closing.ask("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")["Connection"], "close");
    EXPECT_TRUE(closing.at_end());
    EXPECT_FALSE(closing.was_reset());
    Client zero_nine = site.connect();
    EXPECT_EQ(zero_nine.ask("GET /\r\n").status, 400);
    EXPECT_TRUE(zero_nine.at_end());
  });
}

TEST_P(ServerIn, AHalfClosedClientIsAnswered) {
  run([] {
    Site site(echo);
    Client client = site.connect();
    client.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n").end_sending();
    EXPECT_EQ(client.answer().body, "GET /x|");
    EXPECT_TRUE(client.at_end());
  });
}

TEST_P(ServerIn, AClientThatVanishesHurtsNobody) {
  run([] {
    const std::string large(4'000'000, 'x');
    MemoryLog log;
    Site site([&](Request& request, Response& response) { response.send(request.path() == "/l" ? large : "small"); },
              {.log = &log});
    for (int i = 0; i < 3; ++i) {
      Client gone = site.connect();
      gone.send("GET /l HTTP/1.1\r\nHost: h\r\n\r\n").more();
    }
    Client client = site.connect();
    EXPECT_EQ(client.get("/l").body, large);
    EXPECT_EQ(client.get("/").body, "small");
    EXPECT_TRUE(log.lines.empty());
  });
}

TEST_P(ServerIn, WhatAHandlerThrowsIsAnswered) {
  run([] {
    MemoryLog log;
    int told = 0;
    Site site(
        [](Request& request, Response& response) {
          response.header("X-Secret", "of the failed answer");
          if (request.path() == "/404") throw Error(404);
          if (request.path() == "/teapot") throw Error(418, "short and stout");
          if (request.path() == "/int") throw 7;
          if (request.path() == "/half") {
            response.start();
            response.write("half");
          }
          throw std::runtime_error("broken\nin two");
        },
        {.log = &log, .on_error = [&](const Request&, std::exception_ptr) { ++told; }});
    Client client = site.connect();
    Answer answer = client.get("/404");
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.body, "404 Not Found\n");
    EXPECT_EQ(answer["X-Secret"], "");
    answer = client.get("/teapot");
    EXPECT_EQ(answer.status, 418);
    EXPECT_NE(answer.body.find("short and stout"), std::string::npos);
    EXPECT_TRUE(log.lines.empty());
    answer = client.get("/any");
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.body.find("broken"), std::string::npos);
    EXPECT_EQ(client.get("/int").status, 500);
    EXPECT_EQ(client.get("/half").body, "cut short");
    EXPECT_EQ(told, 3);
    ASSERT_EQ(log.lines.size(), 3u);
    EXPECT_EQ(log.lines[0], "http: GET /any: broken in two");
  });
}

TEST_P(ServerIn, WhateverIsThrownIsAnswered) {
  run([] {
    MemoryLog log;
    Site site(
        [](Request& request, Response& response) {
          if (request.path() == "/websocket")
            (void)accept_websocket(request, response, {.check_origin = [](auto, auto&) -> bool { throw 42; }});
          if (request.path() == "/cancelled") throw Cancelled{};
          if (request.path() == "/good") return response.send();
          throw Error(std::stoi(std::string(request.path().substr(1))));
        },
        {.log = &log, .on_error = [](const Request&, std::exception_ptr) { throw 43; }});
    Client client = site.connect();
    for (const char* status : {"/0", "/-1", "/99", "/101", "/600", "/12345"}) EXPECT_EQ(client.get(status).status, 500);
    EXPECT_EQ(client
                  .ask("GET /websocket HTTP/1.1\r\nHost: h\r\nOrigin: http://h\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                       "Sec-WebSocket-Version: 13\r\n\r\n")
                  .status,
              500);
    EXPECT_EQ(client.get("/no-number").status, 500);
    EXPECT_EQ(site.connect().get("/cancelled").status, 0) << "ends its connection";
    EXPECT_EQ(client.get("/good").status, 200);
    ASSERT_EQ(log.lines.size(), 4u);  // two requests, and what on_error threw at each
    EXPECT_EQ(log.lines[0], "http: on_error: an exception that is no std::exception");
    EXPECT_EQ(log.lines[1], "http: GET /websocket: an exception that is no std::exception");
  });
}

TEST_P(ServerIn, ALogThatThrowsIsNotTheServersEnd) {
  run([] {
    struct FullDisk final : LogSink {
      void write(LogLevel, std::string_view) override { throw std::runtime_error("the disk is full"); }
    } log;
    Site site([](Request&, Response&) { throw std::runtime_error("a handler"); }, {.log = &log});
    Client client = site.connect();
    for (int i = 0; i < 2; ++i) EXPECT_EQ(client.get("/").status, 500);
  });
}

// Whatever the listener's own timeout, and whatever accept(2) says again and again: the others run.
TEST_P(ServerIn, WaitingToAcceptKeepsNoWorker) {
  run([] {
    for (const Duration timeout : {Duration::zero(), Duration(1), Duration(1ms)}) {
      Socket listener = create_server({"127.0.0.1", 0});
      listener.settimeout(timeout);
      Site site(std::move(listener), echo);
      for (int i = 0; i < 3; ++i) {
        sleep(2ms);
        EXPECT_EQ(site.connect().get("/").status, 200);
      }
    }
    if (GetParam() == "sim") return;  // which has streams only
    Server server(echo);
    Socket datagrams(AF_INET, SOCK_DGRAM);
    datagrams.bind({"127.0.0.1", 0});
    const auto serving = spawn([&] { server.serve(datagrams); });
    sleep(1ms);
    serving.cancel();
    serving.join();
  });
}

TEST_P(ServerIn, StreamsWithAndWithoutALength) {
  run([] {
    const std::string large(300'000, 'y');
    Site site([&](Request& request, Response& response) {
      if (request.path() == "/chunks") {
        response.start();
        for (const char* word : {"one ", "", "two "}) response.write(word);
        response.write(large);
      } else if (request.path() == "/length") {
        response.start(large.size() + 1);
        response.write("z");
        response.write(large);
        EXPECT_THROW(response.write("too much"), std::logic_error);
      } else {
        response.start(5);
        response.write("abc");
      }
      response.finish();
      EXPECT_THROW(response.write("late"), std::logic_error);
      EXPECT_THROW(response.send("twice"), std::logic_error);
    });
    Client client = site.connect();
    const Answer chunks = client.get("/chunks");
    EXPECT_EQ(chunks["Transfer-Encoding"], "chunked");
    EXPECT_EQ(chunks.body, "one two " + large);
    const Answer length = client.get("/length");
    EXPECT_EQ(length["Content-Length"], "300001");
    EXPECT_EQ(length.body, "z" + large);
    Client old = site.connect();
    const Answer until_close = old.ask("GET /chunks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(until_close["Connection"], "close");
    EXPECT_EQ(until_close.body, "one two " + large);
    EXPECT_EQ(client.get("/short").body, "cut short");
  });
}

TEST_P(ServerIn, NothingBreaksOutOfAHeaderLine) {
  run([] {
    Site site([](Request&, Response& response) {
      EXPECT_THROW(response.header("X", "a\r\nSet-Cookie: b"), std::invalid_argument);
      EXPECT_THROW(response.header("X: a\r\nY", "b"), std::invalid_argument);
      EXPECT_THROW(response.header("", "b"), std::invalid_argument);
      EXPECT_THROW(response.header("X", std::string("a\0b", 3)), std::invalid_argument);
      EXPECT_THROW(response.header(std::string("X\0", 2), "b"), std::invalid_argument);
      EXPECT_THROW(response.content_type(std::string("text/plain\0", 11)), std::invalid_argument);
      EXPECT_THROW(Server(echo, {.server_name = "a\r\nSet-Cookie: b"}), std::invalid_argument);
      EXPECT_THROW(Server(echo, {.server_name = std::string("a\0", 2)}), std::invalid_argument);
      EXPECT_THROW(response.header("content-length", "3"), std::invalid_argument);
      EXPECT_THROW(response.header("Transfer-Encoding", "chunked"), std::invalid_argument);
      EXPECT_THROW(response.content_type("a\r\nb"), std::invalid_argument);
      EXPECT_THROW(response.status(100), std::invalid_argument);
      EXPECT_THROW(response.status(600), std::invalid_argument);
      response.status(201).header("Content-Type", "a/b").header("X", "1").header("x", "2").send("ok");
      EXPECT_THROW(response.header("Late", "1"), std::logic_error);
    });
    Client client = site.connect();
    const Answer answer = client.get("/");
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer["Content-Type"], "a/b");
    EXPECT_EQ(answer["Set-Cookie"], "");
    EXPECT_EQ(answer.body, "ok");
  });
}

TEST_P(ServerIn, StatusesWithoutContent) {
  run([] {
    Site site([](Request& request, Response& response) {
      response.status(request.path() == "/304" ? 304 : 204).send("never sent");
    });
    Client client = site.connect();
    for (const char* target : {"/204", "/304", "/204"}) {
      const Answer answer = client.get(target);
      EXPECT_EQ(answer.body, "");
      EXPECT_EQ(answer["Content-Length"], "");
    }
  });
}

TEST_P(ServerIn, TakesOverAConnectionWithWhatWasRead) {
  run([] {
    Socket listener = create_server({"127.0.0.1", 0});
    Server server(echo);
    const auto sniffer = spawn([&] {
      Socket socket = listener.accept();
      std::string first = socket.recv(10);
      server.serve_connection(socket, std::move(first));
      EXPECT_TRUE(socket.closed());
    });
    Client client(listener.getsockname());
    EXPECT_EQ(client.ask("POST /first HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab").body, "POST /first|ab");
    EXPECT_EQ(client.get("/second").body, "GET /second|");
    client.end_sending();
    EXPECT_TRUE(client.at_end());
    sniffer.get();
    EXPECT_EQ(server.connections(), 0u);
  });
}

TEST_P(ServerIn, TakesOverMoreThanOneBuffer) {
  run([] {
    Socket listener = create_server({"127.0.0.1", 0});
    Server server(echo);
    const std::string body(100'000, 'b');
    const auto sniffer = spawn([&] {
      Socket socket = listener.accept();
      server.serve_connection(socket, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + body);
    });
    Client client(listener.getsockname());
    EXPECT_EQ(client.answer().body, "POST /|" + body);
    client.socket().close();
    sniffer.get();
  });
}

TEST_P(ServerIn, StopsGracefully) {
  run([] {
    Event arrived, go;
    Site site([&](Request& request, Response& response) {
      if (request.path() == "/wait") {
        arrived.set();
        go.wait();
      }
      response.send("done");
    });
    Client idle = site.connect(), busy = site.connect(), silent = site.connect();
    EXPECT_EQ(idle.get("/").body, "done");
    busy.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    arrived.wait();
    site.server().stop();
    EXPECT_TRUE(idle.at_end());
    EXPECT_FALSE(site.server().wait_stopped(1ms));
    go.set();
    const Answer last = busy.answer();
    EXPECT_EQ(last.body, "done");
    EXPECT_EQ(last["Connection"], "close");
    EXPECT_TRUE(busy.at_end());
    EXPECT_TRUE(site.server().wait_stopped(10s));
    EXPECT_EQ(site.server().connections(), 0u);
  });
}

TEST_P(ServerIn, HoldsNoMoreConnectionsThanItMay) {
  run([] {
    Site site(echo, {.max_connections = 2});
    Client first = site.connect(), second = site.connect(), third = site.connect();
    EXPECT_EQ(first.get("/1").status, 200);
    EXPECT_EQ(second.get("/2").status, 200);
    third.send("GET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(site.server().connections(), 2u);
    first.socket().close();
    EXPECT_EQ(third.answer().body, "GET /3|");
  });
}

TEST_P(ServerIn, ServesOnEveryWorker) {
  run(
      [] {
        std::vector<Socket> listeners = create_servers({"127.0.0.1", 0}, workers());
        const Address address = listeners[0].getsockname();
        const auto server = spawn([&] { serve(std::move(listeners), echo); });
        std::vector<Fiber<>> clients;
        for (int i = 0; i < 20; ++i) {
          clients.push_back(spawn_on(static_cast<std::size_t>(i) % workers(), [&, i] {
            Client client(address);
            const std::string target = "/" + std::to_string(i);
            for (int n = 0; n < 10; ++n) EXPECT_EQ(client.get(target).body, "GET " + target + "|");
          }));
        }
        for (const auto& client : clients) client.get();
        server.cancel();
        server.join();
      },
      2);
}

TEST(Server, WorksInAPlainThread) {
  Socket listener = create_server({"127.0.0.1", 0});
  Client client(listener.getsockname());
  client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  Server server(echo);
  Socket socket = listener.accept();
  server.serve_connection(socket);
  EXPECT_EQ(client.answer().body, "GET /a|");
  EXPECT_EQ(client.answer().body, "GET /b|");
  EXPECT_TRUE(client.at_end());
}

TEST(Http, SmallFunctions) {
  EXPECT_EQ(reason_phrase(404), "Not Found");
  EXPECT_EQ(reason_phrase(299), "");
  EXPECT_EQ(unquote("a%20b+c"), "a b+c");
  EXPECT_FALSE(unquote("a%2"));
}

}  // namespace
}  // namespace loquat::http
