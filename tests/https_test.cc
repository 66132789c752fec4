// http::Server on a wrapped listener serves HTTPS only.
#include "http/http_test_client.h"
#include "http/static_folder_test_site.h"
#include "loquat/websocket.h"
#include "tests/tls_pair.h"

namespace loquat::http {
namespace {

class HttpsIn : public InEveryWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, HttpsIn, ::testing::Values("epoll", "uring", "sim"), world_name);

Socket https_listener(const SSLContext& context = server_context()) {
  return context.wrap_socket(create_server({"127.0.0.1", 0}), as_server());
}

Client https(const Address& address, const SSLContext& context = client_context()) {
  SSLSocket socket = context.wrap_socket(Socket(AF_INET), to("localhost"));
  socket.connect(address);
  return Client(std::move(socket));
}

void hello(Request& request, Response& response) { response.send(tls_info(request.socket())->version); }

constexpr std::string_view plain_request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST_P(HttpsIn, IsServedOnAWrappedListener) {
  run([] {
    Site site(https_listener(), hello);
    Client client = https(site.address());
    EXPECT_EQ(client.get("/").body, "TLSv1.3");
    EXPECT_EQ(client.get("/").body, "TLSv1.3") << "on the same connection";
  });
}

TEST_P(HttpsIn, SendsFiles) {
  run([] {
    const TestFolder folder;
    std::string bytes;
    for (int i = 0; bytes.size() < 1'000'000; ++i) bytes += std::to_string(i) + " ";
    folder.write("file", bytes);
    Site site(https_listener(), StaticFolder(folder.site()));
    Client client = https(site.address());
    EXPECT_TRUE(client.get("/file").body == bytes);
    EXPECT_TRUE(ask_for(client, "/file", "Range: bytes=65535-200001\r\n").body == bytes.substr(65535, 134467));
    EXPECT_EQ(client.get("/../file").status, 404);
  });
}

// As a client in the listener's queue: at most its first message has come.
TEST_P(HttpsIn, AClientThatComesDuringStopHasItsFirstRequest) {
  run([] {
    Socket listener = https_listener();
    Server server(hello);
    const auto client = spawn([address = listener.getsockname()] {
      Client one = https(address);
      EXPECT_EQ(one.get("/").body, "TLSv1.3");
      EXPECT_TRUE(one.at_end());
    });
    Socket socket = listener.accept();
    server.stop();
    server.serve_connection(socket);
    client.get();
    EXPECT_TRUE(server.wait_stopped(60s));
  });
}

TEST_P(HttpsIn, OneCallServesHttps) {
  run([] {
    Socket listener = create_server({"127.0.0.1", 0});
    const Address address = listener.getsockname();
    auto serving =
        spawn([&] { serve(server_context().wrap_socket(std::move(listener), {.server_side = true}), hello); });
    EXPECT_EQ(https(address).get("/").body, "TLSv1.3");
    serving.cancel();
    serving.join();
  });
}

TEST_P(HttpsIn, EachWorkerHasAListener) {
  run(
      [] {
        auto listeners = create_servers({"127.0.0.1", 0}, workers());
        const Address address = listeners.front().getsockname();
        auto serving = spawn([&] { serve(server_context().wrap_servers(std::move(listeners)), hello); });
        for (int i = 0; i < 8; ++i) EXPECT_EQ(https(address).get("/").body, "TLSv1.3");
        serving.cancel();
        serving.join();
      },
      2);
}

TEST_P(HttpsIn, PlainHttpGetsNoAnswerAndACleanEnd) {
  run([] {
    Site site(https_listener(), hello);
    for (const std::string_view first :
         {plain_request, std::string_view("NICK alice\r\n"), std::string_view("\0\0", 2)}) {
      Client plain = site.connect();
      plain.send(first);
      plain.end_sending();
      EXPECT_EQ(plain.rest().find("HTTP"), std::string::npos);
      EXPECT_FALSE(plain.was_reset());
    }
    EXPECT_EQ(https(site.address()).get("/").status, 200);
  });
}

TEST_P(HttpsIn, AnSniCallbacksExceptionEndsOnlyItsConnection) {
  run([] {
    MemoryLog log;
    SSLContext theirs = server_context();
    theirs.set_sni_callback([](const std::string& name) -> std::optional<SSLContext> {
      if (name == "number") throw 42;
      if (name == "error") throw std::runtime_error("no such host");
      if (name == "cancelled") throw Cancelled{};
      return {};
    });
    Site site(https_listener(theirs), hello, {.log = &log});
    for (const char* name : {"number", "error", "cancelled"}) {
      SSLSocket client = client_context().wrap_socket(Socket(AF_INET), to(name));
      EXPECT_THROW(client.connect(site.address()), SSLError);
    }
    EXPECT_EQ(https(site.address()).get("/").status, 200);
    ASSERT_EQ(log.lines.size(), 2u);
    EXPECT_EQ(log.lines[0], "http: a connection: an exception that is no std::exception");
    EXPECT_EQ(log.lines[1], "http: a connection: no such host");
  });
}

TEST_P(HttpsIn, ServesWebSockets) {
  run([] {
    Site site(https_listener(), [](Request& request, Response& response) {
      WebSocket ws = accept_websocket(request, response);
      while (auto message = ws.recv()) ws.send_text("echo " + message->data);
    });
    Client client = https(site.address());
    EXPECT_EQ(client
                  .ask("GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Origin: https://localhost\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                       "Sec-WebSocket-Version: 13\r\n\r\n")
                  .status,
              101);
    client.send(std::string("\x81\x82\0\0\0\0hi", 8));
    EXPECT_EQ(client.socket().recv(9, MSG_WAITALL),
              "\x81\x07"
              "echo hi");
  });
}

TEST_P(HttpsIn, StopEndsAHandshakeInProgress) {
  run([] {
    Site site(https_listener(), hello, {.header_timeout = 1h});
    Client silent = site.connect();
    Client half = site.connect();
    half.send(std::string("\x16\x03\x01\x02", 4));
    while (site.server().connections() < 2) sleep(1ms);
    site.server().stop();
    EXPECT_TRUE(site.server().wait_stopped(60s));
    for (Client* client : {&silent, &half}) {
      EXPECT_LE(client->rest().size(), 7u) << "at most an alert";
      EXPECT_FALSE(client->was_reset());
    }
  });
}

TEST_P(HttpsIn, StopAnswersARequestThatWasRead) {
  run([] {
    TlsPair pair = tls_pair();
    Server server(hello);
    server.stop();
    auto serving = spawn([&] { server.serve_connection(pair.server, std::string(plain_request)); });
    Client client(std::move(pair.client));
    const Answer answer = client.answer();
    EXPECT_EQ(answer.body, "TLSv1.3");
    EXPECT_EQ(answer["Connection"], "close");
    serving.get();
  });
}

// In virtual time, ten seconds are exact.
TEST(Https, AStalledHandshakeTimesOutAndDelaysNoOther) {
  simulated([] {
    Site site(https_listener(), hello);
    const TimePoint start = now();
    Client silent = site.connect();
    Client half = site.connect();
    half.send(std::string("\x16\x03\x01\x02", 4));
    Client slow = site.connect();
    auto trickle = spawn([&] {
      try {
        for (const char byte : std::string("\x16\x03\x01\x7f\xff", 5) + std::string(100, 'x')) {
          slow.send({&byte, 1});
          sleep(1s);
        }
      } catch (const OSError&) {
      }
    });
    EXPECT_EQ(https(site.address()).get("/").status, 200);
    EXPECT_LT(now() - start, 1s);
    EXPECT_TRUE(silent.at_end());
    EXPECT_TRUE(half.at_end());
    EXPECT_GE(now() - start, 10s);
    EXPECT_LT(now() - start, 11s);
    trickle.join();
    EXPECT_LT(now() - start, 20s);
  });
}

}  // namespace
}  // namespace loquat::http
