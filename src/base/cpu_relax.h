// cpu_relax.h - tells the processor that the caller spins.
//
// Layer: base.
#pragma once

namespace loquat {

// Lets the core's other thread, or its power saving, have the time between two looks at a lock. Nothing on processors
// other than x86 and 64-bit ARM.
inline void cpu_relax() noexcept {
#if defined(__i386__) || defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace loquat
