// fibers.cc - what a switch, a spawn with its join and a message cost, in CPU time of the thread.
//
//   bench_fibers        prints "switch NS", "spawn NS", "channel NS" and "across NS"
//
// Switch: two fibers with the same body that each sleep(0), so that every call goes through the scheduler to the other
// fiber; one switch is one call. Spawn: a fiber with an empty body, and its join. Channel: a number from one fiber to
// another of the same worker. Across: the same between two workers, in time that passes.
#include <time.h>

#include <cstdio>

#include "loquat/channel.h"
#include "loquat/run.h"

namespace {

double cpu_ns() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
}

double switch_ns(int calls) {
  auto turns = [calls] {
    for (int i = 0; i < calls; ++i) loquat::sleep(loquat::Duration::zero());
  };
  const double began = cpu_ns();
  auto one = loquat::spawn(turns), other = loquat::spawn(turns);
  one.join();
  other.join();
  return (cpu_ns() - began) / (2.0 * calls);
}

double spawn_ns(int calls) {
  const double began = cpu_ns();
  for (int i = 0; i < calls; ++i) loquat::spawn([] {}).join();
  return (cpu_ns() - began) / calls;
}

void pass(loquat::Channel<int>& channel, std::size_t worker, int messages) {
  auto sender = loquat::spawn_on(worker, [&channel, messages] {
    for (int i = 0; i < messages; ++i) channel.send(i);
  });
  for (int i = 0; i < messages; ++i) channel.recv();
  sender.join();
}

double channel_ns(int messages) {
  loquat::Channel<int> channel;
  const double began = cpu_ns();
  pass(channel, 0, messages);
  return (cpu_ns() - began) / messages;
}

double across_ns(int messages) {
  loquat::Channel<int> channel;
  const loquat::TimePoint began = loquat::now();
  pass(channel, 1, messages);
  return static_cast<double>((loquat::now() - began).count()) / messages;
}

}  // namespace

int main() {
  loquat::run([] {
    switch_ns(10'000);
    spawn_ns(10'000);
    std::printf("switch %.2f\n", switch_ns(2'000'000));
    std::printf("spawn %.2f\n", spawn_ns(500'000));
    std::printf("channel %.2f\n", channel_ns(1'000'000));
  });
  loquat::run([] { std::printf("across %.2f\n", across_ns(200'000)); }, {.workers = 2});
}
