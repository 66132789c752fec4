// What happens when a handler throws, a client vanishes, or a log fails.
#include <algorithm>
#include <stdexcept>

#include "http/http_test_client.h"
#include "loquat/timeout.h"
#include "loquat/websocket.h"

namespace loquat::http {
namespace {

class FailuresIn : public InEveryWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, FailuresIn, ::testing::Values("epoll", "uring", "sim"), world_name);

TEST_P(FailuresIn, AClientThatVanishesHurtsNobody) {
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

TEST_P(FailuresIn, WhatAHandlerThrowsIsAnswered) {
  run([] {
    MemoryLog log;
    int told = 0;
    Site site(
        [](Request& request, Response& response) {
          response.header("X-Secret", "of the failed answer");
          if (request.path() == "/404") throw Error(404);
          if (request.path() == "/teapot") throw Error(418, "short and stout");
          if (request.path() == "/int") throw 7;
          if (request.path() == "/slow") {
            const Timeout limit(1us, "the handler");
            sleep(1h);
          }
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
    EXPECT_EQ(client.get("/slow").status, 500);
    EXPECT_EQ(client.get("/half").body, "cut short");
    EXPECT_EQ(told, 4);
    ASSERT_EQ(log.lines.size(), 4u);
    EXPECT_EQ(log.lines[0], "http: GET /any: broken in two");
    EXPECT_EQ(log.lines[2].find("http: GET /slow: the handler took longer than 1e-06 s"), 0u) << log.lines[2];
  });
}

TEST_P(FailuresIn, AnErrorMayHaveABodyOfItsOwn) {
  run([] {
    const std::string binary("a\0b", 3);
    Site site([&](Request& request, Response& response) {
      response.content_type("text/html").header("X-Secret", "of the failed answer");
      const std::string_view path = request.path();
      if (path == "/json") throw Error(422, R"({"error": "no name"})").content_type("application/json");
      if (path == "/header") throw Error(409, "{}").header("Content-Type", "application/json").header("X-More", "1");
      if (path == "/empty") throw Error(404).content_type("application/json");
      if (path == "/untyped") throw Error(404, binary).content_type("");
      if (path == "/odd") throw Error(42, "{}").content_type("application/json");
      throw Error(400, "bad").content_type("text/plain\r\nX-Evil: 1");
    });
    Client client = site.connect();
    const auto expect = [&](const char* path, int status, std::string_view body, std::string_view type) {
      const Answer answer = client.get(path);
      EXPECT_EQ(answer.status, status) << path;
      EXPECT_EQ(answer.body, body) << path;
      EXPECT_EQ(answer["Content-Type"], type) << path;
      EXPECT_EQ(answer["X-Secret"], "") << path;
      const auto is_type = [](const auto& field) { return codec::http_equal(field.first, "Content-Type"); };
      EXPECT_EQ(std::count_if(answer.fields.begin(), answer.fields.end(), is_type), type.empty() ? 0 : 1) << path;
    };
    expect("/json", 422, R"({"error": "no name"})", "application/json");
    expect("/header", 409, "{}", "application/json");
    expect("/empty", 404, "", "application/json");
    expect("/untyped", 404, binary, "");
    expect("/odd", 500, "{}", "application/json");
    expect("/evil", 500, "500 Internal Server Error\n", "text/plain; charset=utf-8");
    const Answer head = client.send("HEAD /json HTTP/1.1\r\nHost: h\r\n\r\n").answer(true);
    EXPECT_EQ(head["Content-Length"], "20");
    EXPECT_EQ(head.body, "");
  });
}

TEST_P(FailuresIn, WhateverIsThrownIsAnswered) {
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

TEST_P(FailuresIn, ALogThatThrowsIsNotTheServersEnd) {
  run([] {
    struct FullDisk final : LogSink {
      void write(LogLevel, std::string_view) override { throw std::runtime_error("the disk is full"); }
    } log;
    Site site([](Request&, Response&) { throw std::runtime_error("a handler"); }, {.log = &log});
    Client client = site.connect();
    for (int i = 0; i < 2; ++i) EXPECT_EQ(client.get("/").status, 500);
  });
}

}  // namespace
}  // namespace loquat::http
