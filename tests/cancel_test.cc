// Ends each wait of a script in turn, by a cancel or by a Timeout: run n of the script is ended at its n-th wait, until
// a run completes. Each time, no descriptor and no fiber is left, and no byte that has arrived is lost.
#include <gtest/gtest.h>
#include <unistd.h>
#include <algorithm>

#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <set>

#include "loquat/file.h"
#include "loquat/names.h"
#include "loquat/socket.h"
#include "loquat/sync.h"
#include "loquat/timeout.h"
#include "sched/worker.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

// "epoll" cancels, "epoll_timeout" lets a Timeout pass.
bool by_timeout = false;

class Cancel : public InWorld {
 protected:
  template <class F>
  void run(F&& body) {
    const std::string parameter = GetParam(), world = parameter.substr(0, parameter.find('_'));
    by_timeout = world != parameter;
    run_in(world, body);
  }
};
class CancelOnKernel : public Cancel {};
INSTANTIATE_TEST_SUITE_P(Worlds, Cancel,
                         ::testing::Values("epoll", "uring", "sim", "epoll_timeout", "uring_timeout", "sim_timeout"),
                         world_name);
INSTANTIATE_TEST_SUITE_P(Kernel, CancelOnKernel, ::testing::Values("epoll", "uring", "epoll_timeout", "uring_timeout"),
                         world_name);

struct Count {
  std::ptrdiff_t descriptors = 0;
  std::uint64_t fibers = 0;
};

Count count_now() {
  const auto list = std::filesystem::directory_iterator("/proc/self/fd");
  return {std::distance(begin(list), end(list)), sched::Worker::current()->fibers()};
}

// Runs script() in a fiber and ends it at its n-th wait. Returns false if it has fewer waits.
bool cancelled_at(std::uint64_t n, const std::function<void()>& script) {
  Timeout* limit = nullptr;
  const auto victim = spawn([&] {
    Timeout timeout(Duration::max());
    limit = &timeout;
    try {
      script();
    } catch (...) {
      limit = nullptr;
      throw;
    }
    limit = nullptr;
  });
  while (!victim.done() && victim.waits() < n) sleep(0s);  // this fiber runs between any two waits of the script
  const bool reached = victim.waits() >= n;
  if (!by_timeout) {
    victim.cancel();
  } else if (limit != nullptr) {
    sched::Worker::current()->expire(*limit);
  }
  try {
    victim.get();
  } catch (const CancelledError&) {
  } catch (const TimeoutError&) {
  }
  return reached;
}

// Calls once(1), once(2), ... until a script completes, and returns the number of waits. After each run, no more
// descriptors are open than before. (A cancelled lookup keeps a file open for a moment on the pool, so the minimum over
// all runs counts.)
std::uint64_t at_each_wait(const std::function<bool(std::uint64_t)>& once) {
  Count least = count_now();
  for (std::uint64_t n = 1;; ++n) {
    SCOPED_TRACE("cancelled at wait " + std::to_string(n));
    const bool reached = once(n);
    Count after = count_now();
    const auto more = [&] { return after.descriptors > least.descriptors || after.fibers > least.fibers; };
    for (const TimePoint deadline = now() + 10s; more() && now() < deadline; after = count_now()) sleep(1ms);
    EXPECT_LE(after.descriptors, least.descriptors);
    EXPECT_LE(after.fibers, least.fibers);
    least = {std::min(after.descriptors, least.descriptors), std::min(after.fibers, least.fibers)};
    if (!reached || ::testing::Test::HasFailure()) return n - 1;
  }
}

// The other end of a script tolerates its peer's cancel.
auto tolerantly(auto call) {
  return [call] {
    try {
      call();
    } catch (const OSError&) {
    } catch (const std::ios_base::failure&) {
    }
  };
}

// --- a session -----------------------------------------------------------------------------------------------------

constexpr std::size_t load = 400'000;

void serve(Socket& listener) {
  Socket client = listener.accept();
  client.sendall(client.recv(load, MSG_WAITALL));
  SocketStream file = client.makefile();
  for (std::string line; std::getline(file, line);) file << "you said " << line << std::endl;
}

void visit(std::uint16_t port) {
  Socket server = create_connection("localhost", port, std::nullopt);
  const std::string data = pattern(load);
  auto sender = server.dup();
  sender.sendall(data);
  std::string got;
  for (std::string some; got.size() < load && !(some = server.recv(load - got.size())).empty();) got += some;
  EXPECT_TRUE(data.starts_with(got));
  (void)server.wait_readable(100us);
  SocketStream file = server.makefile();
  for (int i = 0; i < 3; ++i) {
    std::string line;
    file << i << std::endl;
    std::getline(file, line);
  }
  sleep(100us);
  server.shutdown(SHUT_WR);
  while (file.get() != EOF) continue;
}

TEST_P(Cancel, AClientSurvivesACancelAtEachWait) {
  run([] {
    const auto once = [](std::uint64_t n) {
      Socket listener = create_server({"127.0.0.1", 0});
      const auto server = spawn(tolerantly([&] { serve(listener); }));
      const bool reached = cancelled_at(n, [&] { visit(listener.getsockname().port()); });
      listener.close();
      server.get();
      return reached;
    };
    EXPECT_GT(at_each_wait(once), 3u);
  });
}

TEST_P(Cancel, AServerSurvivesACancelAtEachWait) {
  run([] {
    const auto once = [](std::uint64_t n) {
      Socket listener = create_server({"127.0.0.1", 0});
      const auto client = spawn(tolerantly([port = listener.getsockname().port()] { visit(port); }));
      const bool reached = cancelled_at(n, [&] { serve(listener); });
      listener.close();
      client.get();
      return reached;
    };
    EXPECT_GT(at_each_wait(once), 3u);
  });
}

// --- all other waits -------------------------------------------------------------------------------------------------

// Ends when its fiber ends.
class Helper {
 public:
  explicit Helper(std::function<void()> body) : fiber_(spawn(tolerantly(std::move(body)))) {}
  ~Helper() {
    fiber_.cancel();
    fiber_.join();
  }

 private:
  Fiber<> fiber_;
};

TEST_P(Cancel, EachKindOfWaitEndsCleanly) {
  run([] {
    const auto once = [](std::uint64_t n) {
      Pair pair = connected();
      Event event;
      Mutex mutex;
      Semaphore semaphore(0);
      Queue<int> queue(1);
      const Helper helper([&] {
        for (;;) {
          const std::lock_guard guard(mutex);
          sleep(100us);
          event.set();
          semaphore.release();
          queue.try_put(1);
          queue.try_get();
          pair.server.sendall("x");
        }
      });
      return cancelled_at(n, [&] {
        event.wait();
        { const std::lock_guard guard(mutex); }
        semaphore.acquire();
        semaphore.acquire_for(10s);
        queue.put(1);
        queue.put(2);
        pair.client.wait_readable();
        pair.client.wait_writable();
        for (int i = 0; i < 3; ++i) pair.client.recv(100);
        offload([] {});
        (void)getaddrinfo("localhost", 80);
        spawn([] { sleep(10us); }).join();
        const CancelShield shield;
        sleep(10us);
      });
    };
    EXPECT_GT(at_each_wait(once), 5u);
  });
}

// A cancelled waiter leaves a Mutex, a Semaphore and a Queue unchanged.
TEST_P(Cancel, LeavesLocksAndQueuesAsTheyWere) {
  run([] {
    const auto once = [](std::uint64_t n) {
      Mutex mutex;
      Semaphore semaphore(0);
      Queue<int> queue;
      int taken = 0, acquired = 0;
      const auto giver = spawn([&] {
        for (int i = 0; i < 10; ++i) {
          const std::lock_guard guard(mutex);
          semaphore.release();
          queue.put(i);
          sleep(10us);
        }
      });
      const auto taker = [&] {
        while (acquired < 10) {
          semaphore.acquire();
          ++acquired;
          while (auto item = queue.get_for(10us)) EXPECT_EQ(*item, taken++);
          const std::lock_guard guard(mutex);
        }
      };
      const bool reached = cancelled_at(n, taker);
      taker();
      while (auto item = queue.get_for(10us)) EXPECT_EQ(*item, taken++);
      giver.get();
      EXPECT_EQ(taken, 10);
      EXPECT_EQ(acquired, 10);
      EXPECT_TRUE(mutex.try_lock());
      mutex.unlock();
      return reached;
    };
    EXPECT_GT(at_each_wait(once), 10u);
  });
}

TEST_P(CancelOnKernel, EachKindOfWaitEndsCleanly) {
  run([] {
    const auto once = [](std::uint64_t n) {
      auto datagrams = socketpair(AF_UNIX, SOCK_DGRAM);
      auto streams = socketpair();
      int ends[2];
      EXPECT_EQ(::pipe(ends), 0);
      File in(ends[0], File::own), out(ends[1], File::own);
      const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
      EXPECT_EQ(::ftruncate(::fileno(file.get()), load), 0);
      Socket full(AF_UNIX), first(AF_UNIX);
      full.bind(Address::unix_path({}));
      full.listen(0);
      first.connect(full.getsockname());
      const Helper reader([&] {
        while (!streams.second.recv(load).empty()) sleep(10us);
      });
      const Helper sender([&] {
        for (;; sleep(100us)) {
          const int fds[] = {0};
          send_fds(datagrams.second, "fd", fds);
        }
      });
      const Helper writer([&] {
        for (;; sleep(100us)) out.write(std::string(100'000, 'x'));
      });
      const Helper drain([&] {
        for (;; sleep(100us)) datagrams.second.recv(100);
      });
      const Helper acceptor([&] {
        for (;; sleep(1ms)) full.accept();
      });
      return cancelled_at(n, [&] {
        for (const int fd : recv_fds(datagrams.first, 100, 1).fds()) ::close(fd);
        datagrams.first.recvfrom(10);
        for (std::size_t size = 0; size < 200'000;) size += in.read(load).size();
        streams.first.sendfile(::fileno(file.get()));
        Socket(AF_UNIX).connect(full.getsockname());
        Socket(AF_UNIX).connect(full.getsockname());
        (void)gethostbyaddr("127.0.0.1");
        for (int i = 0; i < 100; ++i) datagrams.first.send("into a full queue");
      });
    };
    EXPECT_GT(at_each_wait(once), 5u);
  });
}

// --- bytes that have arrived -----------------------------------------------------------------------------------------

// One reader is cancelled and another continues: together they read every byte.
void read_in_two_parts(const std::function<void(Socket&, std::string&)>& read_some) {
  const auto once = [&](std::uint64_t n) {
    Pair pair = connected();
    const std::string data = pattern(40'000);
    const auto writer = spawn([&] {
      for (std::size_t at = 0; at < data.size(); at += 2'500) {
        pair.server.sendall(std::string_view(data).substr(at, 2'500));
        if (at % 3 != 0) sleep(20us);
      }
      pair.server.shutdown(SHUT_WR);
    });
    std::string got;
    const auto reader = [&] {
      for (std::size_t before = 1; got.size() != before;) {
        before = got.size();
        read_some(pair.client, got);
      }
    };
    const bool reached = cancelled_at(n, reader);
    reader();
    writer.get();
    EXPECT_EQ(got == data, true) << "read " << got.size() << " of " << data.size();
    return reached;
  };
  EXPECT_GT(at_each_wait(once), 3u);
}

TEST_P(Cancel, LosesNoByteOfRecv) {
  run([] { read_in_two_parts([](Socket& socket, std::string& got) { got += socket.recv(1000); }); });
}

TEST_P(Cancel, LosesNoByteOfWaitAll) {
  run([] { read_in_two_parts([](Socket& socket, std::string& got) { got += socket.recv(7000, MSG_WAITALL); }); });
}

TEST_P(Cancel, LosesNoByteAfterWaitReadable) {
  run([] {
    read_in_two_parts([](Socket& socket, std::string& got) {
      socket.wait_readable();
      got += socket.recv(5000, MSG_DONTWAIT);
    });
  });
}

TEST_P(CancelOnKernel, LosesNoByteOfRecvmsg) {
  run([] { read_in_two_parts([](Socket& socket, std::string& got) { got += socket.recvmsg(1000, 64).data; }); });
}

TEST_P(Cancel, LosesNoByteOfAStream) {
  run([] {
    const auto once = [](std::uint64_t n) {
      Pair pair = connected();
      const std::string data = pattern(8'000);
      const auto writer = spawn([&] {
        SocketStream file = pair.server.makefile(100);
        for (std::size_t i = 0; i < data.size(); ++i) {
          file.put(data[i]);
          if (i % 1'000 == 0) sleep(20us);
        }
        file.close();
        pair.server.close();
      });
      SocketStream file = pair.client.makefile(64);
      std::string got;
      const auto reader = [&] {
        for (char c; file.get(c);) got += c;
      };
      const bool reached = cancelled_at(n, reader);
      file.clear();
      reader();
      writer.get();
      EXPECT_EQ(got == data, true) << "read " << got.size() << " of " << data.size();
      return reached;
    };
    EXPECT_GT(at_each_wait(once), 3u);
  });
}

TEST_P(Cancel, ACancelledSendHasSentAPrefix) {
  run([] {
    const auto once = [](std::uint64_t n) {
      Pair pair = connected();
      const std::string data = pattern(300'000);
      pair.client.setsockopt(SOL_SOCKET, SO_SNDBUF, 16'384);
      pair.server.setsockopt(SOL_SOCKET, SO_RCVBUF, 16'384);
      const auto reader = spawn([&] { return read_all(pair.server); });
      const bool reached = cancelled_at(n, [&] { pair.client.sendall(data); });
      pair.client.shutdown(SHUT_WR);
      EXPECT_EQ(data.starts_with(reader.get()), true);
      return reached;
    };
    EXPECT_GT(at_each_wait(once), 2u);
  });
}

TEST_P(Cancel, LosesNoConnectionOfAccept) {
  run([] {
    const auto once = [](std::uint64_t n) {
      Socket listener = create_server({"127.0.0.1", 0});
      constexpr std::size_t count = 8;
      std::vector<Socket> clients, accepted;
      const auto connecting = spawn([&] {
        while (clients.size() < count) {
          clients.push_back(create_connection("127.0.0.1", listener.getsockname().port(), std::nullopt));
          sleep(20us);
        }
      });
      const auto acceptor = [&] {
        while (accepted.size() < count) accepted.push_back(listener.accept());
      };
      const bool reached = cancelled_at(n, acceptor);
      acceptor();
      connecting.get();
      std::set<std::string> here, there;
      for (const Socket& each : accepted) here.insert(each.getpeername().str());
      for (const Socket& each : clients) there.insert(each.getsockname().str());
      EXPECT_EQ(here, there);
      return reached;
    };
    EXPECT_GT(at_each_wait(once), 2u);
  });
}

}  // namespace
}  // namespace loquat
