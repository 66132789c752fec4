// What loquat/http.h promises about responses.
#include <stdexcept>

#include "http/http_test_client.h"

namespace loquat::http {
namespace {

class ResponsesIn : public InEveryWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, ResponsesIn, ::testing::Values("epoll", "uring", "sim"), world_name);

TEST_P(ResponsesIn, StreamsWithAndWithoutALength) {
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
    const Answer head = client.send("HEAD /short HTTP/1.1\r\nHost: h\r\n\r\n").answer(true);
    EXPECT_NE(head["Content-Length"], "");
    EXPECT_EQ(head["Connection"], "") << "its body need not be written";
    EXPECT_EQ(client.get("/short").body, "cut short");
  });
}

TEST_P(ResponsesIn, NothingBreaksOutOfAHeaderLine) {
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

TEST_P(ResponsesIn, AnErrorHasItsFields) {
  run([] {
    Site site([](Request& request, Response& response) {
      EXPECT_THROW(Error(405).header("Allow", "GET\r\n"), std::invalid_argument);
      EXPECT_THROW(Error(405).header("Connection", "close"), std::invalid_argument);
      response.header("X-Dropped", "1");
      if (request.path() == "/method") throw Error(405).header("Allow", "GET, POST");
      throw Error(426, "TLS only").header("upgrade", "TLS/1.2").header("X", "1");
    });
    Client client = site.connect();
    Answer answer = client.get("/method");
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer["Allow"], "GET, POST");
    EXPECT_EQ(answer["Connection"], "");
    EXPECT_EQ(answer["X-Dropped"], "");
    answer = client.get("/");
    EXPECT_EQ(answer.body, "426 Upgrade Required\nTLS only\n");
    EXPECT_EQ(answer["Upgrade"], "TLS/1.2");
    EXPECT_EQ(answer["Connection"], "upgrade");
  });
}

TEST_P(ResponsesIn, StatusesWithoutContent) {
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

}  // namespace
}  // namespace loquat::http
