// Memory runs out in this thread: what must not fail, destructors and close(), does not, and what throws std::bad_alloc
// leaves nothing behind.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cstdlib>
#include <limits>
#include <new>
#include <optional>
#include <string_view>

#include "loquat/file.h"
#include "loquat/socket.h"
#include "loquat/subprocess.h"
#include "tests/children.h"
#include "tests/worlds.h"

namespace {

constexpr int any_number = std::numeric_limits<int>::max();
thread_local int news_left = any_number;  // in this thread, before operator new throws

}  // namespace

void* operator new(std::size_t size) {
  void* const memory = news_left > 0 ? std::malloc(size) : nullptr;
  if (news_left != any_number && news_left > 0) --news_left;
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace loquat {
namespace {

using subprocess::PIPE;
using subprocess::Popen;

class TooLittleMemory : public InWorld {};
INSTANTIATE_TEST_SUITE_P(Worlds, TooLittleMemory, ::testing::Values("epoll", "uring", "threads"), world_name);

// Calls body() with memory for `most` allocations and for each smaller number.
template <class F>
void with_too_little(int most, F body) {
  for (int left = 0; left <= most; ++left) {
    SCOPED_TRACE(left);
    body([left] { news_left = left; });
    news_left = any_number;
  }
}

TEST_P(TooLittleMemory, APopenIsDestroyedAllTheSame) {
  run([] {
    const LeavesNothing check;
    with_too_little(5, [](auto begin) {
      std::optional<Popen> child(std::in_place, subprocess::Args{"sleep", "1000"});
      begin();
      child.reset();
    });
  });
}

TEST_P(TooLittleMemory, AStartThatFailsLeavesNothing) {
  run([] {
    const LeavesNothing check;
    const subprocess::PopenOptions options{.std_in = PIPE, .std_out = PIPE, .env = {{{"PATH", "/usr/bin:/bin"}}}};
    int failed = 0;
    with_too_little(40, [&](auto begin) {
      subprocess::Args args{"sleep", "1000"};
      std::optional<Popen> child;
      begin();
      try {
        child.emplace(std::move(args), options);
      } catch (const std::bad_alloc&) {
        ++failed;
      }
      news_left = any_number;
    });
    EXPECT_GT(failed, 5);
    EXPECT_LT(failed, 40);
  });
}

// close(2) may wait then, so that a thread of the pool calls it.
TEST_P(TooLittleMemory, ASocketThatLingersIsClosedAllTheSame) {
  run([] {
    const LeavesNothing check;
    with_too_little(5, [](auto begin) {
      auto [client, server] = connected();
      const linger ten_seconds{1, 10};
      client.setsockopt(SOL_SOCKET, SO_LINGER,
                        std::string_view(reinterpret_cast<const char*>(&ten_seconds), sizeof ten_seconds));
      begin();
      client.close();
    });
  });
}

TEST_P(TooLittleMemory, AFileIsClosedAllTheSame) {
  run([] {
    const LeavesNothing check;
    with_too_little(5, [](auto begin) {
      for (const char* const path : {"/dev/null", "/etc/passwd"}) {
        std::optional<File> file(std::in_place, ::open(path, O_RDONLY | O_CLOEXEC), File::own);
        begin();
        file.reset();
        news_left = any_number;
      }
    });
  });
}

}  // namespace
}  // namespace loquat
