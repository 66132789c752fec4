// Prints "N runs, M us": how long it takes to make the two hosts and the wire of a lab, median of N, each in a process
// of its own, as it must be.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <vector>

#include "wire/kernel/network/private_network.h"

namespace {

// The time in microseconds; exits with 1 where there can be no lab.
double set_up_once() {
  int result[2];
  if (::pipe(result) != 0) std::exit(1);
  if (::fork() == 0) {
    double us = -1;
    try {
      const auto start = std::chrono::steady_clock::now();
      const loquat::wire::kernel::PrivateNetwork network({});
      us = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s\n", e.what());
    }
    ::_exit(::write(result[1], &us, sizeof us) == sizeof us ? 0 : 1);
  }
  ::close(result[1]);
  double us = -1;
  if (::read(result[0], &us, sizeof us) != sizeof us || us < 0) std::exit(1);
  ::close(result[0]);
  ::wait(nullptr);
  return us;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<double> times(argc > 1 ? std::max(1, std::atoi(argv[1])) : 21);
  for (double& time : times) time = set_up_once();
  std::nth_element(times.begin(), times.begin() + static_cast<long>(times.size() / 2), times.end());
  std::printf("%zu runs, %.0f us\n", times.size(), times[times.size() / 2]);
}
