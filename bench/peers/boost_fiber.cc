// boost_fiber.cc - the peer on Boost.Fiber, with the jobs of bench/fibers.cc: switch, spawn, channel.
#include <time.h>

#include <boost/fiber/all.hpp>
#include <cstdio>

namespace {

namespace fibers = boost::fibers;

double cpu_ns() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
}

double switch_ns(int calls) {
  const auto turns = [calls] {
    for (int i = 0; i < calls; ++i) boost::this_fiber::yield();
  };
  const double began = cpu_ns();
  fibers::fiber one(turns), other(turns);
  one.join();
  other.join();
  return (cpu_ns() - began) / (2.0 * calls);
}

double spawn_ns(int calls) {
  const double began = cpu_ns();
  for (int i = 0; i < calls; ++i) fibers::fiber([] {}).join();
  return (cpu_ns() - began) / calls;
}

double channel_ns(int messages) {
  fibers::unbuffered_channel<int> channel;
  const double began = cpu_ns();
  fibers::fiber sender([&] {
    for (int i = 0; i < messages; ++i) channel.push(i);
    channel.close();
  });
  for (int i = 0; channel.pop(i) == fibers::channel_op_status::success;) continue;
  sender.join();
  return (cpu_ns() - began) / messages;
}

}  // namespace

int main() {
  switch_ns(10'000);
  std::printf("switch %.2f\n", switch_ns(1'000'000));
  std::printf("spawn %.2f\n", spawn_ns(200'000));
  std::printf("channel %.2f\n", channel_ns(1'000'000));
}
