// heartbeat.h - measures how long a fiber waits because another one occupies their worker.
//
// Layer: capi (docs/layers.txt).
#pragma once

#include <atomic>
#include <cstdint>

#include "loquat/time.h"

namespace loquat::capi {

// The longest delay of a beat, in nanoseconds.
struct Lateness {
  std::atomic<std::int64_t> in_all{0};
  std::atomic<std::int64_t> by_fibers{0};  // without the time in which the worker's thread had no processor
};
inline Lateness lateness;

// Runs in a fiber: wakes every `period`, without end, and records in `lateness` how late.
void beat(Duration period);

}  // namespace loquat::capi
