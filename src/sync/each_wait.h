// each_wait.h - cancels a script at each of its waits in turn.
//
// Layer: sync (tests only).
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "loquat/fiber.h"

namespace loquat::sched {

// For n = 1, 2, ...: makes a Scene, calls its script() in a fiber that is cancelled at its wait number n, then check(),
// until a script completes without. Returns the number of waits. No fiber of the scene waits for time to pass.
template <class Scene>
std::uint64_t cancel_at_each_wait() {
  for (std::uint64_t n = 1;; ++n) {
    SCOPED_TRACE("cancelled at wait " + std::to_string(n));
    Scene scene;
    const auto victim = spawn([&] { scene.script(); });
    while (!victim.done() && victim.waits() < n) sleep(Duration::zero());
    const bool reached = victim.waits() >= n;
    victim.cancel();
    victim.join();
    scene.check();
    if (!reached || ::testing::Test::HasFailure()) return n - 1;
  }
}

}  // namespace loquat::sched
