// Several users of one socket: close() wakes all of them wherever they are, descriptor numbers are not confused,
// senders do not interleave, and a deadline covers the whole call (loquat/socket.h: Timeout, Threads, Lifetime).
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <functional>
#include <optional>
#include <thread>

#include "loquat/socket.h"
#include "tests/black_hole.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

// --- close() ---------------------------------------------------------------------------------------------------------

// An unnamed file of 16 MB.
int big_file() {
  static const int fd = [] {
    std::FILE* file = std::tmpfile();
    EXPECT_EQ(::ftruncate(::fileno(file), 16'000'000), 0);
    return ::fileno(file);
  }();
  return fd;
}

enum class Closer { fiber, worker, thread };

// A call that waits on `socket` until it is closed.
struct Waiter {
  const char* name;
  std::function<void(Socket&)> call;
};

const Waiter waiters[] = {
    {"reader", [](Socket& s) { s.recv(10); }},
    {"message_reader", [](Socket& s) { s.recvmsg(10); }},
    {"writer", [](Socket& s) { s.sendall(std::string(16'000'000, 'x')); }},
    {"file_sender", [](Socket& s) { s.sendfile(big_file()); }},
    {"waiter", [](Socket& s) { s.wait_readable(); }},
    {"acceptor", [](Socket& s) { s.accept(); }},
    {"connector", {}},  // to the black hole
};

struct Case {
  std::string world;
  Closer closer;
  const Waiter* waiter;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Waiter& waiter : waiters) {
    for (const char* world : {"epoll", "uring"}) {
      for (const Closer closer : {Closer::fiber, Closer::worker, Closer::thread})
        all.push_back({world, closer, &waiter});
    }
    all.push_back({"threads", Closer::thread, &waiter});
    if (waiter.name == std::string_view("message_reader") || waiter.name == std::string_view("file_sender")) continue;
    for (const Closer closer : {Closer::fiber, Closer::worker}) all.push_back({"sim", closer, &waiter});
  }
  return all;
}

class Close : public ::testing::TestWithParam<Case> {};

std::string case_name(const ::testing::TestParamInfo<Case>& each) {
  const char* const by[] = {"fiber", "worker", "thread"};
  return each.param.world + "_" + each.param.waiter->name + "_by_" + by[static_cast<int>(each.param.closer)];
}
INSTANTIATE_TEST_SUITE_P(Worlds, Close, ::testing::ValuesIn(cases()), case_name);

void close_by(Closer closer, Socket& socket) {
  const auto close = [&] { socket.close(); };
  if (closer == Closer::fiber) return spawn(close).get();
  if (closer == Closer::worker) return spawn_on(1, close).get();
  offload([&] { std::thread(close).join(); });
}

TEST_P(Close, WakesWaitersWithEBADF) {
  const Case& test = GetParam();
  const std::string_view what = test.waiter->name;
  const auto body = [&] {
    std::optional<BlackHole> hole;
    if (what == "connector") hole.emplace(test.world == "sim");
    Pair pair = connected();
    Socket listener = create_server({"127.0.0.1", 0}), unconnected(AF_INET);
    Socket& socket = what == "acceptor" ? listener : what == "connector" ? unconnected : pair.client;
    auto waiting = beside([&] {
      return errc_of([&] { what == "connector" ? socket.connect(hole->address()) : test.waiter->call(socket); });
    });
    waiting.until_it_waits();
    close_by(test.closer, socket);
    EXPECT_TRUE(socket.closed());
    EXPECT_EQ(waiting.get(), EBADF);
    EXPECT_EQ(errc_of([&] { test.waiter->call ? test.waiter->call(socket) : socket.connect(hole->address()); }), EBADF);
  };
  run_in(test.world, body, 2);
}

// Callers in one direction queue; close() wakes those in the queue, too.
TEST(CloseOfAll, WakesQueuedCallers) {
  for (const std::string world : {"epoll", "uring", "threads", "sim"}) {
    SCOPED_TRACE(world);
    run_in(world, [] {
      Pair pair = connected();
      std::vector<Beside<int>> readers, writers;
      for (int i = 0; i < 10; ++i) {
        readers.push_back(beside([&] { return errc_of([&] { pair.client.recv(10); }); }));
        writers.push_back(beside([&] { return errc_of([&] { pair.client.sendall(std::string(8'000'000, 'x')); }); }));
      }
      for (auto* side : {&readers, &writers}) {
        for (auto& each : *side) each.until_it_waits();
      }
      pair.client.close();
      for (auto* side : {&readers, &writers}) {
        for (auto& each : *side) EXPECT_EQ(each.get(), EBADF);
      }
    });
  }
}

// --- descriptor numbers ----------------------------------------------------------------------------------------------

class Numbers : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Kernel, Numbers, ::testing::Values("epoll", "uring", "threads"), world_name);

// A reader waits while its socket is closed elsewhere, and a new connection gets the same number at once. Neither reads
// the other's bytes.
TEST_P(Numbers, AreNeverConfused) {
  run(
      [] {
        for (int i = 0; i < 200; ++i) {
          auto old = socketpair();
          auto reader = beside([&] { return errc_of([&] { old.first.recv(10); }); });
          if (i % 2 == 0) reader.until_it_waits();
          auto closer = [&] {
            const int number = old.first.fileno();
            old.first.close();
            auto fresh = socketpair();
            fresh.second.sendall("mine");
            const bool reused = fresh.first.fileno() == number;
            EXPECT_EQ(fresh.first.recv(10), "mine");
            return reused;
          };
          if (workers() == 0) {
            EXPECT_TRUE(closer());
          } else {
            spawn_on(1, closer).get();
          }
          EXPECT_EQ(reader.get(), EBADF);
        }
      },
      2);
}

// --- senders ---------------------------------------------------------------------------------------------------------

class Senders : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, Senders, ::testing::Values("epoll", "uring", "threads", "sim"), world_name);

TEST_P(Senders, NeverInterleave) {
  run(
      [] {
        Pair pair = connected();
        constexpr std::size_t size = 1'000'000;
        std::vector<std::function<void()>> calls;
        for (const char c : {'a', 'b', 'c', 'd'}) {
          calls.push_back([&, c] { pair.client.sendall(std::string(size, c)); });
        }
        std::vector<Fiber<>> fibers;
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < calls.size(); ++i) {
          if (workers() == 0) {
            threads.emplace_back(calls[i]);
          } else {
            fibers.push_back(spawn_on(i % 2, calls[i]));
          }
        }
        std::string got;
        while (got.size() < calls.size() * size) got += pair.server.recv(1 << 20);
        for (auto& fiber : fibers) fiber.get();
        for (auto& thread : threads) thread.join();
        std::string order;
        for (std::size_t i = 0; i < got.size(); i += size) {
          order += got[i];
          EXPECT_EQ(got.find_first_not_of(got[i], i), i + size < got.size() ? i + size : std::string::npos);
        }
        std::sort(order.begin(), order.end());
        EXPECT_EQ(order, "abcd");
      },
      2);
}

// --- deadlines -------------------------------------------------------------------------------------------------------

class Deadline : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Kernel, Deadline, ::testing::Values("epoll", "uring", "threads"), world_name);

// Signals the calling thread every millisecond, with a handler that interrupts its system calls.
class Signals {
 public:
  Signals()
      : thread_([this, target = ::pthread_self()] {
          while (!over_) {
            ::pthread_kill(target, SIGUSR1);
            std::this_thread::sleep_for(1ms);
          }
        }) {}
  ~Signals() {
    over_ = true;
    thread_.join();
  }

 private:
  struct Handler {
    Handler() {
      struct sigaction action {};
      action.sa_handler = [](int) { ++count; };
      ::sigaction(SIGUSR1, &action, &before);
    }
    ~Handler() { ::sigaction(SIGUSR1, &before, nullptr); }
    struct sigaction before {};
  } handler_;
  std::atomic<bool> over_{false};
  std::thread thread_;

 public:
  static inline std::atomic<int> count{0};
};

TEST_P(Deadline, CoversAllOfSendallAcrossSignals) {
  run([] {
    Pair pair = connected();
    const Signals signals;
    pair.client.settimeout(200ms);
    const int before = Signals::count;
    // A slow reader, so that the call keeps making progress.
    auto reader = beside([&] {
      std::size_t size = 0;
      try {
        for (std::string some; !(some = pair.server.recv(10'000)).empty(); sleep(5ms)) size += some.size();
      } catch (const ConnectionResetError&) {
      }
      return size;
    });
    const std::string data(200'000'000, 'x');  // takes more than a minute
    const TimePoint start = now();
    try {
      pair.client.sendall(data);
      ADD_FAILURE() << "all of it has gone";
    } catch (const TimeoutError& e) {
      EXPECT_GT(e.done(), 0u);
      EXPECT_EQ(e.operation(), "sendall");
    }
    EXPECT_GE(now() - start, 200ms);
    EXPECT_LT(now() - start, 10s);
    EXPECT_GT(Signals::count - before, 5);
    pair.server.shutdown(SHUT_RDWR);
    pair.client.close();
    EXPECT_GT(reader.get(), 0u);
  });
}

TEST_P(Deadline, CoversRecvAcrossSignals) {
  run([] {
    Pair pair = connected();
    const Signals signals;
    pair.client.settimeout(50ms);
    const TimePoint start = now();
    EXPECT_THROW(pair.client.recv(10), TimeoutError);
    EXPECT_GE(now() - start, 50ms);
    EXPECT_LT(now() - start, 10s);
  });
}

// The time while other callers send counts, too.
TEST_P(Deadline, CoversTheWaitInTheQueue) {
  run([] {
    Pair pair = connected();
    auto first = beside([&] { return errc_of([&] { pair.client.sendall(std::string(16'000'000, 'x')); }); });
    first.until_it_waits();
    pair.client.settimeout(20ms);
    const TimePoint start = now();
    try {
      pair.client.sendall("second");
      ADD_FAILURE() << "it overtook";
    } catch (const TimeoutError& e) {
      EXPECT_EQ(e.done(), 0u);
      EXPECT_EQ(e.local(), pair.client.getsockname().str());
      EXPECT_EQ(e.peer(), pair.client.getpeername().str());
    }
    EXPECT_GE(now() - start, 20ms);
    pair.client.close();
    EXPECT_EQ(first.get(), EBADF);
  });
}

}  // namespace
}  // namespace loquat
