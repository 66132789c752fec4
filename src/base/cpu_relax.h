// cpu_relax.h - tells the processor that the caller spins.
//
// Layer: base.
#pragma once

namespace loquat {

// Leaves the core to its other hardware thread for a moment. Does nothing on processors other than x86 and 64-bit ARM.
inline void cpu_relax() noexcept {
#if defined(__i386__) || defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace loquat
