// What net/idle.h promises, on the virtual clock.
#include "net/idle.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "loquat/fiber.h"
#include "loquat/testing.h"
#include "sched/stack/test_stack.h"

namespace loquat::net {
namespace {

using namespace std::chrono_literals;
using testing::simulate;

TEST(IdleWait, ReturnsWhenThereIsSomethingToReadAndWhenTimeIsOver) {
  simulate(1, [] {
    auto [near, far] = socketpair();
    for (const Duration timeout : {Duration(0), Duration(1s), Duration(1500ms)}) {
      const TimePoint begin = now();
      EXPECT_FALSE(wait_readable_idle(near, timeout));
      EXPECT_GE(now() - begin, timeout);
    }
    for (const Duration pause : {Duration(500ms), Duration(90s)}) {
      auto sender = spawn([&] {
        sleep(pause);
        far.sendall("x");
      });
      EXPECT_TRUE(wait_readable_idle(near, Duration::max()));
      EXPECT_EQ(near.recv(10), "x");
      sender.join();
    }
  });
}

TEST(IdleWait, ALongOneGivesBackTheUnusedStack) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "ASan may keep the array elsewhere";
#endif
  std::vector<bool> kept;
  simulate(1, [&] {
    auto [near, far] = socketpair();
    for (const Duration timeout : {Duration(1s), Duration(2s)}) {
      const std::uintptr_t deep = sched::go_deep();
      wait_readable_idle(near, timeout);
      kept.push_back(sched::is_resident(deep));
    }
  });
  EXPECT_EQ(kept, (std::vector{true, false}));
}

}  // namespace
}  // namespace loquat::net
