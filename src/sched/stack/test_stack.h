// test_stack.h - uses a fiber's stack, and asks the kernel which of its pages are in memory.
//
// Layer: sched (tests only).
#pragma once

#include <sys/mman.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "sched/stack/stack.h"

namespace loquat::sched {

// Touches 20 KiB of stack below the caller's frame. Returns the lowest address, for is_resident() only.
[[gnu::noinline]] inline std::uintptr_t go_deep() {
  std::array<volatile char, 20 * 1024> frame;
  for (volatile char& byte : frame) byte = 1;
  return reinterpret_cast<std::uintptr_t>(frame.data());
}

// Whether the page of `address` is in memory. Source: mincore(2).
inline bool is_resident(std::uintptr_t address) {
  unsigned char resident = 0;
  if (::mincore(reinterpret_cast<void*>(address / page_size() * page_size()), page_size(), &resident) != 0)
    return false;
  return (resident & 1) != 0;
}

}  // namespace loquat::sched
