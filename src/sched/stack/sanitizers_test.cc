// ASan and TSan tell fibers apart and find errors in them. Other builds have nothing to test here.
#include "sched/stack/sanitizers.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <thread>
#include <vector>

#include "loquat/fiber.h"
#include "sched/test_world.h"

namespace loquat::sched {
namespace {

#if defined(__SANITIZE_ADDRESS__)

// Whether ASan knows the stack that the caller runs on: it returns that stack at a switch.
[[gnu::noinline]] bool asan_knows_this_stack() {
  volatile char here = 0;
  const auto at = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  const void* bottom = nullptr;
  std::size_t size = 0;
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(&fake, const_cast<char*>(&here), 1);
  __sanitizer_finish_switch_fiber(fake, &bottom, &size);
  const void* other = nullptr;
  std::size_t one = 0;
  __sanitizer_start_switch_fiber(&fake, bottom, size);  // and back
  __sanitizer_finish_switch_fiber(fake, &other, &one);
  const auto low = reinterpret_cast<std::uintptr_t>(bottom);
  return low <= at && at - low < size;
}

TEST(Sanitizers, AsanKnowsOnWhichStackEachFiberRuns) {
  run_test([] {
    EXPECT_TRUE(asan_knows_this_stack());
    std::vector<Fiber<>> fibers;
    for (int i = 0; i < 3; ++i) {
      fibers.push_back(spawn([] {
        EXPECT_TRUE(asan_knows_this_stack());
        sleep(Duration::zero());  // the others run, and it comes back
        EXPECT_TRUE(asan_knows_this_stack());
      }));
    }
    for (const auto& fiber : fibers) fiber.get();
    EXPECT_TRUE(asan_knows_this_stack());
  });
  EXPECT_TRUE(asan_knows_this_stack());
}

[[gnu::noinline]] void write_at(volatile char* where, std::size_t index) { where[index] = 1; }

TEST(SanitizersDeathTest, AsanFindsAnOverflowInAFiber) {
  const auto overflow = [] {
    spawn([] {
      volatile char four[4] = {};
      sleep(Duration::zero());
      write_at(four, 5);
    }).get();
  };
  EXPECT_DEATH(run_test(overflow), "stack-buffer-overflow.*located in stack of thread T0");
}

#elif defined(__SANITIZE_THREAD__)

TEST(Sanitizers, TsanTellsFibersApart) {
  run_test([] {
    const void* mine = __tsan_get_current_fiber();
    std::vector<const void*> others;
    std::vector<Fiber<>> fibers;
    for (int i = 0; i < 2; ++i) {
      fibers.push_back(spawn([&] {
        const void* self = __tsan_get_current_fiber();
        others.push_back(self);
        sleep(Duration::zero());  // the others run, and it comes back
        EXPECT_EQ(__tsan_get_current_fiber(), self);
      }));
    }
    for (const auto& fiber : fibers) fiber.get();
    EXPECT_EQ(__tsan_get_current_fiber(), mine);
    ASSERT_EQ(others.size(), 2u);
    EXPECT_NE(others[0], others[1]);
    EXPECT_NE(others[0], mine);
    EXPECT_NE(others[1], mine);
  });
}

TEST(SanitizersDeathTest, TsanFindsARaceInAFiber) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto race = [] {
    spawn([] {
      int shared = 0;
      std::thread other([&] { ++shared; });
      ++shared;
      other.join();
    }).get();
  };
  EXPECT_EXIT(
      {
        run_test(race);
        std::exit(0);  // which TSan makes 66 if it has found something
      },
      testing::ExitedWithCode(66), "data race");
}

#endif

}  // namespace
}  // namespace loquat::sched
