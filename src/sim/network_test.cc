// The simulated network under the public API: what travels, what is bounded, and the faults that a test may ask for.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <functional>
#include <string>
#include <vector>

#include "loquat/sync.h"
#include "loquat/testing.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using testing::SimOptions;
using testing::SimReport;
using testing::simulate;

struct Pair {
  Socket client;
  Socket server;
};

Pair connected(const Address& address = Address("127.0.0.1", 0)) {
  Socket listener = create_server(address);
  auto accepted = spawn([&] { return listener.accept(); });
  Socket client(address.family());
  client.connect(listener.getsockname());
  return {std::move(client), accepted.get()};
}

std::string read_all(Socket& socket, std::size_t size = 4096) {
  std::string all;
  for (std::string piece; !(piece = socket.recv(size)).empty();) all += piece;
  return all;
}

int errc_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const OSError& e) {
    return e.errc();
  }
  return 0;
}

void each_seed(const std::function<void()>& body, const SimOptions& options = {}) {
  for (std::uint64_t seed : testing::seeds(20)) {
    SCOPED_TRACE("LOQUAT_SEED=" + std::to_string(seed));
    simulate(seed, body, options);
  }
}

TEST(Network, StreamsArriveInPieces) {
  std::size_t one_piece = 0, byte_sized = 0;
  each_seed([&] {
    Pair pair = connected();
    auto sender = spawn([&] {
      pair.client.sendall(std::string(300, 'x'));
      pair.client.close();
    });
    std::vector<std::size_t> sizes;
    for (std::string piece; !(piece = pair.server.recv(1000)).empty();) sizes.push_back(piece.size());
    one_piece += sizes.size() == 1 ? 1 : 0;
    byte_sized += std::count(sizes.begin(), sizes.end(), 1u) > 0 ? 1 : 0;
  });
  EXPECT_GT(one_piece, 0u) << "some seeds deliver whole";
  EXPECT_LT(one_piece, 15u) << "most do not";
  EXPECT_GT(byte_sized, 0u);
}

TEST(Network, ByteByByte) {
  SimOptions options;
  options.max_segment = 1;
  options.min_latency = options.max_latency = 0ns;
  SimReport report;
  options.report = &report;
  simulate(
      1,
      [] {
        Pair pair = connected();
        testing::set_latency(pair.client, 1us, 1ms);
        pair.client.sendall("hello");
        pair.client.close();
        EXPECT_EQ(read_all(pair.server), "hello");
      },
      options);
  EXPECT_EQ(report.bytes, 5u);
  EXPECT_GT(report.events, 10u);
}

TEST(Network, ASlowReaderBlocksItsWriter) {
  SimOptions options;
  options.send_buffer = 10'000;
  options.receive_buffer = 20'000;
  each_seed(
      [] {
        Pair pair = connected();
        std::size_t sent = 0;
        auto writer = spawn([&] {
          std::string block(1000, 'x');
          while (sent < 100'000) {
            pair.client.sendall(block);
            sent += block.size();
          }
          pair.client.close();
        });
        sleep(1min);
        EXPECT_GE(sent, 26'000u) << "a writer goes on only when a third of its buffer is free";
        EXPECT_LE(sent, 30'000u);
        EXPECT_EQ(read_all(pair.server, 777).size(), 100'000u);
        writer.get();
      },
      options);
}

TEST(Network, LatencyIsWhatWasAskedFor) {
  SimOptions options;
  options.min_latency = options.max_latency = 10ms;
  each_seed(
      [] {
        TimePoint start = now();
        Pair pair = connected();
        EXPECT_EQ(now() - start, 30ms) << "SYN, SYN-ACK, ACK";
        start = now();
        pair.client.sendall("x");
        EXPECT_EQ(pair.server.recv(1), "x");
        EXPECT_EQ(now() - start, 10ms);
        testing::set_latency(pair.server, 1s, 1s);
        start = now();
        pair.client.sendall("x");
        EXPECT_EQ(pair.server.recv(1), "x");
        EXPECT_EQ(now() - start, 1s);
      },
      options);
}

TEST(Network, LaterBytesDoNotOvertake) {
  each_seed([] {
    Pair pair = connected();
    testing::set_latency(pair.client, 10s, 10s);
    pair.client.sendall("slow ");
    testing::set_latency(pair.client, 1ms, 1ms);
    pair.client.sendall("fast");
    pair.client.shutdown(SHUT_WR);
    EXPECT_EQ(read_all(pair.server), "slow fast");
  });
}

TEST(Network, ResetDropsBothEnds) {
  each_seed([] {
    Pair pair = connected();
    auto reader = spawn([&] { return errc_of([&] { pair.client.recv(1); }); });
    testing::reset(pair.server);
    EXPECT_EQ(errc_of([&] { pair.server.recv(1); }), ECONNRESET);
    EXPECT_EQ(reader.get(), ECONNRESET);
    EXPECT_EQ(errc_of([&] { pair.client.sendall("x"); }), EPIPE);
  });
}

TEST(Network, StopReadingBlocksTheWriter) {
  each_seed([] {
    Pair pair = connected();
    testing::stop_reading(pair.server);
    auto reader = spawn([&] { return read_all(pair.server); });
    auto writer = spawn([&] {
      pair.client.sendall(std::string(1'000'000, 'x'));
      pair.client.close();
    });
    sleep(1min);
    EXPECT_FALSE(reader.done());
    EXPECT_FALSE(writer.done());
    testing::resume_reading(pair.server);
    EXPECT_EQ(reader.get().size(), 1'000'000u);
    writer.get();
  });
}

TEST(Network, APartitionDelaysAStream) {
  each_seed([] {
    Pair pair = connected(Address("10.0.0.1", 0));
    testing::partition("10.0.0.1", "", 30s);
    TimePoint start = now();
    pair.client.sendall("later");
    EXPECT_EQ(pair.server.recv(1), "l");
    EXPECT_EQ(now() - start, 30s);
  });
}

TEST(Network, APartitionBetweenTwoHostsLeavesOthersAlone) {
  each_seed([] {
    Socket listener = create_server({"10.0.0.1", 0});
    auto join_from = [&](const char* host) {
      Socket socket(AF_INET);
      socket.bind({host, 0});
      socket.connect(listener.getsockname());
      return socket;
    };
    testing::partition("10.0.0.1", "10.0.0.2", 20s);
    TimePoint start = now();
    Socket near = join_from("10.0.0.3");
    EXPECT_EQ(near.getsockname().host(), "10.0.0.3");
    EXPECT_LT(now() - start, 1s);
    Socket far = join_from("10.0.0.2");
    EXPECT_GE(now() - start, 20s) << "the SYN that was sent again";
    EXPECT_LT(now() - start, 32s);
  });
}

TEST(Network, TcpGivesUpInALongPartition) {
  each_seed([] {
    Pair pair = connected(Address("10.0.0.1", 0));
    testing::partition("10.0.0.1", "", 10h);
    TimePoint start = now();
    Socket late(AF_INET);
    EXPECT_EQ(errc_of([&] { late.connect(Address("10.0.0.1", 9)); }), ETIMEDOUT);
    EXPECT_EQ(now() - start, 127s);
    start = now();
    pair.client.sendall("never arrives");
    EXPECT_EQ(errc_of([&] { pair.client.recv(1); }), ETIMEDOUT);
    EXPECT_GE(now() - start, 900s);
    EXPECT_LE(now() - start, 1000s);
    EXPECT_FALSE(pair.server.wait_readable(1h)) << "the other end knows nothing";
  });
}

TEST(Network, TcpUserTimeoutEndsAConnectionSooner) {
  each_seed([] {
    Pair pair = connected(Address("10.0.0.1", 0));
    pair.client.setsockopt(IPPROTO_TCP, TCP_USER_TIMEOUT, 60'000);
    testing::partition("10.0.0.1", "", 10h);
    const TimePoint start = now();
    pair.client.sendall("never arrives");
    EXPECT_EQ(errc_of([&] { pair.client.recv(1); }), ETIMEDOUT);
    EXPECT_GE(now() - start, 60s);
    EXPECT_LE(now() - start, 61s);
  });
}

TEST(Network, RefusedForATime) {
  each_seed([] {
    Socket listener = create_server({"127.0.0.1", 7777});
    testing::refuse({"127.0.0.1", 7777}, 10s);
    EXPECT_THROW(create_connection("127.0.0.1", 7777), ConnectionRefusedError);
    sleep(10s);
    create_connection("127.0.0.1", 7777);
  });
}

TEST(Network, SeededFaults) {
  SimOptions options;
  options.refuse_one_in = 4;
  options.reset_one_in = 4;
  int refused = 0, reset = 0, fine = 0;
  each_seed(
      [&] {
        Socket listener = create_server({"127.0.0.1", 7777});
        auto serve = [](Socket& peer) {
          while (!peer.recv(100).empty()) {
          }
          sleep(10s);
          peer.sendall("done");
        };
        auto server = spawn([&] {
          errc_of([&] {  // until the listener is closed
            for (;;) {
              spawn([serve, peer = std::make_shared<Socket>(listener.accept())] { errc_of([&] { serve(*peer); }); });
            }
          });
        });
        for (int i = 0; i < 20; ++i) {
          int error = errc_of([] {
            Socket socket = create_connection("127.0.0.1", 7777);
            socket.sendall("hello");
            socket.shutdown(SHUT_WR);
            EXPECT_EQ(read_all(socket), "done");
          });
          refused += error == ECONNREFUSED;
          reset += error == ECONNRESET;
          fine += error == 0;
        }
      },
      options);
  EXPECT_EQ(refused + reset + fine, 400);
  EXPECT_NEAR(refused, 100, 40);
  EXPECT_NEAR(reset, 75, 40);
}

TEST(Network, AFullQueueMakesClientsTryAgain) {
  each_seed([] {
    Socket listener = create_server({"127.0.0.1", 0}, 1);
    TimePoint start = now();
    std::vector<Fiber<>> clients;
    for (int i = 0; i < 4; ++i) {
      clients.push_back(spawn([&] {
        Socket socket(AF_INET);
        socket.connect(listener.getsockname());
        EXPECT_EQ(socket.recv(1), "");
      }));
    }
    sleep(500ms);
    for (int i = 0; i < 4; ++i) listener.accept();
    for (auto& client : clients) client.get();
    EXPECT_GE(now() - start, 1s);
    EXPECT_LT(now() - start, 4s);
  });
}

TEST(Network, ListenersOfAllWorkersShareAPort) {
  SimOptions options;
  options.workers = 3;
  each_seed(
      [] {
        auto listeners = create_servers({"127.0.0.1", 0}, workers());
        std::vector<int> accepted(workers());
        std::vector<Fiber<>> servers;
        for (std::size_t i = 0; i < workers(); ++i) {
          servers.push_back(spawn_on(i, [&, i] {
            errc_of([&] {  // until they are closed
              for (;;) {
                Socket peer = listeners[i].accept();
                ++accepted[i];
              }
            });
          }));
        }
        for (int i = 0; i < 60; ++i) {
          Socket socket = create_connection("127.0.0.1", listeners[0].getsockname().port());
          EXPECT_EQ(socket.recv(1), "");
        }
        EXPECT_EQ(accepted[0] + accepted[1] + accepted[2], 60);
        for (int count : accepted) EXPECT_GT(count, 3);
        EXPECT_EQ(errc_of([&] { create_server(listeners[0].getsockname()); }), EADDRINUSE);
      },
      options);
}

TEST(Network, UnixSocketsTakeNoTime) {
  each_seed([] {
    TimePoint start = now();
    Pair pair = connected(Address::unix_path("/run/chat.sock"));
    pair.client.sendall("hello");
    pair.client.close();
    EXPECT_EQ(read_all(pair.server), "hello");
    EXPECT_EQ(now(), start);
    EXPECT_EQ(pair.server.getsockname().str(), "unix:/run/chat.sock");
  });
}

TEST(Network, RacesAddressesThatDoNotAnswer) {
  SimOptions options;
  options.hosts["both.example"] = {"2001:db8::1", "192.0.2.1"};
  each_seed(
      [] {
        Socket listener = create_server({"192.0.2.1", 80});
        testing::partition("2001:db8::1", "", 1h);
        TimePoint start = now();
        Socket socket = create_connection("both.example", 80);
        EXPECT_EQ(socket.getpeername().host(), "192.0.2.1");
        EXPECT_GE(now() - start, 250ms);
        EXPECT_LT(now() - start, 300ms);
      },
      options);
}

TEST(Network, DescriptorsRunOut) {
  SimOptions options;
  options.descriptors = 3;
  each_seed(
      [] {
        Pair pair = connected();
        pair.server.close();
        Socket a(AF_INET), b(AF_INET);
        EXPECT_EQ(errc_of([] { Socket c(AF_INET); }), EMFILE);
        a.close();
        Socket c(AF_INET);
      },
      options);
}

// Sends `data` in random pieces under random timeouts; what has timed out is tried again.
void send_in_pieces(Socket& socket, std::string_view data) {
  while (!data.empty()) {
    socket.settimeout(Duration(1us) * (1 + testing::random(5000)));
    try {
      data.remove_prefix(socket.send(data.substr(0, 1 + testing::random(3000))));
    } catch (const TimeoutError&) {
    }
  }
  socket.settimeout({});
}

// Reads to the end in fibers that are cancelled at random moments.
void read_in_cancelled_fibers(Socket& socket, std::string& got) {
  for (bool open = true; open;) {
    auto reader = spawn([&] {
      std::string piece = socket.recv(1 + testing::random(4000));
      open = !piece.empty();
      got += piece;
    });
    if (!reader.join_for(Duration(1us) * testing::random(2000))) reader.cancel();
    try {
      reader.get();
    } catch (const CancelledError&) {
    }
  }
}

// Timers, cancels and resets strike a stream at every moment: what was received is always a prefix of what was sent,
// and all of it if both ends closed in peace.
TEST(Network, AStreamIsAPrefixWhateverHappens) {
  SimOptions options;
  options.workers = 2;
  options.receive_buffer = 3000;
  int whole = 0, cut = 0;
  each_seed(
      [&] {
        for (int round = 0; round < 10; ++round) {
          Pair pair = connected();
          std::string data(20'000, '\0');
          for (char& c : data) c = static_cast<char>(testing::random(256));
          auto writer = spawn_on(1, [&] {
            send_in_pieces(pair.client, data);
            pair.client.close();
          });
          auto accident = spawn([&, strikes = testing::random(2) == 0] {
            sleep(Duration(1us) * testing::random(60'000));
            if (strikes && !pair.server.closed()) testing::reset(pair.server);
          });
          std::string got;
          int error = errc_of([&] { read_in_cancelled_fibers(pair.server, got); });
          accident.join();
          pair.server.close();
          writer.join();
          EXPECT_EQ(got, data.substr(0, got.size()));
          if (error == 0) {
            EXPECT_EQ(got.size(), data.size());
          }
          ++(error == 0 ? whole : cut);
        }
      },
      options);
  EXPECT_GT(whole, 50);
  EXPECT_GT(cut, 10);
}

}  // namespace
}  // namespace loquat
