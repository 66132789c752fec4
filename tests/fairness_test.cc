// A fiber that is always ready delays neither the timers nor the I/O of its worker's other fibers, on either poller.
// The tests count events: the other fibers get twenty while it runs.
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "loquat/channel.h"
#include "loquat/file.h"
#include "loquat/run.h"
#include "loquat/socket.h"
#include "loquat/sync.h"
#include "tests/worlds.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

// Repeats one call that never has to wait, until told to stop.
struct Busy {
  const char* name;
  std::function<void(const std::function<bool()>& stop)> run;
};

// No fiber is always ready, but each look at the poller finds some socket that is.
void keep_sockets_ready(const std::function<bool()>& stop) {
  std::vector<std::pair<Socket, Socket>> pairs(30);
  std::vector<Fiber<>> fibers;
  for (auto& pair : pairs) {
    pair = socketpair();
    fibers.push_back(spawn([&near = pair.first, &stop] {
      while (!stop()) {
        near.sendall("x");
        near.recv(1);
      }
      near.shutdown(SHUT_WR);
    }));
    fibers.push_back(spawn([&far = pair.second] {
      for (std::string data; !(data = far.recv(1)).empty();) far.sendall(data);
    }));
  }
  join_all(fibers);
}

const Busy all_busy[] = {
    {"yield",
     [](const auto& stop) {
       while (!stop()) sleep(0ms);
     }},
    {"recv",
     [](const auto& stop) {
       auto [a, b] = socketpair();
       while (!stop()) {
         b.sendall("x");
         a.recv(1);
       }
     }},
    {"recv_of_what_never_ends",
     [](const auto& stop) {
       auto [a, b] = socketpair();
       std::atomic<bool> go_on{true};
       std::thread pump([&b = b, &go_on] {
         const std::string data(65536, 'x');
         while (go_on) b.sendall(data);
       });
       char byte[1];
       while (!stop()) a.recv_into(std::span<char>(byte));
       go_on = false;
       while (a.wait_readable(100ms)) a.recv(65536);
       pump.join();
     }},
    {"recvmsg",
     [](const auto& stop) {
       auto [a, b] = socketpair(AF_UNIX, SOCK_DGRAM);
       while (!stop()) {
         b.send("x");
         a.recvmsg(1);
       }
     }},
    {"sendto",
     [](const auto& stop) {
       Socket sender(AF_INET, SOCK_DGRAM), receiver(AF_INET, SOCK_DGRAM);
       receiver.bind({"127.0.0.1", 0});
       const Address address = receiver.getsockname();
       while (!stop()) sender.sendto("x", address);
     }},
    {"accept",
     [](const auto& stop) {
       auto server = create_server(Address::unix_path({}));
       const Address address = server.getsockname();
       while (!stop()) {
         Socket client(AF_UNIX);
         client.connect(address);
         server.accept();
       }
     }},
    {"wait_readable",
     [](const auto& stop) {
       auto [a, b] = socketpair();
       b.sendall("x");
       while (!stop()) a.wait_readable();
     }},
    {"wait_writable",
     [](const auto& stop) {
       auto [a, b] = socketpair();
       while (!stop()) a.wait_writable();
     }},
    {"peek",
     [](const auto& stop) {
       auto [a, b] = socketpair();
       b.sendall("x");
       while (!stop()) a.recv(1, MSG_PEEK);
     }},
    {"file",
     [](const auto& stop) {
       int ends[2];
       if (::pipe(ends) != 0) return;
       File from(ends[0], File::own), to(ends[1], File::own);
       while (!stop()) {
         to.write("x");
         from.read(1);
       }
     }},
    {"queue",
     [](const auto& stop) {
       Queue<int> queue(1);
       auto producer = spawn([&] {
         while (queue.put(1)) {
         }
       });
       while (!stop()) queue.get();
       queue.close();
       producer.join();
     }},
    {"two_queues",
     [](const auto& stop) {
       Queue<int> there, back;
       auto echo = spawn([&] {
         while (auto item = there.get()) back.put(*item);
       });
       while (!stop()) {
         there.put(1);
         back.get();
       }
       there.close();
       echo.join();
     }},
    {"channel_of_another_worker",
     [](const auto& stop) {
       Channel<int> channel;
       auto sender = spawn_on(1, [&] {
         while (channel.send(1)) {
         }
       });
       while (!stop()) channel.recv();
       channel.close();
       sender.join();
     }},
    {"mutex",
     [](const auto& stop) {
       Mutex mutex;
       auto work = [&] {
         while (!stop()) {
           const std::lock_guard lock(mutex);
           sleep(0ms);
         }
       };
       auto other = spawn(work);
       work();
       other.join();
     }},
    {"spawn",
     [](const auto& stop) {
       while (!stop()) spawn([] {}).join();
     }},
    {"many_sockets", keep_sockets_ready},
    {"stream",
     [](const auto& stop) {
       auto [a, b] = socketpair();
       auto writer = a.makefile(0);
       auto reader = b.makefile();
       std::string line;
       while (!stop()) {
         writer << "line\n" << std::flush;
         std::getline(reader, line);
       }
     }},
};

struct Parameter {
  std::string lane;
  const Busy* busy;
};

std::vector<Parameter> parameters() {
  std::vector<Parameter> all;
  for (const char* lane : {"epoll", "uring"}) {
    for (const Busy& busy : all_busy) all.push_back({lane, &busy});
  }
  return all;
}

class Fairness : public ::testing::TestWithParam<Parameter> {};
INSTANTIATE_TEST_SUITE_P(Worlds, Fairness, ::testing::ValuesIn(parameters()),
                         [](const auto& each) { return each.param.lane + "_" + each.param.busy->name; });

constexpr int wanted = 20;

// Runs `busy` until `others` have had their events, or until a time limit that no machine should need.
void expect_fair(const Parameter& parameter, const std::function<void(int& events)>& others) {
  run_in(
      parameter.lane,
      [&] {
        int events = 0;
        auto other = spawn([&] { others(events); });
        const TimePoint end = now() + 20s;
        parameter.busy->run([&] { return events >= wanted || now() > end; });
        EXPECT_GE(events, wanted) << "events of others in 20 s";
        other.cancel();
        other.join();
      },
      2);
}

TEST_P(Fairness, TimersFire) {
  expect_fair(GetParam(), [](int& events) {
    for (; events < wanted; ++events) sleep(1ms);
  });
}

// The peer is a thread, so its bytes arrive at any time.
TEST_P(Fairness, BytesArrive) {
  auto [near, far] = socketpair();
  std::thread echo([&far = far] {
    for (std::string data; !(data = far.recv(1)).empty();) far.sendall(data);
  });
  expect_fair(GetParam(), [&near = near](int& events) {
    for (; events < wanted; ++events) {
      near.sendall("x");
      near.recv(1);
    }
  });
  near.shutdown(SHUT_RDWR);
  echo.join();
}

TEST_P(Fairness, OffloadedJobsAndOtherThreadsMakeProgress) {
  expect_fair(GetParam(), [](int& events) {
    for (; events < wanted; ++events) {
      auto event = std::make_shared<Event>();
      offload([event] { event->set(); });
      event->wait();
    }
  });
}

TEST_P(Fairness, NewFibersRun) {
  expect_fair(GetParam(), [](int& events) {
    for (; events < wanted; ++events) spawn([] { sleep(0ms); }).join();
  });
}

class TimersBesideSockets : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, TimersBesideSockets, ::testing::Values("epoll", "uring", "sim"), world_name);

// gevent allows them a fraction of a millisecond; a busy machine does not.
TEST_P(TimersBesideSockets, AreNotLate) {
  run([] {
    int left = 60;
    std::vector<Fiber<>> sleepers;
    for (int i = 1; i <= 3; ++i) {
      sleepers.push_back(spawn([&left, time = i * 1ms] {
        for (int n = 0; n < 20; ++n, --left) {
          const TimePoint due = now() + time;
          sleep(time);
          EXPECT_GE(now(), due);
          EXPECT_LT(now() - due, 10s);
        }
      }));
    }
    const TimePoint end = now() + 60s;
    keep_sockets_ready([&] { return left == 0 || now() > end; });
    EXPECT_EQ(left, 0);
    cancel_all(sleepers);
  });
}

}  // namespace
}  // namespace loquat
