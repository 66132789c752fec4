// StreamServer (server.h) in every World: its handlers, its limit, and each way in which it ends.
#include "loquat/server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "loquat/group.h"
#include "loquat/run.h"
#include "loquat/sync.h"
#include "loquat/timeout.h"
#include "tests/tls_pair.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

class Lines final : public LogSink {
 public:
  void write(LogLevel level, std::string_view line) override {
    const std::lock_guard lock(mutex_);
    all_.push_back((level == LogLevel::error ? "error " : level == LogLevel::info ? "info " : "") + std::string(line));
  }
  std::size_t count(std::string_view what) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(all_.begin(), all_.end(), [&](auto& line) { return line.find(what) != std::string::npos; }));
  }
  std::string str() {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const std::string& line : all_) text += line + "\n";
    return text;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> all_;
};

const Address here("127.0.0.1", 0);

void echo(Socket& connection, const Address&) {
  for (std::string data; !(data = connection.recv(512)).empty();) connection.sendall(data);
}
void silent(Socket& connection, const Address&) { connection.recv(1); }

Socket client_of(const StreamServer& server) {
  Socket client(server.address().family());
  client.connect(server.address());
  return client;
}
bool echoes(Socket& client) {
  client.sendall("ping");
  return client.recv(4, MSG_WAITALL) == "ping";
}
bool echoes(const StreamServer& server) {
  Socket client = client_of(server);
  return echoes(client);
}
// The client has been closed, or reset since it had been queued.
bool ended(Socket& client) {
  std::string got;
  const int error = errc_of([&] { got = client.recv(1); });
  return got.empty() && (error == 0 || error == ECONNRESET);
}
bool refused(const Address& address) {
  Socket client(address.family());
  return errc_of([&] { client.connect(address); }) == ECONNREFUSED;
}
void until(const auto& holds) {
  while (!holds()) sleep(1ms);
}

class Servers : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, Servers, ::testing::Values("epoll", "uring", "sim"), world_name);

// --- serving -------------------------------------------------------------------------------------------------------

TEST_P(Servers, EachConnectionHasAHandlerWhichKnowsItsPeer) {
  run([] {
    Queue<Address> peers;
    StreamServer server(here, [&](Socket& connection, const Address& peer) {
      peers.put(peer);
      echo(connection, peer);
    });
    server.start();
    EXPECT_NE(server.address().port(), 0);
    Socket one = client_of(server), two = client_of(server);
    EXPECT_TRUE(echoes(two));
    EXPECT_TRUE(echoes(one));
    const Address first = *peers.get(), second = *peers.get();
    EXPECT_TRUE(first == one.getsockname() || second == one.getsockname());
    EXPECT_TRUE(first == two.getsockname() || second == two.getsockname());
    EXPECT_EQ(server.connections(), 2u);
  });
}

TEST_P(Servers, TheConnectionIsClosedWhenItsHandlerReturns) {
  run([] {
    StreamServer server(here, [](Socket& connection, const Address&) { connection.sendall("bye"); });
    server.start();
    Socket client = client_of(server);
    EXPECT_EQ(read_all(client), "bye");
    until([&] { return server.connections() == 0; });
  });
}

TEST_P(Servers, AHandlerMayKeepItsConnection) {
  run([] {
    Queue<Socket> kept;
    StreamServer server(here, [&](Socket& connection, const Address&) { kept.put(std::move(connection)); });
    server.start();
    Socket client = client_of(server);
    Socket other_end = *kept.get();
    EXPECT_TRUE(server.stop());
    other_end.sendall("still here");
    EXPECT_EQ(client.recv(10, MSG_WAITALL), "still here");
  });
}

// The peer that sends its end of stream still gets the answer.
TEST_P(Servers, AHalfClosedClientIsAnswered) {
  run([] {
    StreamServer server(here, [](Socket& connection, const Address&) { connection.sendall(read_all(connection)); });
    server.start();
    Socket client = client_of(server);
    client.sendall("question");
    client.shutdown(SHUT_WR);
    EXPECT_EQ(read_all(client), "question");
  });
}

TEST_P(Servers, AFailedHandlerIsLoggedAndHurtsNobodyElse) {
  run([] {
    Lines log;
    StreamServer server(here,
                        [](Socket& connection, const Address& peer) {
                          const std::string first = connection.recv(1);
                          if (first == "s") throw std::runtime_error("planted\nline");
                          if (first == "n") throw 42;
                          if (first == "t") throw_oserror(ETIMEDOUT, {"recv", {}, {}, 0});
                          if (first == "l") {
                            const Timeout limit(1ms, "the client");
                            connection.recv(1);
                          }
                          connection.sendall(first);
                          echo(connection, peer);
                        },
                        {.log = &log});
    server.start();
    Socket good = client_of(server);
    EXPECT_TRUE(echoes(good));
    for (const char* what : {"s", "n", "t", "l"}) {
      Socket bad = client_of(server);
      bad.sendall(what);
      EXPECT_TRUE(ended(bad));
      until([&] { return server.connections() == 1; });
    }
    EXPECT_TRUE(echoes(good));
    EXPECT_EQ(log.count("the handler failed: planted line"), 1u) << log.str();
    EXPECT_EQ(log.count("error server: 127.0.0.1:"), 2u) << log.str();
    EXPECT_EQ(log.count("no std::exception"), 1u) << log.str();
    EXPECT_EQ(log.count("the client took longer than 0.001 s"), 1u) << log.str();
    EXPECT_EQ(log.count("info server: 127.0.0.1:"), 2u) << log.str();
  });
}

TEST(Server, WithoutALogOfItsOwnItUsesTheRuns) {
  Lines log;
  loquat::run(
      [] {
        StreamServer server(here, [](Socket&, const Address&) { throw std::runtime_error("planted"); });
        server.start();
        Socket client = client_of(server);
        EXPECT_TRUE(ended(client));
        EXPECT_TRUE(server.stop());
      },
      {.log = &log});
  EXPECT_EQ(log.count("the handler failed: planted"), 1u) << log.str();
}

TEST(Server, WithoutAnyLogAFailureGoesToStandardError) {
  ::testing::internal::CaptureStderr();
  loquat::run([] {
    StreamServer server(here, [](Socket&, const Address&) { throw std::runtime_error("planted"); });
    server.start();
    Socket client = client_of(server);
    EXPECT_TRUE(ended(client));
    EXPECT_TRUE(server.stop());
    sleep(0s);
  });
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("planted"), std::string::npos);
}

// --- the limit -----------------------------------------------------------------------------------------------------

TEST_P(Servers, ClientsBeyondTheLimitWaitUntilAHandlerHasEnded) {
  run([] {
    std::atomic<int> at_once{0}, most{0};
    StreamServer server(here,
                        [&](Socket& connection, const Address& peer) {
                          const int now_running = ++at_once;
                          if (now_running > most) most = now_running;
                          connection.sendall("in");
                          echo(connection, peer);
                          --at_once;
                        },
                        {.max_connections = 2});
    server.start();
    std::vector<Socket> clients;
    for (int i = 0; i < 6; ++i) clients.push_back(client_of(server));
    for (Socket& client : clients) {
      EXPECT_EQ(client.recv(2, MSG_WAITALL), "in");
      client.close();
    }
    until([&] { return server.connections() == 0; });
    EXPECT_EQ(most, 2);
  });
}

TEST_P(Servers, AThousandConnectionsAtOnce) {
  run(
      [] {
        StreamServer server(here, echo, {.backlog = 1024});
        server.start();
        std::vector<Socket> clients;
        for (int i = 0; i < 1000; ++i) clients.push_back(client_of(server));
        for (Socket& client : clients) client.sendall("ping");
        for (Socket& client : clients) EXPECT_EQ(client.recv(4, MSG_WAITALL), "ping");
        EXPECT_EQ(server.connections(), 1000u);
        clients.clear();
        EXPECT_TRUE(server.stop(60s));
      },
      2);
}

TEST_P(Servers, EachWorkerServes) {
  run(
      [] {
        Mutex mutex;
        std::vector<std::size_t> seen(workers(), 0);
        StreamServer server(here, [&](Socket& connection, const Address&) {
          {
            const std::lock_guard lock(mutex);
            ++seen[worker()];
          }
          connection.sendall("x");
        });
        server.start();
        const auto all_seen = [&] {
          const std::lock_guard lock(mutex);
          return std::count(seen.begin(), seen.end(), 0u) == 0;
        };
        while (!all_seen()) {
          Socket client = client_of(server);
          EXPECT_EQ(read_all(client), "x");
        }
      },
      3);
}

TEST_P(Servers, ServesListenersThatItIsGiven) {
  run(
      [] {
        std::vector<Socket> listeners;
        for (int i = 0; i < 3; ++i) listeners.push_back(create_server(here));
        const Address last = listeners[2].getsockname();
        StreamServer server(std::move(listeners), echo);
        server.start();
        EXPECT_TRUE(echoes(server));
        Socket client(AF_INET);
        client.connect(last);
        EXPECT_TRUE(echoes(client));
      },
      2);
}

// --- stop ----------------------------------------------------------------------------------------------------------

TEST_P(Servers, StopLetsHandlersFinish) {
  run(
      [] {
        StreamServer server(here, [](Socket& connection, const Address&) {
          connection.sendall("in");
          connection.sendall("late " + connection.recv(1));
        });
        server.start();
        Socket client = client_of(server);
        EXPECT_EQ(client.recv(2, MSG_WAITALL), "in");
        auto stopping = spawn([&] { return server.stop(60s); });
        until([&] { return refused(server.address()); });
        EXPECT_FALSE(stopping.done());
        client.sendall("!");
        EXPECT_EQ(read_all(client), "late !");
        EXPECT_TRUE(stopping.get());
      },
      2);
}

class KernelServers : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, KernelServers, ::testing::Values("epoll", "uring"), world_name);

// Clients for which connect(2) has succeeded before the server knows of them.
std::vector<Socket> queued_clients(const Address& address, int count) {
  std::vector<Socket> clients;
  for (int i = 0; i < count; ++i) {
    const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(fd, address.data(), address.size()), 0);
    clients.push_back(Socket::from_fd(fd));
  }
  return clients;
}

TEST_P(KernelServers, StopServesClientsThatAreQueued) {
  run([] {
    StreamServer server(here, [](Socket& connection, const Address&) { connection.sendall("served"); });
    server.start();
    sleep(0s);
    std::vector<Socket> clients = queued_clients(server.address(), 50);
    EXPECT_TRUE(server.stop(60s));
    for (Socket& client : clients) EXPECT_EQ(read_all(client), "served");
  });
}

TEST_P(KernelServers, AcceptingManyDoesNotDelayTheFirst) {
  run([] {
    std::size_t others = 1000;
    StreamServer* all = nullptr;
    StreamServer server(here, [&](Socket&, const Address&) { others = std::min(others, all->connections()); },
                        {.backlog = 1024});
    all = &server;
    server.start();
    std::vector<Socket> clients = queued_clients(server.address(), 800);
    for (Socket& client : clients) EXPECT_TRUE(ended(client));
    EXPECT_LT(others, 400u);
  });
}

// No handler starts after stop() has looked: each client is served whole, or not at all.
TEST_P(KernelServers, ClientsThatComeDuringStopAreServedOrNot) {
  run(
      [] {
        std::atomic<int> begun{0}, served{0};
        StreamServer server(here, [&](Socket& connection, const Address&) {
          ++begun;
          connection.sendall(connection.recv(1));
        });
        for (int round = 0; round < 20; ++round) {
          server.start();
          Group clients;
          for (std::size_t i = 0; i < 40; ++i) {
            clients.spawn_on(i % workers(), [&, i] {
              for (std::size_t turn = 0; turn < i % 7; ++turn) sleep(0s);
              try {
                Socket client = client_of(server);
                client.sendall("x");
                if (client.recv(1) == "x") ++served;
              } catch (const ConnectionError&) {
                // It came too late.
              }
            });
          }
          for (int turn = 0; turn < round; ++turn) sleep(0s);
          EXPECT_TRUE(server.stop(60s));
          const int all = begun;
          EXPECT_EQ(server.connections(), 0u);
          clients.join();
          EXPECT_EQ(begun, all);
        }
        EXPECT_EQ(served, begun);
        EXPECT_GT(served, 0);
      },
      3);
}

TEST_P(Servers, StopCancelsHandlersThatAreLeftAndWaitsForTheirEnd) {
  run(
      [] {
        std::atomic<int> begun{0}, cleaned{0};
        StreamServer server(here, [&](Socket& connection, const Address&) {
          struct CleanUp {
            std::atomic<int>& count;
            ~CleanUp() {
              const CancelShield shield;
              sleep(2ms);
              ++count;
            }
          } clean_up{cleaned};
          ++begun;
          connection.recv(1);
        });
        server.start();
        std::vector<Socket> clients;
        for (int i = 0; i < 10; ++i) clients.push_back(client_of(server));
        until([&] { return begun == 10; });
        EXPECT_FALSE(server.stop(5ms));
        EXPECT_EQ(cleaned, 10);
        EXPECT_EQ(server.connections(), 0u);
        for (Socket& client : clients) EXPECT_TRUE(ended(client));
      },
      2);
}

TEST_P(Servers, AHandlerThatCatchesCancelledIsToldAgain) {
  run([] {
    int caught = 0;
    StreamServer server(here, [&](Socket& connection, const Address&) {
      connection.sendall("in");
      while (caught < 2) {
        try {
          connection.recv(1);
        } catch (const Cancelled&) {
          ++caught;
        }
      }
    });
    server.start();
    Socket client = client_of(server);
    EXPECT_EQ(client.recv(2, MSG_WAITALL), "in");
    EXPECT_FALSE(server.stop(0s));
    EXPECT_EQ(caught, 2);
  });
}

TEST_P(Servers, StopTwiceAndBeforeStart) {
  run([] {
    StreamServer server(here, echo);
    EXPECT_TRUE(server.stop());
    server.start();
    EXPECT_TRUE(echoes(server));
    EXPECT_TRUE(server.stop(60s));
    EXPECT_TRUE(server.stop());
    EXPECT_TRUE(refused(server.address()));
  });
}

TEST_P(Servers, TwoStopsAtOnceBothWait) {
  run(
      [] {
        StreamServer server(here, silent);
        server.start();
        Socket client = client_of(server);
        until([&] { return server.connections() == 1; });
        auto patient = spawn([&] { return server.stop(60s); });
        until([&] { return refused(server.address()); });
        auto second = spawn([&] { return server.stop(0s); });
        sleep(5ms);
        EXPECT_FALSE(second.done());
        client.close();
        EXPECT_TRUE(patient.get());
        EXPECT_TRUE(second.get());
      },
      2);
}

TEST_P(Servers, StartsAgainAtTheSameAddress) {
  run([] {
    StreamServer server(here, echo);
    server.start();
    server.start();
    const Address address = server.address();
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(echoes(server));
      EXPECT_TRUE(server.stop(60s));
      EXPECT_TRUE(refused(address));
      server.start();
      EXPECT_EQ(server.address(), address);
    }
    EXPECT_TRUE(echoes(server));
    server.close();
    server.start();
    EXPECT_TRUE(echoes(server));
  });
}

TEST_P(Servers, AClientThatComesBeforeStartIsServed) {
  run([] {
    Socket listener = create_server(here);
    StreamServer server(std::move(listener), echo);
    Socket client = client_of(server);
    client.sendall("ping");
    EXPECT_FALSE(client.wait_readable(5ms));
    server.start();
    EXPECT_EQ(client.recv(4, MSG_WAITALL), "ping");
  });
}

TEST_P(Servers, GivenSocketsAreClosedForGood) {
  run([] {
    StreamServer server(create_server(here), echo);
    server.start();
    EXPECT_TRUE(echoes(server));
    server.stop();
    EXPECT_THROW(server.start(), std::logic_error);
    EXPECT_THROW(StreamServer(std::vector<Socket>(), echo), std::invalid_argument);
  });
}

TEST_P(Servers, DestroyingARunningServerEndsItsHandlers) {
  run(
      [] {
        std::atomic<int> running{0};
        std::optional<Socket> client;
        {
          StreamServer server(here, [&](Socket& connection, const Address&) {
            ++running;
            struct Less {
              std::atomic<int>& count;
              ~Less() { --count; }
            } less{running};
            connection.recv(1);
          });
          server.start();
          client = client_of(server);
          until([&] { return running == 1; });
        }
        EXPECT_EQ(running, 0);
        EXPECT_TRUE(ended(*client));
      },
      2);
}

TEST_P(Servers, AHandlerMayCloseItsServerButNotWaitForIt) {
  run([] {
    std::string sentence;
    std::optional<StreamServer> server;
    server.emplace(here, [&](Socket& connection, const Address&) {
      connection.recv(1);
      try {
        server->stop();
      } catch (const std::logic_error& error) {
        sentence = error.what();
      }
      server->close();
      connection.sendall("closed");
    });
    server->start();
    const Address address = server->address();
    Socket client = client_of(*server);
    auto serving = spawn([&] { server->serve_forever(60s); });
    client.sendall("q");
    EXPECT_EQ(read_all(client), "closed");
    serving.get();
    EXPECT_EQ(sentence, "server: stop() in a handler would wait for itself; call close()");
    EXPECT_TRUE(refused(address));
  });
}

TEST_P(Servers, AConnectionThatWaitsForRoomIsClosedAtTheEnd) {
  run([] {
    StreamServer server(here, silent, {.max_connections = 1});
    server.start();
    Socket first = client_of(server), second = client_of(server), third = client_of(server);
    until([&] { return server.connections() == 1; });
    EXPECT_FALSE(server.stop(0s));
    for (Socket* each : {&first, &second, &third}) EXPECT_TRUE(ended(*each));
  });
}

// --- serve_forever -------------------------------------------------------------------------------------------------

TEST_P(Servers, ServeForeverReturnsWhenStopHasFinished) {
  run(
      [] {
        StreamServer server(here, silent);
        auto serving = spawn([&] { server.serve_forever(0s); });
        until([&] { return server.address().port() != 0; });
        Socket client = client_of(server);
        until([&] { return server.connections() == 1; });
        auto stopping = spawn([&] { return server.stop(60s); });
        until([&] { return refused(server.address()); });
        sleep(5ms);
        EXPECT_FALSE(serving.done());  // the timeout of the first stop() holds
        client.close();
        EXPECT_TRUE(stopping.get());
        serving.get();
      },
      1);
}

TEST_P(Servers, ServeForeverStopsWhenItsCallerIsCancelled) {
  run([] {
    StreamServer server(here, silent);
    auto serving = spawn([&] { server.serve_forever(60s); });
    until([&] { return server.address().port() != 0; });
    Socket client = client_of(server);
    until([&] { return server.connections() == 1; });
    serving.cancel();
    until([&] { return refused(server.address()); });
    EXPECT_FALSE(serving.done());
    client.close();
    EXPECT_THROW(serving.get(), CancelledError);
  });
}

TEST_P(KernelServers, AListenerThatSomebodyElseClosesEndsTheServerAloud) {
  run([] {
    Lines log;
    Socket listener = create_server(here);
    Socket other = listener.dup();
    std::vector<Socket> both;
    both.push_back(std::move(listener));
    both.push_back(create_server(here));
    const Address second = both[1].getsockname();
    StreamServer server(std::move(both), echo, {.log = &log});
    auto serving = spawn([&] { server.serve_forever(60s); });
    EXPECT_TRUE(echoes(server));
    other.shutdown(SHUT_RD);
    EXPECT_EQ(errc_of([&] { serving.get(); }), EBADF);
    EXPECT_EQ(log.count("error server: serving has ended: accept 127.0.0.1:"), 1u) << log.str();
    EXPECT_TRUE(refused(second));
  });
}

TEST_P(Servers, APortInUseIsNamed) {
  run([] {
    StreamServer first(here, echo), second(here, echo);
    first.start();
    StreamServer taken(first.address(), echo);
    try {
      taken.start();
      ADD_FAILURE() << "two servers at one port";
    } catch (const OSError& error) {
      EXPECT_EQ(error.errc(), EADDRINUSE);
      EXPECT_EQ(error.what(), "bind " + first.address().str() + ": Address already in use");
    }
    first.stop();
    taken.start();
    EXPECT_TRUE(echoes(taken));
  });
}

TEST(Server, OutsideOfARunStartThrows) {
  StreamServer server(here, echo);
  EXPECT_THROW(server.start(), std::logic_error);
  EXPECT_TRUE(server.stop());
}

TEST(Server, MayOutliveItsRun) {
  StreamServer server(here, silent);
  std::optional<Socket> client;
  loquat::run([&] {
    server.start();
    client = client_of(server);
    until([&] { return server.connections() == 1; });
  });
  EXPECT_EQ(server.connections(), 0u);
  loquat::run([&] {
    server.stop();
    server.start();
    client = client_of(server);
    until([&] { return server.connections() == 1; });
  });
}

TEST(Server, AThreadMayStopIt) {
  loquat::run([] {
    StreamServer server(here, silent);
    server.start();
    Socket client = client_of(server);
    until([&] { return server.connections() == 1; });
    bool graceful = true;
    Event done;
    std::thread thread([&] {
      graceful = server.stop(1ms);
      done.set();
    });
    done.wait();
    thread.join();
    EXPECT_FALSE(graceful);
  });
}

// --- shortages, TLS ------------------------------------------------------------------------------------------------

TEST(Server, WithoutDescriptorsClientsWait) {
  for (const std::uint64_t seed : testing::seeds(3)) {
    SCOPED_TRACE("LOQUAT_SEED=" + std::to_string(seed));
    testing::SimOptions options;
    options.descriptors = 6;
    testing::simulate(
        seed,
        [] {
          Lines log;
          StreamServer server(here, echo, {.log = &log});
          server.start();
          Socket client(AF_INET);
          std::vector<Socket> all;
          while (errc_of([&] { all.emplace_back(AF_INET); }) == 0) continue;
          client.connect(server.address());
          sleep(5s);
          EXPECT_EQ(log.count("server: connections have to wait: accept"), 1u) << log.str();
          all.clear();
          EXPECT_TRUE(echoes(client));
        },
        options);
  }
}

// From now on this process gets no further descriptor.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    ::close(next);
    const rlimit less{static_cast<rlim_t>(next), before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &less), 0);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST_P(KernelServers, TheKernelsShortageIsWaitedOutToo) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need what runs out here";
#endif
  run([] {
    Lines log;
    StreamServer server(here, echo, {.log = &log});
    server.start();
    Socket client(AF_INET);
    {
      const NoDescriptors shortage;
      client.connect(server.address());
      client.sendall("ping");
      until([&] { return log.count("server: connections have to wait: accept") == 1; });
      EXPECT_NE(log.str().find("Too many open files"), std::string::npos) << log.str();
    }
    EXPECT_EQ(client.recv(4, MSG_WAITALL), "ping");
  });
}

TEST(Server, StopsWithoutDescriptorsToo) {
  testing::SimOptions options;
  options.descriptors = 4;
  testing::simulate(
      1,
      [] {
        StreamServer server(here, echo);
        server.start();
        Socket client(AF_INET);
        std::vector<Socket> all;
        while (errc_of([&] { all.emplace_back(AF_INET); }) == 0) continue;
        client.connect(server.address());
        sleep(1s);
        const TimePoint before = now();
        EXPECT_TRUE(server.stop(60s));
        EXPECT_LT(now() - before, 1s);
        EXPECT_TRUE(ended(client));
      },
      options);
}

std::vector<Socket> wrapped(std::size_t count = 1) {
  return server_context().wrap_servers(create_servers(here, count));
}

TEST_P(Servers, TlsClientsAreServedWhileASilentOneIsDisconnected) {
  run([] {
    Lines log;
    StreamServer server(wrapped(), echo, {.handshake_timeout = 2s, .log = &log});
    server.start();
    Socket dumb = client_of(server);
    SSLSocket client = client_context().wrap_socket(client_of(server), to("localhost"));
    EXPECT_TRUE(echoes(client));
    EXPECT_TRUE(ended(dumb));
    until([&] { return server.connections() == 1; });
    EXPECT_EQ(log.count("info server: 127.0.0.1:"), 1u) << log.str();
    EXPECT_EQ(log.count("do_handshake: Connection timed out"), 1u) << log.str();
    EXPECT_TRUE(echoes(client));
  });
}

TEST_P(Servers, AFailedHandshakeIsToldAndLogged) {
  run([] {
    Lines log;
    std::atomic<int> handled{0};
    SSLContext context = server_context();
    context.set_alpn_protocols({"theirs"});
    StreamServer server(context.wrap_servers(create_servers(here, 1)), [&](Socket&, const Address&) { ++handled; },
                        {.log = &log});
    server.start();
    SSLContext other = client_context();
    other.set_alpn_protocols({"ours"});
    try {
      other.wrap_socket(client_of(server), to("localhost"));
      ADD_FAILURE() << "no common protocol";
    } catch (const SSLError& error) {
      EXPECT_NE(error.reason().find("no application protocol"), std::string::npos) << error.what();
    }
    until([&] { return server.connections() == 0; });
    EXPECT_EQ(log.count("info server: 127.0.0.1:"), 1u) << log.str();
    EXPECT_EQ(handled, 0);
  });
}

TEST_P(Servers, StopEndsAHandshake) {
  run([] {
    StreamServer server(wrapped(), echo);
    server.start();
    Socket dumb = client_of(server);
    until([&] { return server.connections() == 1; });
    EXPECT_FALSE(server.stop(0s));
    EXPECT_TRUE(ended(dumb));
  });
}

}  // namespace
}  // namespace loquat
