// What testing.h promises of a run: one seed, one run; time, schedule, ends and failures.
#include <gtest/gtest.h>
#include <netdb.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "loquat/run.h"
#include "loquat/sync.h"
#include "loquat/testing.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;
using testing::SimOptions;
using testing::SimReport;
using testing::simulate;

class Lines final : public LogSink {
 public:
  void write(LogLevel, std::string_view line) noexcept override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

// Ten clients talk to an echo server on three workers; returns the order in which they ended.
std::string echo_program() {
  Socket listener = create_server({"127.0.0.1", 0});
  auto server = spawn([&] {
    for (int i = 0; i < 10; ++i) {
      spawn_on(static_cast<std::size_t>(i) % workers(), [peer = std::make_shared<Socket>(listener.accept())] {
        for (std::string piece; !(piece = peer->recv(1000)).empty();) peer->sendall(piece);
      });
    }
  });
  std::string order;
  Mutex lock;
  std::vector<Fiber<>> clients;
  for (std::size_t i = 0; i < 10; ++i) {
    clients.push_back(spawn_on(i % workers(), [&, i] {
      Socket socket = create_connection("127.0.0.1", listener.getsockname().port());
      std::string text(1000 + testing::random(5000), static_cast<char>('a' + i));
      socket.sendall(text);
      socket.shutdown(SHUT_WR);
      std::string back;
      for (std::string piece; !(piece = socket.recv(1000)).empty();) back += piece;
      EXPECT_EQ(back, text);
      std::lock_guard guard(lock);
      order += static_cast<char>('a' + i);
    }));
  }
  for (auto& client : clients) client.get();
  server.get();
  return order;
}

struct Outcome {
  std::string order;
  SimReport report;
  std::vector<std::string> trace;
};

Outcome run_echo(std::uint64_t seed) {
  Outcome outcome;
  Lines lines;
  SimOptions options;
  options.workers = 3;
  options.report = &outcome.report;
  options.trace = &lines;
  outcome.order = simulate(seed, echo_program, options);
  outcome.trace = lines.lines;
  return outcome;
}

TEST(Simulate, OneSeedIsOneRun) {
  for (std::uint64_t seed : testing::seeds(20)) {
    Outcome first = run_echo(seed);
    Outcome second = run_echo(seed);
    ASSERT_EQ(first.trace, second.trace);
    EXPECT_EQ(first.report.trace, second.report.trace);
    EXPECT_EQ(first.report.turns, second.report.turns);
    EXPECT_EQ(first.report.time, second.report.time);
    EXPECT_EQ(first.order, second.order);
    EXPECT_EQ(first.report.connections, 10u);
  }
}

TEST(Simulate, AnotherSeedIsAnotherRun) {
  std::vector<std::string> orders;
  std::vector<std::uint64_t> traces;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Outcome outcome = run_echo(seed);
    orders.push_back(outcome.order);
    traces.push_back(outcome.report.trace);
  }
  auto distinct = [](auto values) {
    std::sort(values.begin(), values.end());
    return std::unique(values.begin(), values.end()) - values.begin();
  };
  EXPECT_EQ(distinct(traces), 10);
  EXPECT_GE(distinct(orders), 8);
}

TEST(Simulate, ReturnsAndThrowsWhatTheBodyDoes) {
  EXPECT_EQ(simulate(1, [] { return 42; }), 42);
  EXPECT_EQ(simulate(1, [] { return std::string("moved"); }), "moved");
  EXPECT_THROW(simulate(1, [] { throw std::out_of_range("mine"); }), std::out_of_range);
  EXPECT_EQ(simulate(1, [] { return 43; }), 43) << "and the next run is as good as the first";
}

TEST(Simulate, TimeIsVirtualAndExact) {
  SimReport report;
  SimOptions options;
  options.report = &report;
  auto real = Clock::now();
  simulate(
      1,
      [] {
        TimePoint start = now();
        sleep(5s);
        EXPECT_EQ(now() - start, 5s);
        std::vector<Fiber<>> sleepers;
        for (int i = 1; i <= 100; ++i) {
          sleepers.push_back(spawn([i, start] {
            sleep(i * 1min);
            EXPECT_EQ(now() - start, i * 1min + 5s);
          }));
        }
        for (auto& sleeper : sleepers) sleeper.join();
      },
      options);
  EXPECT_EQ(report.time, 100min + 5s);
  EXPECT_LT(Clock::now() - real, 10s);
}

TEST(Simulate, EveryRunStartsAtTheSameTime) {
  TimePoint first = simulate(1, [] { return now(); });
  EXPECT_EQ(simulate(2, [] { return now(); }), first);
}

TEST(Simulate, ALoopThatPollsTheClockEnds) {
  simulate(1, [] {
    TimePoint until = now() + 10ms;
    while (now() < until) sleep(0s);
  });
}

TEST(Simulate, WorkersShareOneThreadAndInterleave) {
  SimOptions options;
  options.workers = 4;
  std::vector<std::string> orders;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    orders.push_back(simulate(
        seed,
        [] {
          std::string order;  // no lock: there is one thread
          std::vector<Fiber<>> fibers;
          for (std::size_t i = 0; i < workers(); ++i) {
            fibers.push_back(spawn_on(i, [&order, i] {
              EXPECT_EQ(worker(), i);
              for (int j = 0; j < 5; ++j) {
                order += std::to_string(i);
                sleep(0s);
              }
            }));
          }
          for (auto& fiber : fibers) fiber.join();
          return order;
        },
        options));
  }
  EXPECT_NE(orders[0], orders[1]);
}

std::string logic_error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::logic_error& e) {
    return e.what();
  }
  return "nothing thrown";
}

TEST(Simulate, ADeadlockIsReportedAndUnwound) {
  bool unwound = false;
  std::string report = logic_error_of([&] {
    simulate(7, [&] {
      struct Note {
        bool& flag;
        ~Note() { flag = true; }
      } note{unwound};
      Queue<int> queue;
      auto other = spawn([] {
        Socket listener = create_server({"127.0.0.1", 0});
        listener.accept();
      });
      sleep(1s);
      queue.get();
    });
  });
  EXPECT_EQ(report.find("simulation with seed 7, after 1000000 us: deadlock: every fiber waits, and nothing is left to "
                        "happen; the main fiber has not ended; worker 0: 2 fibers wait, 1 of them for the network\n"
                        "  1 main, on worker 0, "),
            0u)
      << report;
  EXPECT_NE(report.find(" since 0 ms, stack "), report.npos) << report;
  EXPECT_NE(report.find("\n    2 src/sim/simulate_test.cc:"), report.npos) << report;
  EXPECT_NE(report.find(", on worker 0, accept on 3 (127.0.0.1:45745) since 1.0 s, stack "), report.npos) << report;
  EXPECT_TRUE(unwound);
}

TEST(Simulate, AnEndlessRunIsReported) {
  std::string report = logic_error_of([] {
    simulate(1, [] {
      for (;;) sleep(1h);
    });
  });
  EXPECT_NE(report.find("time limit reached"), std::string::npos) << report;
  SimOptions options;
  options.limit = 1s;
  EXPECT_NE(logic_error_of([&] {
              simulate(
                  1, [] { sleep(2s); }, options);
            }).find("time limit"),
            std::string::npos);
  std::string spinning = logic_error_of([&] {
    simulate(
        1,
        [] {
          for (;;) sleep(0s);
        },
        options);
  });
  EXPECT_NE(spinning.find("time limit"), std::string::npos) << spinning;
}

TEST(Simulate, FibersThatHaveNotEndedAreCancelled) {
  bool cancelled = false;
  simulate(1, [&] {
    spawn([&] {
      try {
        sleep(1h);
      } catch (const Cancelled&) {
        cancelled = true;
        throw;
      }
    });
    sleep(1ms);
  });
  EXPECT_TRUE(cancelled);
}

TEST(Simulate, WhereItMayBeCalled) {
  EXPECT_NE(logic_error_of([] { simulate(1, [] { simulate(2, [] {}); }); }), "nothing thrown");
  EXPECT_NE(logic_error_of([] { run([] { simulate(2, [] {}); }); }), "nothing thrown");
  EXPECT_NE(logic_error_of([] { simulate(2, [] { run([] {}); }); }), "nothing thrown");
  EXPECT_THROW(testing::random(3), std::logic_error);
  EXPECT_THROW(testing::partition("", "", 1s), std::logic_error);
  SimOptions nobody;
  nobody.workers = 0;
  EXPECT_THROW(simulate(
                   1, [] {}, nobody),
               std::invalid_argument);
  SimOptions backwards;
  backwards.min_latency = 1s;
  EXPECT_THROW(simulate(
                   1, [] {}, backwards),
               std::invalid_argument);
}

TEST(Simulate, TakesAnyDuration) {
  using std::chrono::hours;
  SimOptions options;
  options.limit = hours::max();
  options.max_latency = 0.5s;
  auto program = [] {
    Event event;
    EXPECT_FALSE(event.wait_for(Duration::min()));
    EXPECT_FALSE(event.wait_for(hours::min()));
    EXPECT_FALSE(event.wait_for(Duration::max() - hours(1'000'000)));
    sleep(hours::min());
    for (int i = 0; i < 5'000; ++i) sleep(-1s);
    testing::partition("", "", Duration::min());
    testing::refuse({"127.0.0.1", 1}, hours::max());
    EXPECT_THROW(testing::set_latency(-1s, 1s), std::invalid_argument);
    EXPECT_THROW(testing::set_latency(2s, 1s), std::invalid_argument);
    testing::set_latency(0s, hours::max());
    EXPECT_THROW(create_connection("127.0.0.1", 1), OSError);
  };
  simulate(1, program, options);
  options.limit = Duration::min();
  EXPECT_NE(logic_error_of([&] {
              simulate(
                  1, [] { sleep(1s); }, options);
            }).find("time limit"),
            std::string::npos);
  options.min_offload = -1s;
  EXPECT_THROW(simulate(
                   1, [] {}, options),
               std::invalid_argument);
}

TEST(Simulate, OffloadTakesVirtualTimeAndSeesIt) {
  simulate(1, [] {
    TimePoint start = now();
    TimePoint inside = offload([] { return now(); });
    EXPECT_GT(inside, start);
    EXPECT_LE(inside, now());
    EXPECT_LE(now() - start, 10ms);
    EXPECT_THROW(offload([] { throw std::runtime_error("there"); }), std::runtime_error);
  });
}

TEST(Simulate, NamesComeFromATable) {
  SimOptions options;
  options.hosts["chat.example"] = {"2001:db8::7", "192.0.2.7"};
  simulate(
      1,
      [] {
        auto found = getaddrinfo("chat.example", 7777);
        ASSERT_EQ(found.size(), 2u);
        EXPECT_EQ(found[0].address.str(), "[2001:db8::7]:7777");
        EXPECT_EQ(found[1].address.str(), "192.0.2.7:7777");
        EXPECT_EQ(getaddrinfo("chat.example", 1, AF_INET).size(), 1u);
        EXPECT_EQ(getaddrinfo("localhost", 1, AF_INET).at(0).address.host(), "127.0.0.1");
        EXPECT_EQ(getaddrinfo("", 1, AF_INET).at(0).address.host(), "0.0.0.0");
        EXPECT_EQ(getaddrinfo("192.0.2.1", 1).at(0).address.host(), "192.0.2.1");
        EXPECT_THROW(getaddrinfo("elsewhere.example", 1), gaierror);
        EXPECT_THROW(getaddrinfo("chat.example", 1, AF_UNSPEC, SOCK_STREAM, AI_NUMERICHOST), gaierror);
      },
      options);
}

TEST(Simulate, SeedsCanBeChosenFromOutside) {
  EXPECT_EQ(testing::seeds(3).size(), std::getenv("LOQUAT_SEED") != nullptr ? 1u : 3u);
}

}  // namespace
}  // namespace loquat
