#include "sched/stack/stack.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "loquat/fiber.h"
#include "sched/stack/test_stack.h"
#include "sched/test_world.h"

namespace loquat::sched {
namespace {

// As on an older kernel, where madvise(2) returns EINVAL for an unknown advice.
void refuse_guard_advice() {
  constexpr __u32 guard_install = 102;
  sock_filter rules[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                         {BPF_JMP | BPF_JEQ | BPF_K, 0, 3, SYS_madvise},
                         {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, args[2])},
                         {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, guard_install},
                         {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EINVAL},
                         {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
  const sock_fprog program{6, rules};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) ::_exit(3);
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

// Linux before 6.13 has no guard advice; then at most 15,000 guards are mapped at a time, under sanitizers too.
TEST(StackGuards, ReleasedStacksKeepTheirGuards) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "TSan knows 8,128 stacks at most";
#endif
  const pid_t child = ::fork();
  if (child == 0) {
    refuse_guard_advice();
    for (int run = 0; run < 3; ++run) {
      StackPool pool(2 * page_size());
      std::vector<Stack*> stacks;
      for (int i = 0; i < 15'200; ++i) stacks.push_back(pool.acquire());
      if (stacks.back()->guard != Stack::Guard::none) ::_exit(1);  // more than there may be
      for (Stack* stack : stacks) pool.release(stack);
      if (pool.acquire()->guard == Stack::Guard::none) ::_exit(2);  // one without, though there are others
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(StackGuards, AStackWithoutAGuardGetsOneWhenOthersAreFreed) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "TSan knows 8,128 stacks at most";
#endif
  const pid_t child = ::fork();
  if (child == 0) {
    refuse_guard_advice();
    auto first = std::make_unique<StackPool>(2 * page_size());
    for (int i = 0; i < 15'000; ++i) first->acquire();
    StackPool second(2 * page_size());
    Stack* const bare = second.acquire();
    if (bare->guard != Stack::Guard::none) ::_exit(1);
    second.release(bare);
    first.reset();
    ::_exit(second.acquire()->guard == Stack::Guard::mapping ? 0 : 2);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Stack, WithoutMemoryAFiberEndsByBadAllocAndTheOthersRun) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's shadow has no bound of address space";
#endif
  const pid_t child = ::fork();
  if (child == 0) {
    int refused = 0, ran = 0;
    run_test([&] {
      std::vector<Fiber<>> fibers;
      for (int i = 0; i < 1'000; ++i) fibers.push_back(spawn([&] { sleep(std::chrono::seconds(1)), ++ran; }));
      rlimit none{};
      ::getrlimit(RLIMIT_AS, &none);
      none.rlim_cur = 0;
      ::setrlimit(RLIMIT_AS, &none);
      for (auto& fiber : fibers) {
        try {
          fiber.get();
        } catch (const std::bad_alloc&) {
          ++refused;
        }
      }
    });
    ::_exit(refused > 0 && ran > 0 && refused + ran == 1'000 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(Stack, HasAPageBesidesItsGuard) {
  StackPool pool(page_size());
  Stack* const stack = pool.acquire();
  EXPECT_GT(stack->size, page_size() / 2);
  EXPECT_LT(stack->size, page_size());
  pool.release(stack);
}

// A stack in use since the last call stays as it is: its next fiber needs those pages.
TEST(Stack, OnlyUnusedStacksAreTrimmed) {
  StackPool pool(8 * page_size());
  std::vector<Stack*> stacks;
  for (int i = 0; i < 100; ++i) stacks.push_back(pool.acquire());
  for (Stack* stack : stacks) std::memset(stack->low, 1, stack->size / 2);
  for (Stack* stack : stacks) pool.release(stack);
  const auto count_resident = [&] {
    return std::count_if(stacks.begin(), stacks.end(),
                         [](Stack* s) { return is_resident(reinterpret_cast<std::uintptr_t>(s->low)); });
  };
  pool.trim_unused();
  EXPECT_EQ(count_resident(), 100);
  for (int i = 0; i < 30; ++i) pool.acquire();
  for (int i = 99; i >= 70; --i) pool.release(stacks[static_cast<std::size_t>(i)]);
  pool.trim_unused();
  EXPECT_EQ(count_resident(), 30);
  EXPECT_TRUE(pool.is_warm());
  pool.trim_unused();
  EXPECT_EQ(count_resident(), 0);
  EXPECT_FALSE(pool.is_warm());
}

TEST(Stack, ACrowdThatHasGoneLeavesNoPagesBehind) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "ASan may keep the array elsewhere";
#endif
  run_test([] {
    std::vector<std::uintptr_t> deep;
    for (int i = 0; i < 100; ++i) {
      spawn([&] {
        sleep(std::chrono::milliseconds(1));
        deep.push_back(go_deep());
      });
    }
    sleep(std::chrono::milliseconds(10));
    EXPECT_EQ(std::count_if(deep.begin(), deep.end(), is_resident), 100);
    sleep(std::chrono::seconds(3));
    EXPECT_EQ(std::count_if(deep.begin(), deep.end(), is_resident), 0);
  });
}

TEST(Stack, TrimInAPlainThreadDoesNothing) { Worker::trim_stack(); }

}  // namespace
}  // namespace loquat::sched
