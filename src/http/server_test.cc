// What loquat/http.h promises about a server: accepting, taking connections over, its limit and its end.
#include <sys/socket.h>

#include <atomic>
#include <deque>

#include "http/http_test_client.h"

namespace loquat::http {
namespace {

class ServerIn : public InEveryWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, ServerIn, ::testing::Values("epoll", "uring", "sim"), world_name);

// The other fibers run, whatever the listener's own timeout is and however often accept(2) fails.
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
    if (GetParam() == "sim") return;  // it has only streams
    Server server(echo);
    Socket datagrams(AF_INET, SOCK_DGRAM);
    datagrams.bind({"127.0.0.1", 0});
    const auto serving = spawn([&] { server.serve(datagrams); });
    sleep(1ms);
    serving.cancel();
    serving.join();
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

class KernelServerIn : public InEveryWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, KernelServerIn, ::testing::Values("epoll", "uring"), world_name);

// A client for which connect(2) has succeeded, and which has sent `bytes`, before the server knows of it.
Socket queued_client(const Address& address, std::string_view bytes) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(fd, address.data(), address.size()), 0);
  EXPECT_EQ(::send(fd, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  return Socket::from_fd(fd);
}

bool is_refused(const Address& address) {
  try {
    const Client client(address);
    return false;
  } catch (const ConnectionRefusedError&) {
    return true;
  }
}

TEST_P(KernelServerIn, StopServesClientsThatAreQueued) {
  run([] {
    Site site(echo);
    sleep(0s);
    std::deque<Client> clients;
    for (int i = 0; i < 50; ++i) {
      clients.emplace_back(queued_client(site.address(), "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n"));
    }
    Client half(queued_client(site.address(), "GET /half HTTP/1.1\r\n"));
    Client silent(queued_client(site.address(), ""));
    site.server().stop();
    EXPECT_TRUE(silent.at_end());
    EXPECT_FALSE(silent.was_reset());
    for (int i = 0; i < 50; ++i) {
      Client& client = clients[static_cast<std::size_t>(i)];
      const Answer answer = client.answer();
      EXPECT_EQ(answer.body, "GET /" + std::to_string(i) + "|");
      EXPECT_EQ(answer["Connection"], "close");
      EXPECT_TRUE(client.at_end());
    }
    EXPECT_FALSE(site.server().wait_stopped(1ms));
    EXPECT_EQ(half.ask("Host: h\r\n\r\n").body, "GET /half|");
    EXPECT_TRUE(half.at_end());
    EXPECT_TRUE(site.server().wait_stopped(60s));
    EXPECT_TRUE(is_refused(site.address()));
  });
}

TEST_P(KernelServerIn, StopServesNoMoreThanItMay) {
  run([] {
    Site site(echo, {.max_connections = 2});
    sleep(0s);
    std::deque<Client> clients;
    for (int i = 0; i < 5; ++i)
      clients.emplace_back(queued_client(site.address(), "GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    site.server().stop();
    EXPECT_TRUE(site.server().wait_stopped(60s));
    EXPECT_EQ(clients[0].answer().body, "GET /|");
    int served = 1;
    for (std::size_t i = 1; i < clients.size(); ++i) served += clients[i].answer().status == 200 ? 1 : 0;
    EXPECT_EQ(served, 2);
  });
}

// wait_stopped() waits for connections that have been accepted and not begun.
TEST_P(KernelServerIn, ClientsThatComeDuringStopAreServedOrNot) {
  run(
      [] {
        std::atomic<int> begun{0};
        for (int round = 0; round < 20; ++round) {
          std::atomic<int> answered{0};
          const int before = begun;
          std::vector<Fiber<>> clients;
          {
            Site site([&](Request&, Response& response) { ++begun, response.send("x"); });
            sleep(0s);  // serve() has begun
            for (int i = 0; i < 20; ++i) {
              clients.push_back(spawn_on(static_cast<std::size_t>(i) % workers(), [&, i, address = site.address()] {
                for (int turn = 0; turn < i % 7; ++turn) sleep(0s);
                try {
                  if (Client(address).get("/").status == 200) ++answered;
                } catch (const ConnectionError&) {
                  // It came too late.
                }
              }));
            }
            for (int turn = 0; turn < round; ++turn) sleep(0s);
            site.server().stop();
            EXPECT_TRUE(site.server().wait_stopped(60s));
            const int all = begun;
            for (const auto& client : clients) client.get();
            EXPECT_EQ(begun, all);
            EXPECT_EQ(answered, all - before);
          }
        }
        EXPECT_GT(begun, 0);
      },
      3);
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

}  // namespace
}  // namespace loquat::http
