// fork(2) in a fiber (run.h): the child continues as a plain thread, and the parent is not affected.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>

#include "loquat/file.h"
#include "loquat/run.h"
#include "loquat/socket.h"
#include "loquat/sync.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

// SIGALRM ends a child after a minute.
pid_t fork_child(const std::function<bool()>& body) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::alarm(60);
  bool good = false;
  try {
    good = body();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "in the child: %s\n", e.what());
  }
  ::_exit(good ? 0 : 1);
}

// The child's end as waitpid(2) reports it.
int status_of(pid_t child) {
  return offload([child] {
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
  });
}

class Fork : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, Fork, ::testing::Values("epoll", "uring", "threads"), world_name);

// One of each kind of wait, begun before the fork and ended after the child's end.
struct Waits {
  std::pair<Socket, Socket> reading = socketpair();
  std::pair<Socket, Socket> writing = socketpair();
  Socket server = create_server({"127.0.0.1", 0});
  Event event;
  Queue<int> queue;
};

TEST_P(Fork, TheParentsWaitsGoOn) {
  run([] {
    Waits w;
    auto reader = beside([&] { return w.reading.first.recv(10); });
    auto writer = beside([&] { return w.writing.first.sendall(pattern(1 << 20)), true; });
    auto acceptor = beside([&] { return w.server.accept().recv(10); });
    auto waiter = beside([&] { return w.event.wait(), w.queue.get(); });
    reader.until_it_waits();
    writer.until_it_waits();
    acceptor.until_it_waits();
    waiter.until_it_waits();
    const pid_t child = fork_child([&] {
      w.reading.first.close();
      w.writing.first.close();
      w.server.close();
      return true;
    });
    EXPECT_EQ(status_of(child), 0);
    w.reading.second.sendall("hello");
    EXPECT_EQ(reader.get(), "hello");
    EXPECT_TRUE(w.writing.second.recv(1 << 20, MSG_WAITALL) == pattern(1 << 20));
    EXPECT_TRUE(writer.get());
    create_connection("127.0.0.1", w.server.getsockname().port()).sendall("hi");
    EXPECT_EQ(acceptor.get(), "hi");
    w.event.set();
    w.queue.put(7);
    EXPECT_EQ(waiter.get(), 7);
  });
}

TEST_P(Fork, TheChildUsesTheParentsSockets) {
  run([] {
    auto [a, b] = socketpair();
    auto reader = beside([&a = a] { return a.recv(10); });
    reader.until_it_waits();
    const pid_t child = fork_child([&a = a, &b = b] {
      b.sendall("to the parent");
      return true;
    });
    EXPECT_EQ(reader.get(), "to the par");
    EXPECT_EQ(status_of(child), 0);
  });
}

TEST_P(Fork, TheChildBlocksAsAPlainThread) {
  run([] {
    auto [a, b] = socketpair();
    const pid_t child = fork_child([&a = a, &b = b] {
      b.close();
      const std::string got = a.recv(100, MSG_WAITALL);  // the parent sends it in two parts and ends its stream
      sleep(1ms);
      Queue<int> queue;
      queue.put(1);
      auto [c, d] = socketpair();
      c.settimeout(10ms);
      const bool timed_out = errc_of([&c = c] { c.recv(1); }) == ETIMEDOUT;
      return got == "hello, world" && queue.get() == 1 && timed_out && offload([] { return 5; }) == 5;
    });
    b.sendall("hello, ");
    sleep(1ms);
    b.sendall("world");
    b.shutdown(SHUT_WR);
    EXPECT_EQ(status_of(child), 0);
  });
}

TEST_P(Fork, TheChildMayCallRun) {
  const std::string lane = GetParam();
  run([lane] {
    const pid_t child = fork_child([&] {
      bool served = false;
      run_in(lane == "threads" ? "epoll" : lane, [&] {
        auto server = create_server({"127.0.0.1", 0});
        auto client =
            spawn([port = server.getsockname().port()] { create_connection("127.0.0.1", port).sendall("x"); });
        served = server.accept().recv(1) == "x";
      });
      return served;
    });
    EXPECT_EQ(status_of(child), 0);
  });
}

TEST_P(Fork, ManyChildrenRunAtOnce) {
  run([] {
    auto [a, b] = socketpair();
    std::vector<pid_t> children;
    for (int i = 0; i < 5; ++i) children.push_back(fork_child([&b = b] { return b.sendall("x"), true; }));
    EXPECT_EQ(a.recv(5, MSG_WAITALL), "xxxxx");
    for (const pid_t child : children) EXPECT_EQ(status_of(child), 0);
  });
}

TEST_P(Fork, AChildsCloseOfAListenerLeavesTheParentsOpen) {
  run([] {
    auto server = create_server({"127.0.0.1", 0});
    auto first = beside([&] { return server.accept().recv(1); });
    first.until_it_waits();
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(status_of(fork_child([&] {
                  server.shutdown(SHUT_WR);  // has no effect on a listener
                  server.close();
                  return server.closed();
                })),
                0);
    }
    create_connection("127.0.0.1", server.getsockname().port()).sendall("a");
    EXPECT_EQ(first.get(), "a");
  });
}

class ForkInFiber : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, ForkInFiber, ::testing::Values("epoll", "uring"), world_name);

// The fiber's function returns in the child: the child ends as by _exit(0), or _exit(1) if it throws.
TEST_P(ForkInFiber, TheChildEndsWithItsFiber) {
  run([] {
    for (const bool throws : {false, true}) {
      auto fiber = spawn([throws] {
        const pid_t child = ::fork();
        if (child == 0) ::alarm(60);
        if (child == 0 && throws) throw std::runtime_error("of the child");
        return child;
      });
      EXPECT_EQ(status_of(fiber.get()), throws ? 1 << 8 : 0);
    }
  });
}

// From the second of two workers, while both have fibers that wait.
TEST_P(ForkInFiber, ForksOnAnotherWorker) {
  run(
      [] {
        auto [a, b] = socketpair();
        auto reader = spawn([&a = a] { return a.recv(1); });
        auto child = spawn_on(1, [&a = a] {
          return fork_child([&] {
            a.close();
            auto [c, d] = socketpair();
            d.sendall("x");
            return c.recv(1) == "x";
          });
        });
        EXPECT_EQ(status_of(child.get()), 0);
        b.sendall("y");
        EXPECT_EQ(reader.get(), "y");
      },
      2);
}

}  // namespace
}  // namespace loquat
