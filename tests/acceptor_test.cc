// The accept loop of every server (server/acceptor.h): which errors of accept(2) it skips, waits out or throws, its
// limit, its end, and several listeners at once.
#include "server/acceptor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <mutex>
#include <new>

#include "loquat/http.h"
#include "loquat/run.h"
#include "tests/hostile.h"
#include "tests/worlds.h"

namespace {

thread_local int allocations_left = std::numeric_limits<int>::max();  // of this thread, before operator new throws

}  // namespace

void* operator new(std::size_t size) {
  void* const memory = allocations_left > 0 ? std::malloc(size) : nullptr;
  --allocations_left;
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace loquat::server {
namespace {

using namespace std::chrono_literals;

struct Lines final : LogSink {
  void write(LogLevel, std::string_view line) override {
    const std::lock_guard lock(mutex);
    ++count;
    all.emplace_back(line);
  }
  std::mutex mutex;
  int count = 0;
  std::vector<std::string> all;
};

Socket client_of(const Address& server) {
  Socket client(AF_INET);
  client.connect(server);
  return client;
}

// Sends each client "hello" and waits for the end of its stream.
class Server {
 public:
  explicit Server(Socket listener, std::size_t max_connections = 100)
      : acceptor({"test", &log, max_connections}), listener_(std::move(listener)) {
    fiber_ = spawn([this] { acceptor.serve(listener_, start); });
  }
  ~Server() {
    acceptor.stop();
    fiber_.join();
  }
  static void start(Acceptor::Connection accepted, const Address&) {
    ++started;
    spawn([connection = std::move(accepted)]() mutable {
      try {
        connection.socket.sendall("hello");
        connection.socket.recv(1);
      } catch (const OSError&) {
        // The client has closed the connection.
      }
    });
  }

  Address address() const { return listener_.getsockname(); }
  Socket connect() const { return client_of(address()); }
  bool serves() const { return connect().recv(5, MSG_WAITALL) == "hello"; }
  const Fiber<>& fiber() const { return fiber_; }

  Lines log;
  Acceptor acceptor;
  static inline std::atomic<int> started{0};

 private:
  Socket listener_;
  Fiber<> fiber_;
};

Socket loopback() { return create_server({"127.0.0.1", 0}); }

class AcceptorIn : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, AcceptorIn, ::testing::Values("epoll", "uring", "sim"), world_name);

TEST_P(AcceptorIn, ServesEachConnectionInAFiber) {
  run([] {
    const Server server(loopback());
    const Socket first = server.connect();
    EXPECT_TRUE(server.serves());
    EXPECT_TRUE(server.serves());
  });
}

TEST_P(AcceptorIn, TheListenersOwnTimeoutDoesNotMatter) {
  run([] {
    for (const Duration timeout : {Duration::zero(), Duration(1), Duration(1ms)}) {
      Socket listener = loopback();
      listener.settimeout(timeout);
      const Server server(std::move(listener));
      for (int i = 0; i < 3; ++i) {
        sleep(2ms);
        EXPECT_TRUE(server.serves());
      }
    }
  });
}

TEST_P(AcceptorIn, KeepsItsLimitAndEndsWhileItIsFull) {
  run([] {
    Server server(loopback(), 1);
    Socket first = server.connect();
    EXPECT_EQ(first.recv(5, MSG_WAITALL), "hello");
    Socket second = server.connect();
    EXPECT_FALSE(second.wait_readable(10ms));
    Socket third = server.connect();
    first.close();
    EXPECT_EQ(second.recv(5, MSG_WAITALL), "hello");
    EXPECT_FALSE(third.wait_readable(10ms));
    server.acceptor.stop();
    server.fiber().get();
    const int error = errc_of([&] { EXPECT_EQ(third.recv(5), ""); });
    EXPECT_TRUE(error == 0 || error == ECONNRESET) << error;
  });
}

TEST_P(AcceptorIn, AnIdleListenerUsesNoneOfTheLimit) {
  run([] {
    std::vector<Socket> listeners;
    for (int i = 0; i < 2; ++i) listeners.push_back(loopback());
    Acceptor acceptor({"test", nullptr, 1});
    const auto serving =
        spawn([&] { serve_each(listeners, [&](Socket& listener) { acceptor.serve(listener, Server::start); }); });
    for (const int i : {1, 0, 1}) {
      Socket client = client_of(listeners[static_cast<std::size_t>(i)].getsockname());
      EXPECT_EQ(client.recv(5, MSG_WAITALL), "hello");
    }
    acceptor.stop();
    serving.get();
  });
}

TEST_P(AcceptorIn, ServingEndsWhenTheListenerClosesOrDoesNotListen) {
  run([] {
    Acceptor acceptor({"test"});
    Socket listener = loopback();
    const auto serving = spawn([&] { acceptor.serve(listener, Server::start); });
    sleep(1ms);
    listener.close();
    serving.get();
    Socket none(AF_INET);
    acceptor.serve(none, Server::start);
    acceptor.stop();
    Socket late = loopback();
    acceptor.serve(late, Server::start);
    EXPECT_FALSE(late.closed());
  });
}

TEST_P(AcceptorIn, AFailureOfAnyListenerIsThrownAtOnce) {
  run(
      [] {
        std::vector<Socket> listeners;
        for (int i = 0; i < 3; ++i) listeners.push_back(loopback());
        Acceptor acceptor({"test"});
        EXPECT_EQ(errc_of([&] {
                    serve_each(listeners, [&](Socket& listener) {
                      if (&listener == &listeners[1]) throw_oserror(ENODEV, {"accept", {}, {}, 0});
                      acceptor.serve(listener, Server::start);
                    });
                  }),
                  ENODEV);
      },
      2);
}

TEST(Acceptor, AShortageIsWaitedOutAndLoggedOnce) {
  for (const std::uint64_t seed : testing::seeds(3)) {
    SCOPED_TRACE("LOQUAT_SEED=" + std::to_string(seed));
    testing::SimOptions options;
    options.descriptors = 6;
    testing::simulate(
        seed,
        [] {
          Server server(loopback());
          for (std::size_t shortages = 1; shortages <= 2; ++shortages) {
            Socket client(AF_INET);
            std::vector<Socket> all;
            while (errc_of([&] { all.emplace_back(AF_INET); }) == 0) continue;
            client.connect(server.address());
            sleep(5s);
            EXPECT_EQ(server.log.all.size(), shortages);
            all.clear();
            EXPECT_EQ(client.recv(5, MSG_WAITALL), "hello");
            client.close();
            sleep(1s);
          }
          EXPECT_EQ(server.log.all[0].find("test: connections have to wait: accept"), 0u) << server.log.all[0];
        },
        options);
  }
}

// --- errors that accept(2) names. io_uring accepts without libc, so they cannot be planted there --------------------

template <class F>
void on_epoll(F&& body) {
  run_in("epoll", body);
}

TEST(Acceptor, ErrorsOfOneConnectionAreSkipped) {
  on_epoll([] {
    Socket listener = loopback();
    const hostile::FailingAccept failing(listener.fileno(), {ECONNABORTED, EPROTO, EHOSTDOWN, EHOSTUNREACH, ENETDOWN,
                                                             ENETUNREACH, ENONET, ENOPROTOOPT, EOPNOTSUPP, EPERM});
    Server server(std::move(listener));
    EXPECT_TRUE(server.serves());
    EXPECT_TRUE(server.log.all.empty());
  });
}

TEST(Acceptor, ManyConnectionErrorsInARowCountAsAShortage) {
  on_epoll([] {
    Socket listener = loopback();
    const hostile::FailingAccept failing(listener.fileno(), std::vector<int>(20, ECONNABORTED));
    Server server(std::move(listener));
    EXPECT_TRUE(server.serves());
    ASSERT_EQ(server.log.all.size(), 1u);
  });
}

TEST(Acceptor, EachKindOfShortageIsWaitedOut) {
  on_epoll([] {
    Socket listener = loopback();
    const hostile::FailingAccept failing(listener.fileno(), {EMFILE, ENFILE, ENOBUFS, ENOMEM});
    Server server(std::move(listener));
    EXPECT_TRUE(server.serves());
    EXPECT_EQ(server.log.all.size(), 1u);
  });
}

TEST(Acceptor, AnyOtherErrorIsThrown) {
  on_epoll([] {
    for (const int error : {ENODEV, EFAULT, ENOTSOCK, EACCES}) {
      Socket listener = loopback();
      const hostile::FailingAccept failing(listener.fileno(), {error});
      const Socket client = client_of(listener.getsockname());
      Acceptor acceptor({"test"});
      EXPECT_EQ(errc_of([&] { acceptor.serve(listener, Server::start); }), error);
    }
  });
}

TEST(Acceptor, HttpServeThrowsAtOnceIfALaterListenerFails) {
  on_epoll([] {
    std::vector<Socket> listeners;
    for (int i = 0; i < 2; ++i) listeners.push_back(loopback());
    const hostile::FailingAccept failing(listeners[1].fileno(), {ENODEV});
    const Socket client = client_of(listeners[1].getsockname());
    const auto handler = [](http::Request&, http::Response& response) { response.send("hello"); };
    EXPECT_EQ(errc_of([&] { http::serve(std::move(listeners), handler); }), ENODEV);
  });
}

TEST(Acceptor, ServingOutsideOfRunThrows) {
  std::vector<Socket> listeners;
  for (int i = 0; i < 2; ++i) listeners.push_back(loopback());
  const Socket client = client_of(listeners[0].getsockname());
  Acceptor acceptor({"test"});
  EXPECT_THROW(acceptor.serve(listeners[0], Server::start), std::logic_error);
  EXPECT_THROW(http::serve(std::move(listeners), [](http::Request&, http::Response&) {}), std::logic_error);
}

std::ptrdiff_t descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

// Each allocation for the accepted socket and its fiber fails in turn.
TEST(Acceptor, WithoutMemoryAConnectionIsClosedAndServingGoesOn) {
  on_epoll([] {
    int failures = 0;
    for (int n = 0; n < 6; ++n) {
      SCOPED_TRACE(n);
      Socket listener = loopback();
      const int fd = listener.fileno();
      Server server(std::move(listener));
      sleep(1ms);
      const auto before = descriptors();
      hostile::Fd client = hostile::client_of(fd);
      const int started = Server::started;
      allocations_left = n;
      while (Server::started == started && server.log.count == 0) sleep(0s);
      allocations_left = std::numeric_limits<int>::max();
      EXPECT_TRUE(server.serves());
      if (server.log.count == 0) continue;
      ++failures;
      char byte;
      EXPECT_EQ(::recv(client, &byte, 1, 0), 0);
      client.close();
      for (const TimePoint deadline = now() + 10s; descriptors() > before && now() < deadline;) sleep(1ms);
      EXPECT_EQ(descriptors(), before);
    }
    EXPECT_GE(failures, 2);
  });
}

}  // namespace
}  // namespace loquat::server
