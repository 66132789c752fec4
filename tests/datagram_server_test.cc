// DatagramServer (server.h) on both pollers; the simulation has no datagrams.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <stdexcept>

#include "loquat/server.h"
#include "loquat/sync.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

const Address nearby("127.0.0.1", 0);

struct LastLine final : LogSink {
  void write(LogLevel, std::string_view line) override {
    const std::lock_guard lock(mutex);
    ++count;
    text = line;
  }
  std::mutex mutex;
  std::atomic<int> count{0};
  std::string text;
};

void answer(Socket& socket, const Message& message) { socket.sendto("got " + message.data, message.address); }

class Client {
 public:
  explicit Client(const DatagramServer& server) : socket_(AF_INET, SOCK_DGRAM) { socket_.connect(server.address()); }
  void send(std::string_view data) { socket_.sendall(data); }
  std::string receive() { return socket_.wait_readable(60s) ? socket_.recv(1000) : "nothing"; }
  std::string ask(std::string_view data) {
    send(data);
    return receive();
  }
  Socket& socket() { return socket_; }

 private:
  Socket socket_;
};

class Datagrams : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, Datagrams, ::testing::Values("epoll", "uring"), world_name);

TEST_P(Datagrams, AreAnsweredThroughTheServersSocket) {
  run([] {
    DatagramServer server(nearby, answer);
    server.start();
    Client one(server), two(server);  // connected, so each hears from the server's address only
    EXPECT_EQ(one.ask("a"), "got a");
    EXPECT_EQ(two.ask("b"), "got b");
    EXPECT_EQ(one.ask(""), "got ");
    EXPECT_EQ(two.ask(std::string(60'000, 'x')).size(), 1000u);
  });
}

TEST_P(Datagrams, AFailedHandlerIsLoggedAndHurtsNobodyElse) {
  run([] {
    LastLine log;
    DatagramServer server(nearby,
                          [](Socket& socket, const Message& message) {
                            if (message.data == "bad") throw std::runtime_error("planted");
                            answer(socket, message);
                          },
                          {.name = "responder", .log = &log});
    server.start();
    Client client(server);
    client.send("bad");
    EXPECT_EQ(client.ask("good"), "got good");
    EXPECT_EQ(log.text, "responder: " + client.socket().getsockname().str() + ": the handler failed: planted");
  });
}

TEST_P(Datagrams, BeyondTheLimitTheKernelKeepsThem) {
  run([] {
    Semaphore may_end(0);
    int at_once = 0, most = 0, handled = 0;
    DatagramServer server(nearby,
                          [&](Socket& socket, const Message& message) {
                            most = std::max(most, ++at_once);
                            may_end.acquire();
                            --at_once;
                            ++handled;
                            answer(socket, message);
                          },
                          {.max_handlers = 2});
    server.start();
    Client client(server);
    for (int i = 0; i < 6; ++i) client.send("x");
    while (at_once < 2) sleep(1ms);
    may_end.release(6);
    for (int i = 0; i < 6; ++i) EXPECT_EQ(client.receive(), "got x");
    EXPECT_EQ(most, 2);
  });
}

TEST_P(Datagrams, StopLetsHandlersAnswerAndThenCancels) {
  run(
      [] {
        Event begun, go;
        DatagramServer server(nearby, [&](Socket& socket, const Message& message) {
          begun.set();
          go.wait();
          answer(socket, message);
        });
        server.start();
        Client client(server);
        client.send("late");
        begun.wait();
        auto stopping = spawn([&] { return server.stop(60s); });
        sleep(2ms);
        EXPECT_FALSE(stopping.done());
        go.set();
        EXPECT_TRUE(stopping.get());
        EXPECT_EQ(client.receive(), "got late");
        go.clear();
        begun.clear();
        server.start();
        client.send("never");
        begun.wait();
        EXPECT_FALSE(server.stop(1ms));
        EXPECT_TRUE(server.stop());
      },
      2);
}

TEST_P(Datagrams, StopBeforeStartAndStartAgain) {
  run([] {
    DatagramServer server(nearby, answer);
    EXPECT_TRUE(server.stop());
    server.start();
    const Address address = server.address();
    Client client(server);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(client.ask("x"), "got x");
      if (i == 0) server.close();
      if (i == 1) server.stop();
      server.start();
      EXPECT_EQ(server.address(), address);
    }
  });
}

TEST_P(Datagrams, APortInUseIsNamedAndNotShared) {
  run([] {
    DatagramServer first(nearby, answer);
    first.start();
    DatagramServer second(first.address(), answer);
    try {
      second.start();
      ADD_FAILURE() << "two servers at one port";
    } catch (const OSError& error) {
      EXPECT_EQ(error.what(), "bind " + first.address().str() + ": Address already in use");
    }
  });
}

// The kernel reports that the peer has gone to the next call on a connected socket, whatever that is.
TEST_P(Datagrams, AnIcmpErrorEndsNothing) {
  run([] {
    Socket peer(AF_INET, SOCK_DGRAM), socket(AF_INET, SOCK_DGRAM);
    peer.bind(nearby);
    socket.bind(nearby);
    socket.connect(peer.getsockname());
    peer.connect(socket.getsockname());
    Socket sender = socket.dup();
    DatagramServer server(std::move(socket), [](Socket& own, const Message& message) { own.sendall(message.data); });
    auto serving = spawn([&] { server.serve_forever(); });
    const Address there = peer.getsockname();
    peer.close();
    sender.sendall("to nobody");
    Socket again(AF_INET, SOCK_DGRAM);
    again.bind(there);
    again.connect(server.address());
    again.sendall("still there?");
    EXPECT_EQ(again.recv(100), "still there?");
    EXPECT_FALSE(serving.done());
    server.stop();
    serving.get();
    EXPECT_THROW(server.start(), std::logic_error);
  });
}

TEST_P(Datagrams, OfUnixSocketsToo) {
  run([] {
    Socket socket(AF_UNIX, SOCK_DGRAM), client(AF_UNIX, SOCK_DGRAM);
    socket.bind(Address::unix_path(""));
    client.bind(Address::unix_path(""));
    DatagramServer server(std::move(socket), answer);
    server.start();
    client.sendto("x", server.address());
    EXPECT_EQ(client.recv(10), "got x");
  });
}

// The limit of a Unix datagram is its sender's SO_SNDBUF.
TEST_P(Datagrams, OfUnixSocketsAreWholeHoweverLong) {
  run([] {
    Socket socket(AF_UNIX, SOCK_DGRAM), client(AF_UNIX, SOCK_DGRAM);
    socket.bind(Address::unix_path(""));
    client.bind(Address::unix_path(""));
    DatagramServer server(std::move(socket), [](Socket& own, const Message& message) {
      own.sendto(std::to_string(message.data.size()) + (message.data == pattern(message.size) ? " " : " other ") +
                     std::to_string(message.flags),
                 message.address);
    });
    server.start();
    const auto most = static_cast<std::size_t>(client.getsockopt(SOL_SOCKET, SO_SNDBUF)) - 1000;
    for (const std::size_t size : {most, std::size_t{1}, std::size_t{65'537}, std::size_t{0}, most}) {
      client.sendto(pattern(size), server.address());
      EXPECT_EQ(client.recv(100), std::to_string(size) + " 0");
    }
  });
}

TEST_P(Datagrams, StopInAHandlerSaysWhy) {
  run([] {
    DatagramServer* server = nullptr;
    DatagramServer responder(nearby, [&](Socket& socket, const Message& message) {
      try {
        server->stop();
      } catch (const std::logic_error& error) {
        socket.sendto(error.what(), message.address);
      }
      server->close();
    });
    server = &responder;
    responder.start();
    Client client(responder);
    EXPECT_EQ(client.ask("quit"), "server: stop() in a handler would wait for itself; call close()");
    responder.stop();
  });
}

}  // namespace
}  // namespace loquat
