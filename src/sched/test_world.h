// test_world.h - a World for the scheduler's tests: a clock that jumps to the next timer, and no network.
//
// Layer: sched (tests only).
#pragma once

#include <string>
#include <vector>

#include "sched/workers.h"

namespace loquat::sched {

#if defined(__SANITIZE_THREAD__)
inline constexpr int fibers_for_a_test = 300;  // gcc 12's TSan makes 200 fibers a second, and dies at 8,128
#else
inline constexpr int fibers_for_a_test = 10'000;
#endif

class TestWorld final : public sys::World {
 public:
  int socket(int, int, int) override { return -1; }
  int bind(int, const sockaddr*, socklen_t) override { return -1; }
  int listen(int, int) override { return -1; }
  int shutdown(int, int) override { return -1; }
  int getsockname(int, sockaddr*, socklen_t*) override { return -1; }
  int getpeername(int, sockaddr*, socklen_t*) override { return -1; }
  int getsockopt(int, int, int, void*, socklen_t*) override { return -1; }
  int setsockopt(int, int, int, const void*, socklen_t) override { return -1; }
  int set_nonblocking(int, bool) override { return -1; }
  int dup(int) override { return -1; }
  int close(int) override { return -1; }
  std::int64_t attempt(sys::Operation&) override { return -1; }
  bool is_kernel() const noexcept override { return false; }
  TimePoint now() noexcept override { return time; }
  void random(std::span<std::byte>) override {}
  int resolve(const char*, const char*, int, int, int, std::vector<sys::ResolvedAddress>&) override { return -1; }
  bool offload(sys::Job* job) override {
    job->run(job);
    return true;
  }

  TimePoint time{};
};

class JumpingPoller final : public Poller {
 public:
  explicit JumpingPoller(TestWorld& world) : world_(world) {}
  bool start(sys::Operation&) override { return true; }
  void cancel(sys::Operation&) override {}
  void wait(TimePoint deadline) override {
    if (deadline != never && deadline > world_.time) world_.time = deadline;
  }
  void wake() noexcept override {}
  const char* name() const noexcept override { return "test"; }

 private:
  TestWorld& world_;
};

class Lines final : public LogSink {
 public:
  void write(LogLevel, std::string_view line) noexcept override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

// Runs body() as the main fiber.
template <class F>
void run_test(F body, LogSink* log) {
  TestWorld world;
  Workers workers(world, {64 * 1024, log});
  workers.add(std::make_unique<JumpingPoller>(world));
  workers[0].enter();
  TaskRef main = workers.start_main(new TaskFor<void, F>({}, std::move(body)));
  workers[0].loop();
  main->throw_failure();
}

// Runs body() as the main fiber and returns what was logged.
template <class F>
std::vector<std::string> run_test(F body) {
  Lines log;
  run_test(std::move(body), &log);
  return log.lines;
}

}  // namespace loquat::sched
