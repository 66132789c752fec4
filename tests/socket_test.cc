// The promises of loquat/socket.h, in every World.
#include "loquat/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mman.h>

#include <thread>

#include "loquat/sync.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

class SocketIn : public ::testing::TestWithParam<std::string> {
 protected:
  template <class F>
  void run(F&& body, std::size_t workers = 1) {
    run_in(GetParam(), body, workers);
  }
  bool real() const { return GetParam() != "sim"; }
};

INSTANTIATE_TEST_SUITE_P(Worlds, SocketIn, ::testing::Values("epoll", "uring", "sim"), world_name);

TEST_P(SocketIn, OneMessage) {
  run([] {
    Pair pair = connected();
    pair.client.sendall("python学习笔记");
    pair.client.shutdown(SHUT_WR);
    EXPECT_EQ(read_all(pair.server), "python学习笔记");
    EXPECT_EQ(pair.server.getpeername(), pair.client.getsockname());
    EXPECT_EQ(pair.client.getpeername(), pair.server.getsockname());
  });
}

TEST_P(SocketIn, SendallMovesMoreThanTheBuffersHold) {
  run([] {
    Pair pair = connected();
    std::string data = pattern(5'000'000);
    auto sender = spawn([&] {
      pair.client.sendall(data);
      pair.client.shutdown(SHUT_WR);
    });
    EXPECT_EQ(read_all(pair.server), data);
    sender.get();
  });
}

TEST_P(SocketIn, SendallGathersPieces) {
  run([] {
    Pair pair = connected();
    std::string big = pattern(100'000);
    std::vector<std::string_view> pieces(100, big);
    pieces.insert(pieces.begin(), "");
    pieces.push_back("end");
    auto sender = spawn([&] {
      pair.client.sendall(pieces);
      pair.client.shutdown(SHUT_WR);
    });
    std::string got = read_all(pair.server);
    ASSERT_EQ(got.size(), big.size() * 100 + 3);
    for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(got.compare(i * big.size(), big.size(), big), 0) << i;
    sender.get();
  });
}

TEST_P(SocketIn, TwoSendersNeverInterleave) {
  run([] {
    Pair pair = connected();
    std::string a(1'000'000, 'a');
    std::string b(1'000'000, 'b');
    auto first = spawn([&] { pair.client.sendall(a); });
    auto second = spawn([&] { pair.client.sendall(b); });
    auto end = spawn([&] {
      first.join();
      second.join();
      pair.client.shutdown(SHUT_WR);
    });
    EXPECT_EQ(read_all(pair.server), a + b);
    end.join();
  });
}

TEST_P(SocketIn, RefusedNamesBothOperationAndPeer) {
  run([] {
    Address address = create_server({"127.0.0.1", 0}).getsockname();  // the listener is closed
    Socket client(AF_INET);
    try {
      client.connect(address);
      ADD_FAILURE() << "connected to a closed port";
    } catch (const ConnectionRefusedError& e) {
      EXPECT_EQ(e.operation(), "connect");
      EXPECT_EQ(e.peer(), address.str());
    }
    EXPECT_EQ(Socket(AF_INET).connect_ex(address), ECONNREFUSED);
  });
}

TEST_P(SocketIn, APortInUseIsAnError) {
  run([] {
    auto servers = create_servers({"127.0.0.1", 0}, 3);
    Address taken = servers[0].getsockname();
    EXPECT_EQ(servers[2].getsockname(), taken);
    EXPECT_EQ(errc_of([&] { create_servers(taken, 3); }), EADDRINUSE);
    EXPECT_EQ(errc_of([&] { create_server(taken); }), EADDRINUSE);
  });
}

TEST_P(SocketIn, TimeoutBoundsTheCallAndTheSocketStaysUsable) {
  run([] {
    Pair pair = connected();
    pair.server.settimeout(20ms);
    TimePoint start = now();
    EXPECT_THROW(pair.server.recv(10), TimeoutError);
    EXPECT_GE(now() - start, 20ms);
    pair.client.sendall("later");
    pair.server.settimeout({});
    EXPECT_EQ(pair.server.recv(5, MSG_WAITALL), "later");
  });
}

TEST_P(SocketIn, TimeoutCoversAllOfSendall) {
  run([] {
    Pair pair = connected();
    pair.client.settimeout(50ms);
    std::string data = pattern(20'000'000);
    std::size_t done = 0;
    try {
      pair.client.sendall(data);
      ADD_FAILURE() << "fifty megabytes went nowhere";
    } catch (const TimeoutError& e) {
      done = e.done();
    }
    EXPECT_GT(done, 0u);
    pair.client.close();
    std::string got;
    try {
      got = read_all(pair.server);
    } catch (const ConnectionResetError&) {
    }
    EXPECT_LE(got.size(), data.size());
  });
}

// Address space that uses no memory until it is written to.
std::span<char> expanse(std::size_t size) {
  constexpr int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* const begin = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, -1, 0);
  EXPECT_NE(begin, MAP_FAILED);
  return {static_cast<char*>(begin), begin == MAP_FAILED ? 0 : size};
}

TEST_P(SocketIn, SizesMayExceed32Bits) {
  const auto wide = expanse(std::size_t{1} << 32);
  run([&] {
    Pair pair = connected();
    pair.client.sendall("hello");
    EXPECT_GT(pair.server.recv_into(wide), 0u);
    EXPECT_GT(pair.server.send({wide.data(), wide.size()}), 0u);
  });
  ::munmap(wide.data(), wide.size());
}

// The reader only counts bytes, so that there is always room.
TEST_P(SocketIn, TimeoutEndsASendallThatNeverWaits) {
  if (!real()) GTEST_SKIP() << "needs a reader that is faster than any network";
  const auto endless = expanse(std::size_t{1} << 36);
  run([&] {
    Pair pair = connected();
    std::thread reader([&] {
      std::vector<std::byte> nothing(10'000'000);
      while (pair.server.recv_into(std::span(nothing), MSG_TRUNC) > 0) continue;
    });
    pair.client.settimeout(100ms);
    const TimePoint start = now();
    EXPECT_THROW(pair.client.sendall({endless.data(), endless.size()}), TimeoutError);
    EXPECT_LT(now() - start, 2s);
    pair.client.close();
    reader.join();
  });
  ::munmap(endless.data(), endless.size());
}

TEST_P(SocketIn, WaitAllFillsTheBuffer) {
  run([] {
    Pair pair = connected();
    const std::string data = pattern(1'000'000);
    auto sender = spawn([&] {
      for (std::size_t at = 0; at < data.size(); at += 100'000) {
        pair.client.sendall(std::string_view(data).substr(at, 100'000));
        sleep(10us);
      }
    });
    EXPECT_EQ(pair.server.recv(data.size() - 5, MSG_WAITALL), data.substr(0, data.size() - 5));
    pair.server.settimeout(10ms);
    EXPECT_EQ(pair.server.recv(10, MSG_WAITALL), data.substr(data.size() - 5));
    EXPECT_THROW(pair.server.recv(10, MSG_WAITALL), TimeoutError);
    sender.get();
    pair.client.close();
    EXPECT_EQ(pair.server.recv(10, MSG_WAITALL), "");
  });
}

TEST_P(SocketIn, ATimeoutOfZeroNeverWaits) {
  run([] {
    Pair pair = connected();
    pair.server.setblocking(false);
    EXPECT_FALSE(pair.server.getblocking());
    EXPECT_THROW(pair.server.recv(10), BlockingIOError);
    Socket listener = create_server({"127.0.0.1", 0});
    listener.settimeout(0s);
    EXPECT_THROW(listener.accept(), BlockingIOError);
  });
}

TEST_P(SocketIn, BlockingMatchesTheDescriptorsFlag) {
  if (!real()) GTEST_SKIP() << "a simulated socket has no descriptor";
  run([] {
    Pair pair = connected();
    auto nonblocking = [](const Socket& s) { return (::fcntl(s.fileno(), F_GETFL) & O_NONBLOCK) != 0; };
    EXPECT_FALSE(nonblocking(pair.client));
    EXPECT_FALSE(nonblocking(pair.server));
    pair.client.settimeout(5s);
    EXPECT_TRUE(nonblocking(pair.client));
    pair.client.settimeout({});
    EXPECT_FALSE(nonblocking(pair.client));
    EXPECT_TRUE(::fcntl(pair.server.fileno(), F_GETFD) & FD_CLOEXEC);
  });
}

TEST_P(SocketIn, ACloseWakesEveryWaiter) {
  run([] {
    Pair pair = connected();
    Socket listener = create_server({"127.0.0.1", 0});
    std::string data = pattern(20'000'000);
    auto writer = spawn([&] { return errc_of([&] { pair.client.sendall(data); }); });
    auto second_writer = spawn([&] { return errc_of([&] { pair.client.sendall("x"); }); });
    auto reader = spawn([&] { return errc_of([&] { pair.client.recv(10); }); });
    auto second_reader = spawn([&] { return errc_of([&] { pair.client.recv(10); }); });
    auto waiter = spawn([&] { return errc_of([&] { pair.client.wait_readable(); }); });
    auto acceptor = spawn([&] { return errc_of([&] { listener.accept(); }); });
    sleep(10ms);
    pair.client.close();
    listener.close();
    EXPECT_EQ(writer.get(), EBADF);
    EXPECT_EQ(second_writer.get(), EBADF);
    EXPECT_EQ(reader.get(), EBADF);
    EXPECT_EQ(second_reader.get(), EBADF);
    EXPECT_EQ(waiter.get(), EBADF);
    EXPECT_EQ(acceptor.get(), EBADF);
    EXPECT_EQ(errc_of([&] { pair.client.send("x"); }), EBADF);
    EXPECT_TRUE(pair.client.closed());
    pair.client.close();
  });
}

TEST_P(SocketIn, ACloseFromAnotherWorkerWakesTheReader) {
  run(
      [] {
        for (int i = 0; i < 20; ++i) {
          Pair pair = connected();
          auto reader = spawn_on(1, [&] { return errc_of([&] { pair.server.recv(10); }); });
          sleep(i % 2 == 0 ? 0ms : 1ms);
          pair.server.close();
          EXPECT_EQ(reader.get(), EBADF);
        }
      },
      2);
}

TEST_P(SocketIn, CancelLosesNoByte) {
  run([] {
    Pair pair = connected();
    auto reader = spawn([&] { return pair.server.recv(10); });
    sleep(1ms);
    reader.cancel();
    EXPECT_THROW(reader.get(), CancelledError);
    pair.client.sendall("kept");
    pair.client.shutdown(SHUT_WR);
    EXPECT_EQ(read_all(pair.server), "kept");
  });
}

TEST_P(SocketIn, RecvReturnsEmptyAtTheEndAndAHalfCloseStillSends) {
  run([] {
    Pair pair = connected();
    pair.client.shutdown(SHUT_WR);
    EXPECT_EQ(pair.server.recv(10), "");
    pair.server.sendall("still here");
    pair.server.close();
    EXPECT_EQ(read_all(pair.client), "still here");
  });
}

// The peer has ended its own stream, and starts to read only when the buffers are full.
TEST_P(SocketIn, AfterAHalfCloseSendallWaitsForAFullBuffer) {
  run([&] {
    for (const bool with_timeout : {false, true}) {
      Pair pair = connected();
      if (with_timeout) pair.server.settimeout(30s);
      pair.client.shutdown(SHUT_WR);
      EXPECT_EQ(pair.server.recv(10), "");
      const std::string data = pattern(8'000'000);
      const std::string_view halves[] = {std::string_view(data).substr(0, 3'000'000),
                                         std::string_view(data).substr(3'000'000)};
      bool waited = false;
      const auto sender = spawn([&] {
        pair.server.sendall(halves);
        pair.server.close();
      });
      sleep(50ms);  // the subject of the test: the sender has no room
      if (!sender.done()) {
        waited = true;
        EXPECT_FALSE(pair.server.wait_writable(10ms));
      }
      EXPECT_EQ(read_all(pair.client), data);
      sender.get();
      EXPECT_TRUE(waited);
    }
  });
}

TEST_P(SocketIn, WaitReadableReturnsForBytesEndAndTimeout) {
  run([] {
    Pair pair = connected();
    EXPECT_FALSE(pair.server.wait_readable(1ms));
    pair.client.sendall("x");
    EXPECT_TRUE(pair.server.wait_readable(10s));
    EXPECT_EQ(pair.server.recv(1), "x");
    pair.client.close();
    EXPECT_TRUE(pair.server.wait_readable());
    EXPECT_EQ(pair.server.recv(1), "");
  });
}

TEST_P(SocketIn, ManyAcceptorsShareAListener) {
  run([] {
    Socket listener = create_server({"127.0.0.1", 0});
    Queue<int> accepted;
    std::vector<Fiber<>> acceptors;
    for (int i = 0; i < 4; ++i) {
      acceptors.push_back(spawn([&, i] {
        Socket socket = listener.accept();
        accepted.put(i);
        read_all(socket);
      }));
    }
    for (int i = 0; i < 4; ++i) {
      Socket client(AF_INET);
      client.connect(listener.getsockname());
      EXPECT_TRUE(accepted.get_for(10s));
    }
    for (auto& acceptor : acceptors) acceptor.get();
  });
}

TEST_P(SocketIn, AcceptReturnsTheAddressOfAClientThatHasLeft) {
  run([] {
    Socket listener = create_server({"127.0.0.1", 0});
    Socket client(AF_INET);
    client.connect(listener.getsockname());
    const Address caller = client.getsockname();
    const linger reset{1, 0};
    client.setsockopt(SOL_SOCKET, SO_LINGER, {reinterpret_cast<const char*>(&reset), sizeof(reset)});
    client.close();
    Address peer;
    Socket server = listener.accept(peer);
    EXPECT_EQ(peer, caller);
    EXPECT_EQ(errc_of([&] { server.recv(1); }), ECONNRESET);
    EXPECT_EQ(errc_of([&] { (void)server.getpeername(); }), ENOTCONN);
  });
}

TEST_P(SocketIn, CreateConnectionTriesEveryAddress) {
  run([] {
    Socket listener = create_server({"127.0.0.1", 0});  // localhost may be ::1 first, and nothing listens there
    auto acceptor = spawn([&] { return listener.accept(); });
    Socket client = create_connection("localhost", listener.getsockname().port(), 10s);
    EXPECT_EQ(client.gettimeout(), Duration(10s));
    acceptor.get();
    EXPECT_THROW(create_connection("no such name", 80), gaierror);
  });
}

TEST_P(SocketIn, UnixSocketsShareOneListener) {
  run([] {
    Address address = Address::unix_path("@loquat-test-" + std::to_string(::getpid()));
    Socket listener = create_server(address);
    Socket client(AF_UNIX);
    client.connect(address);
    Socket server = listener.accept();
    client.sendall("hi");
    EXPECT_EQ(server.recv(2), "hi");
    EXPECT_EQ(errc_of([&] { create_server(address); }), EADDRINUSE);
  });
}

TEST_P(SocketIn, AReusedDescriptorNumberIsNotConfused) {
  if (!real()) GTEST_SKIP() << "descriptor numbers are the kernel's";
  run([] {
    for (int i = 0; i < 100; ++i) {
      Pair pair = connected();
      int number = pair.server.fileno();
      auto reader = spawn([&] { return errc_of([&] { pair.server.recv(10); }); });
      sleep(0s);
      pair.server.close();
      Pair next = connected();
      EXPECT_TRUE(next.client.fileno() == number || next.server.fileno() != -1);
      next.client.sendall("mine");
      EXPECT_EQ(next.server.recv(4), "mine");
      EXPECT_EQ(reader.get(), EBADF);
    }
  });
}

// --- plain threads -------------------------------------------------------------------------------------------------

TEST(SocketInThreads, ASocketBlocksAPlainThread) {
  Socket listener = create_server({"127.0.0.1", 0});
  std::thread client([&] {
    Socket socket(AF_INET);
    socket.connect(listener.getsockname());
    socket.sendall(pattern(3'000'000));
  });
  Socket server = listener.accept();
  EXPECT_EQ(read_all(server), pattern(3'000'000));
  client.join();
}

TEST(SocketInThreads, ACloseWakesThreads) {
  Socket listener = create_server({"127.0.0.1", 0});
  Socket client(AF_INET);
  client.connect(listener.getsockname());
  Socket server = listener.accept();
  int reader_error = 0;
  int acceptor_error = 0;
  std::thread reader([&] { reader_error = errc_of([&] { server.recv(10); }); });
  std::thread acceptor([&] { acceptor_error = errc_of([&] { listener.accept(); }); });
  server.close();
  listener.close();
  reader.join();
  acceptor.join();
  EXPECT_EQ(reader_error, EBADF);
  EXPECT_EQ(acceptor_error, EBADF);
}

TEST(SocketInThreads, TimeoutsAndWouldBlockErrorsAreThrown) {
  Socket listener = create_server({"127.0.0.1", 0});
  listener.settimeout(5ms);
  EXPECT_THROW(listener.accept(), TimeoutError);
  listener.settimeout(0s);
  EXPECT_THROW(listener.accept(), BlockingIOError);
}

TEST(SocketInThreads, AFiberAndAThreadExchangeBytes) {
  Socket listener = create_server({"127.0.0.1", 0});
  Address address = listener.getsockname();
  std::thread echo([&] {
    Socket socket = listener.accept();
    for (std::string data; !(data = socket.recv(4096)).empty();) socket.sendall(data);
  });
  run([&] {
    Socket socket = create_connection("127.0.0.1", address.port());
    socket.sendall("ping");
    EXPECT_EQ(socket.recv(4), "ping");
  });
  echo.join();
}

TEST(SocketInThreads, AThreadsCloseWakesAFibersRead) {
  for (int i = 0; i < 50; ++i) {
    Socket listener = create_server({"127.0.0.1", 0});
    std::thread closer;
    run([&] {
      auto acceptor = spawn([&] { return errc_of([&] { listener.accept(); }); });
      closer = std::thread([&] { listener.close(); });
      EXPECT_EQ(acceptor.get(), EBADF);
    });
    closer.join();
  }
}

TEST(Socket, DescriptorsThatAreNotSocketsAreRefused) {
  EXPECT_EQ(errc_of([] { Socket().recv(1); }), EBADF);
  EXPECT_EQ(errc_of([] { Socket::from_fd(-1); }), EBADF);
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  EXPECT_EQ(errc_of([&] { Socket::from_fd(pipe_ends[0]); }), ENOTSOCK);
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
  Socket server = create_server({"127.0.0.1", 0});
  int fd = server.detach();
  EXPECT_GE(fd, 0);
  EXPECT_TRUE(server.closed());
  EXPECT_EQ(server.fileno(), -1);
  Socket again = Socket::from_fd(fd);
  EXPECT_EQ(again.fileno(), fd);
}

}  // namespace
}  // namespace loquat
