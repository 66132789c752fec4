// ticks.h - the cheapest clock of the processor: one instruction, no system call, no fixed unit.
//
// Layer: base.
#pragma once

#include <cstdint>

#include "loquat/time.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace loquat {

// Grows with time. To turn a difference into a Duration, compare it with one over a known time.
inline std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
  return __rdtsc();
#elif defined(__aarch64__)
  std::uint64_t count = 0;
  asm volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#else
  return static_cast<std::uint64_t>(Clock::now().time_since_epoch().count());
#endif
}

}  // namespace loquat
