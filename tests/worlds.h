// worlds.h - one test, every World: the kernel by epoll, the kernel by io_uring, and the simulation.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "loquat/run.h"
#include "loquat/testing.h"

namespace loquat {

// Runs body() as the main fiber in the World of that name.
template <class F>
void run_in(const std::string& world, F&& body, std::size_t workers = 1) {
  if (world == "sim") {
    testing::SimOptions options;
    options.workers = workers;
    for (std::uint64_t seed : testing::seeds(5)) {
      SCOPED_TRACE("LOQUAT_SEED=" + std::to_string(seed));
      testing::simulate(seed, body, options);
    }
  } else {
    RunOptions options;
    options.workers = workers;
    options.poller = world == "epoll" ? PollerKind::epoll : PollerKind::uring;
    run(body, options);
  }
}

inline auto world_name = [](const ::testing::TestParamInfo<std::string>& info) { return info.param; };

}  // namespace loquat
