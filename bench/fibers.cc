// fibers.cc - what a switch and a spawn with its join cost, in CPU time of the thread.
//
//   bench_fibers        prints "switch NS" and "spawn NS"
//
// Switch: two fibers with the same body that each sleep(0), so that every call goes through the scheduler to the other
// fiber; one switch is one call. Spawn: a fiber with an empty body, and its join.
#include <time.h>

#include <cstdio>

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

}  // namespace

int main() {
  loquat::run([] {
    switch_ns(10'000);
    spawn_ns(10'000);
    std::printf("switch %.2f\n", switch_ns(2'000'000));
    std::printf("spawn %.2f\n", spawn_ns(500'000));
  });
}
