// Lists of fibers say what each waits for (loquat/inspect.h).
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "list/fibers.h"
#include "loquat/inspect.h"
#include "loquat/run.h"
#include "loquat/socket.h"
#include "loquat/sync.h"

namespace loquat {
namespace {

using namespace std::chrono_literals;

const FiberInfo* named(const std::vector<FiberInfo>& all, const std::string& name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

// Spawns f() under a name, and waits until it waits.
template <class F>
Fiber<> waiting(const std::string& name, F f) {
  auto fiber = spawn([name, f] {
    set_fiber_name(name);
    f();
  });
  while (fiber.waits() == 0) sleep(0s);
  return fiber;
}

class FiberList : public ::testing::TestWithParam<PollerKind> {};
INSTANTIATE_TEST_SUITE_P(Pollers, FiberList, ::testing::Values(PollerKind::epoll, PollerKind::uring));

TEST_P(FiberList, SaysWhatEachWaitsFor) {
  run(
      [] {
        Socket listener = create_server({"127.0.0.1", 0});
        Socket client = create_connection("127.0.0.1", listener.getsockname().port());
        Socket served = listener.accept();
        Event event;
        Queue<int> queue;
        const std::vector<Fiber<>> fibers{
            waiting("acceptor", [&] { listener.accept(); }), waiting("reader", [&] { served.recv(100); }),
            waiting("sleeper", [] { sleep(1h); }), waiting("taker", [&] { queue.get(); })};
        const std::vector<FiberInfo> all = loquat::fibers();
        ASSERT_EQ(all.size(), 5u);
        EXPECT_EQ(all[0].number, 1u);
        EXPECT_EQ(all[0].spawned, "main");
        EXPECT_EQ(all[0].state, FiberInfo::State::running);

        const FiberInfo& acceptor = *named(all, "acceptor");
        EXPECT_EQ(acceptor.state, FiberInfo::State::waiting);
        EXPECT_EQ(acceptor.call, "accept");
        EXPECT_EQ(acceptor.descriptor, listener.fileno());
        EXPECT_EQ(acceptor.addresses, listener.getsockname().str());
        EXPECT_EQ(acceptor.parent, 1u);
        EXPECT_EQ(acceptor.spawned.find("src/inspect/fibers_test.cc:"), 0u) << acceptor.spawned;
        EXPECT_GT(acceptor.stack_used, 0u);
        EXPECT_LT(acceptor.stack_used, acceptor.stack_size);

        const FiberInfo& reader = *named(all, "reader");
        EXPECT_EQ(reader.call, "recv");
        EXPECT_EQ(reader.addresses, served.getsockname().str() + " - " + client.getsockname().str());
        EXPECT_EQ(named(all, "sleeper")->call, "sleep");
        EXPECT_EQ(named(all, "taker")->descriptor, -1);
        EXPECT_LT(named(all, "taker")->waited, 1min);
        cancel_all(fibers);
        EXPECT_EQ(loquat::fibers().size(), 1u);
      },
      {.poller = GetParam()});
}

TEST_P(FiberList, CoversAllWorkers) {
  run(
      [] {
        Event go_on;
        std::vector<Fiber<>> fibers;
        for (std::size_t i = 0; i < workers(); ++i) fibers.push_back(spawn_on(i, [&] { go_on.wait(); }));
        for (const auto& each : fibers) {
          while (each.waits() == 0) sleep(1ms);
        }
        std::vector<std::size_t> found(workers());
        for (const FiberInfo& each : loquat::fibers()) ++found[each.worker];
        EXPECT_EQ(found, (std::vector<std::size_t>{2, 1, 1}));
        go_on.set();
        join_all(fibers);
      },
      {.workers = 3, .poller = GetParam()});
}

TEST_P(FiberList, NamesAWorkerThatDoesNotAnswer) {
  run(
      [] {
        std::atomic<bool> held{false}, free{false};
        auto holds = spawn_on(1, [&] {
          held = true;
          while (!free) continue;
        });
        while (!held) sleep(0s);
        const std::string text = fibers_text(10, 10ms);
        free = true;
        EXPECT_EQ(text.find("1 fiber on 2 workers\n"), 0u) << text;
        EXPECT_NE(text.find("  worker 1 does not answer: a fiber holds it\n"), text.npos) << text;
        holds.join();
        EXPECT_EQ(loquat::fibers().size(), 1u);
      },
      {.workers = 2, .poller = GetParam()});
}

TEST(FiberList, OutsideOfAFiberIsRefused) { EXPECT_THROW(loquat::fibers(), std::logic_error); }

FiberInfo made(std::uint64_t number, std::uint64_t parent, std::string name = {}) {
  FiberInfo info;
  info.number = number;
  info.parent = parent;
  info.name = std::move(name);
  info.spawned = "x.cc:1";
  return info;
}

TEST(FiberTree, PutsEachBelowItsParent) {
  EXPECT_EQ(list::tree_of({made(1, 0), made(2, 1), made(3, 1), made(4, 2), made(9, 7)}, 100),
            "  1 x.cc:1, on worker 0, not begun\n"
            "    2 x.cc:1, on worker 0, not begun\n"
            "      4 x.cc:1, on worker 0, not begun\n"
            "    3 x.cc:1, on worker 0, not begun\n"
            "  9 x.cc:1, on worker 0, not begun\n");
}

TEST(FiberTree, IsCutAndDoesNotGrowToTheRight) {
  std::vector<FiberInfo> chain;
  for (std::uint64_t i = 1; i <= 5000; ++i) chain.push_back(made(i, i - 1));
  const std::string all = list::tree_of(chain, 10'000);
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 5000);
  EXPECT_LT(all.size(), 5000u * 100);
  const std::string some = list::tree_of(chain, 10);
  EXPECT_NE(some.find("  and 4990 more\n"), some.npos) << some;
}

TEST(FiberTree, NamesReachNoTerminal) {
  EXPECT_EQ(list::line_of(made(1, 0, "\x1b[2J\n")), "1 ?[2J?, x.cc:1, on worker 0, not begun");
}

TEST(FiberTree, SaysWhatAFiberDoes) {
  FiberInfo info = made(9, 1, "client 7");
  info.state = FiberInfo::State::waiting;
  info.call = "recv";
  info.descriptor = 8;
  info.addresses = "127.0.0.1:7777 - 127.0.0.1:40112";
  info.waited = 40ms;
  info.stack_used = 1100;
  info.stack_size = 60 * 1024;
  EXPECT_EQ(list::line_of(info),
            "9 client 7, x.cc:1, on worker 0, recv on 8 (127.0.0.1:7777 - 127.0.0.1:40112) since 40 ms, "
            "stack 2 of 60 KiB");
  info.state = FiberInfo::State::running;
  EXPECT_EQ(list::line_of(info), "9 client 7, x.cc:1, on worker 0, running, stack 2 of 60 KiB");
}

}  // namespace
}  // namespace loquat
