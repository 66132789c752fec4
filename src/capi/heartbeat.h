// heartbeat.h - how long a fiber waits because another one does not let go of their worker.
//
// Layer: capi (docs/layers.txt).
#pragma once

#include <atomic>
#include <cstdint>

#include "loquat/time.h"

namespace loquat::capi {

// The most that a beat has come late, in nanoseconds.
struct Lateness {
  std::atomic<std::int64_t> in_all{0};
  std::atomic<std::int64_t> by_fibers{0};  // without the time in which the worker's thread had no processor
};
inline Lateness lateness;

// In a fiber: wakes each `period`, for ever, and notes in `lateness` how late.
void beat(Duration period);

}  // namespace loquat::capi
