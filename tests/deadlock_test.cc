// RunOptions::detect_deadlock: which runs are stuck, and which only seem to be.
#include <gtest/gtest.h>

#include <signal.h>

#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>

#include "loquat/address.h"
#include "loquat/channel.h"
#include "loquat/queue.h"
#include "loquat/run.h"
#include "loquat/signals.h"
#include "loquat/socket.h"
#include "loquat/subprocess.h"
#include "loquat/sync.h"
#include "loquat/threadpool.h"
#include "loquat/timeout.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

constexpr auto moment = 20ms;  // a worker that mistakes a wait for a deadlock says so in microseconds

class Deadlock : public ::testing::TestWithParam<std::tuple<PollerKind, std::size_t>> {
 protected:
  static RunOptions options() {
    return {.workers = std::get<1>(GetParam()), .poller = std::get<0>(GetParam()), .detect_deadlock = true};
  }
  // What run() throws for a deadlock; empty if it returns.
  template <class F>
  static std::string verdict(F body, const RunOptions& options = Deadlock::options()) {
    try {
      run(body, options);
    } catch (const std::logic_error& error) {
      return error.what();
    }
    return {};
  }
  static std::size_t other_worker() { return workers() - 1; }
};
INSTANTIATE_TEST_SUITE_P(PollersAndWorkers, Deadlock,
                         ::testing::Combine(::testing::Values(PollerKind::epoll, PollerKind::uring),
                                            ::testing::Values(1, 2)));

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

// Locks `first`, waits until the other fiber has its lock too, and locks `second`.
void lock_both(Mutex& first, Mutex& second, Barrier& both) {
  const std::lock_guard one(first);
  both.wait();
  const std::lock_guard two(second);
}

// --- reported ------------------------------------------------------------------------------------------------------

TEST_P(Deadlock, OfTwoFibersWithEachOthersMutex) {
  Mutex a, b;  // outside of the run: the main fiber may end before the others
  Barrier both(2);
  const std::string text = verdict([&] {
    Fiber<> one = spawn([&] { lock_both(a, b, both); });
    Fiber<> two = spawn_on(other_worker(), [&] { lock_both(b, a, both); });
    one.join();
    two.join();
  });
  EXPECT_TRUE(text.starts_with("run: deadlock: every fiber waits for another one\n  1 main, on worker 0, join since "))
      << text;
  EXPECT_EQ(count(text, "Mutex::lock since "), 2u) << text;
  EXPECT_EQ(count(text, "tests/deadlock_test.cc:"), 2u) << text;
}

TEST_P(Deadlock, OfATakerWithoutAPutter) {
  const std::string text = verdict([] { Queue<int>().get(); });
  EXPECT_EQ(count(text, "Queue::get since "), 1u) << text;
}

TEST_P(Deadlock, OfFibersThatJoinEachOther) {
  Fiber<> one, two;
  Event known;
  const std::string text = verdict([&] {
    one = spawn([&] { known.wait(), two.join(); });
    two = spawn_on(other_worker(), [&] { known.wait(), one.join(); });
    known.set();
    Event().wait();
  });
  EXPECT_EQ(count(text, " join since "), 2u) << text;
  EXPECT_EQ(count(text, "Event::wait since "), 1u) << text;
}

TEST_P(Deadlock, ComesAfterWork) {
  const std::string text = verdict([] {
    Socket listener = create_server({"127.0.0.1", 0});
    Socket client = create_connection("localhost", listener.getsockname().port());
    Fiber<> server = spawn_on(other_worker(), [&] { listener.accept().sendall("x"); });
    EXPECT_EQ(client.recv(10), "x");
    server.join();
    sleep(1ms);
    offload([] {});
    Semaphore(0).acquire();
  });
  EXPECT_EQ(count(text, "Semaphore::acquire since "), 1u) << text;
}

TEST_P(Deadlock, EndsFibersAsTheEndOfARunDoes) {
  bool cancelled = false;
  const std::string text = verdict([&] {
    Fiber<> waits = spawn_on(other_worker(), [&] {
      const auto note = [&] { cancelled = true; };
      struct AtEnd {
        decltype(note)& call;
        ~AtEnd() { call(); }
      } at_end{note};
      Event().wait();
    });
    waits.join();
  });
  EXPECT_FALSE(text.empty());
  EXPECT_TRUE(cancelled);
}

// The log says why run() does not return.
TEST_P(Deadlock, ThatOutlivesTheEndIsLogged) {
  struct Log final : LogSink {
    void write(LogLevel, std::string_view text) noexcept override {
      line = text;
      helps.set();
    }
    std::string line;
    Event helps;
  } log;
  RunOptions with_log = options();
  with_log.log = &log;
  const std::string text = verdict(
      [&] {
        spawn([&] {
          const CancelShield refuses;
          log.helps.wait();
        }).join();
      },
      with_log);
  EXPECT_FALSE(text.empty());
  EXPECT_TRUE(log.line.starts_with("run cannot end: fibers that were told to end wait for others\n  ")) << log.line;
  EXPECT_EQ(count(log.line, "Event::wait since "), 1u) << log.line;
}

// --- not reported --------------------------------------------------------------------------------------------------

TEST_P(Deadlock, IsNoTimer) {
  EXPECT_EQ(verdict([] {
              Event rung;
              Fiber<> alarm = spawn_on(other_worker(), [&] { sleep(moment), rung.set(); });
              rung.wait();
              EXPECT_FALSE(Queue<int>().get_for(moment));
              EXPECT_FALSE(with_timeout(moment, [] { Event().wait(); }));
            }),
            "");
}

TEST_P(Deadlock, IsNoSocket) {
  EXPECT_EQ(verdict([] {
              auto [a, b] = socketpair();
              const int fd = b.fileno();
              std::thread outside([fd] {
                std::this_thread::sleep_for(moment);
                EXPECT_EQ(::send(fd, "x", 1, MSG_NOSIGNAL), 1);
              });
              Event read;
              Fiber<> reader = spawn_on(other_worker(), [&] {
                EXPECT_EQ(a.recv(10), "x");
                read.set();
              });
              read.wait();
              outside.join();
            }),
            "");
}

// An operation that is done wakes its fiber a little later.
TEST_P(Deadlock, IsNoOperationThatIsDone) {
  EXPECT_EQ(verdict([] {
              auto [near, far] = socketpair();
              Fiber<> echo = spawn_on(other_worker(), [&far = far] {
                for (std::string data; !(data = far.recv(10)).empty();) far.sendall(data);
              });
              for (int i = 0; i < 2000; ++i) {
                near.sendall("x");
                ASSERT_EQ(near.recv(10), "x");
              }
              near.close();
              echo.join();
            }),
            "");
}

TEST_P(Deadlock, IsNoOffload) {
  EXPECT_EQ(verdict([] {
              Event done;
              ThreadPool pool(1);
              Fiber<> busy = spawn_on(other_worker(), [&] {
                offload([] { std::this_thread::sleep_for(moment); });
                pool.apply([] { std::this_thread::sleep_for(moment); });
                done.set();
              });
              done.wait();
            }),
            "");
}

TEST_P(Deadlock, IsNoChild) {
  EXPECT_EQ(verdict([] { subprocess::run({"sleep", "0.02"}); }), "");
}

TEST_P(Deadlock, IsNoSignal) {
  Signals signals({SIGUSR1});
  EXPECT_EQ(verdict([&] {
              std::thread outside([] {
                std::this_thread::sleep_for(moment);
                ::kill(::getpid(), SIGUSR1);
              });
              EXPECT_EQ(signals.wait(), SIGUSR1);
              outside.join();
            }),
            "");
}

TEST_P(Deadlock, IsNoLookup) {
  EXPECT_EQ(verdict([] {
              for (int i = 0; i < 20; ++i) EXPECT_FALSE(getaddrinfo("localhost", 80).empty());
            }),
            "");
}

TEST_P(Deadlock, IsNoWorkBetweenWorkers) {
  EXPECT_EQ(verdict([] {
              Channel<int> there, back;
              Fiber<> echo = spawn_on(other_worker(), [&] {
                for (int i = 0; i < 2000; ++i) back.send(there.recv().value_or(-1));
              });
              for (int i = 0; i < 2000; ++i) {
                there.send(i);
                ASSERT_EQ(back.recv(), i);
              }
              echo.join();
            }),
            "");
}

TEST(DeadlockOption, IsOffSinceAThreadMayCome) {
  run([] {
    Event set;
    std::thread outside([&] {
      std::this_thread::sleep_for(moment);
      set.set();
    });
    set.wait();
    outside.join();
  });
}

}  // namespace
}  // namespace loquat
