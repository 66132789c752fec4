#include "sched/stack.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "loquat/fiber.h"
#include "sched/test_world.h"

namespace loquat::sched {
namespace {

constexpr std::size_t touched = 20 * 1024;

// Touches the stack below the caller and says how far down it came. The address is only looked up, never read.
[[gnu::noinline]] std::uintptr_t go_deep() {
  std::array<volatile char, touched> frame;
  for (volatile char& byte : frame) byte = 1;
  return reinterpret_cast<std::uintptr_t>(frame.data());
}

bool is_resident(std::uintptr_t address) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  unsigned char resident = 0;
  EXPECT_EQ(::mincore(reinterpret_cast<void*>(address / page * page), page, &resident), 0);
  return (resident & 1) != 0;
}

TEST(Stack, TrimGivesBackWhatDeeperCallsHaveTouched) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "ASan may keep the array elsewhere";
#endif
  run_test([] {
    spawn([] {
      const std::array<int, 4> kept{1, 2, 3, 4};
      for (int i = 0; i < 3; ++i) {
        const std::uintptr_t deep = go_deep();
        EXPECT_TRUE(is_resident(deep));
        Worker::trim_stack();
        EXPECT_FALSE(is_resident(deep));
        sleep(Duration::zero());
      }
      EXPECT_EQ(kept, (std::array<int, 4>{1, 2, 3, 4}));
    }).get();
  });
}

TEST(Stack, TrimInAPlainThreadDoesNothing) { Worker::trim_stack(); }

}  // namespace
}  // namespace loquat::sched
