// What loquat/http.h promises about requests, and the order in which they are answered.
#include "http/http_test_client.h"

namespace loquat::http {
namespace {

class RequestsIn : public InEveryWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, RequestsIn, ::testing::Values("epoll", "uring", "sim"), world_name);

TEST_P(RequestsIn, AnswersAndKeepsTheConnection) {
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

TEST_P(RequestsIn, TakesARequestApart) {
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

TEST_P(RequestsIn, PipelinedRequestsAreAnsweredInOrder) {
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

TEST_P(RequestsIn, AnswersThatWaitForEachOtherLeaveBeforeAWait) {
  run([] {
    Site site([](Request& request, Response& response) {
      if (request.path() == "/slow") {
        response.flush();
        sleep(5ms);
      }
      response.send(request.path());
    });
    Client client = site.connect();
    // The second request is incomplete, and the first must be answered nevertheless.
    EXPECT_EQ(client.ask("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTT").body, "/1");
    EXPECT_EQ(client.ask("P/1.1\r\nHost: h\r\n\r\nGET /slow HTTP/1.1\r\nHost: h\r\n\r\n").body, "/2");
    EXPECT_EQ(client.answer().body, "/slow");
  });
}

TEST_P(RequestsIn, HeadHasNoBody) {
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

TEST_P(RequestsIn, VersionsAndConnectionOptions) {
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

TEST_P(RequestsIn, AHalfClosedClientIsAnswered) {
  run([] {
    Site site(echo);
    Client client = site.connect();
    client.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n").end_sending();
    EXPECT_EQ(client.answer().body, "GET /x|");
    EXPECT_TRUE(client.at_end());
  });
}

TEST(Http, SmallFunctions) {
  EXPECT_EQ(reason_phrase(404), "Not Found");
  EXPECT_EQ(reason_phrase(299), "");
  EXPECT_EQ(unquote("a%20b+c"), "a b+c");
  EXPECT_FALSE(unquote("a%2"));
}

TEST_P(RequestsIn, TheClientIsWhomTheProxyHasTold) {
  run([] {
    Socket listener = create_server({"127.0.0.1", 0});
    Server server([](Request& request, Response& response) { response.send(request.client().str()); });
    const Address told("192.0.2.7", 5);
    for (const Address* client : {&told, static_cast<const Address*>(nullptr)}) {
      Client asking(listener.getsockname());
      Socket accepted = listener.accept();
      const auto serving = spawn([&] { server.serve_connection(accepted, {}, client); });
      EXPECT_EQ(asking.get("/").body, client != nullptr ? "192.0.2.7:5" : asking.socket().getsockname().str());
      asking.socket().close();
      serving.join();
    }
  });
}

}  // namespace
}  // namespace loquat::http
