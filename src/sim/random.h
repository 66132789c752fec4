// random.h - the numbers of a simulation: xoshiro256**, the same on every machine and with every standard library.
//
// Each use has a stream of its own, so that a program which draws one more random byte still gets the same network.
//
// Layer: sim.  Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2021).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "loquat/time.h"

namespace loquat::sim {

// One step of splitmix64: spreads the bits of a seed.
std::uint64_t mix(std::uint64_t value) noexcept;

class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream) noexcept;

  std::uint64_t next() noexcept;
  // 0 to bound - 1; 0 for a bound of 0.
  std::uint64_t below(std::uint64_t bound) noexcept;
  // True once in `n` times; never for 0.
  bool one_in(std::uint64_t n) noexcept { return n != 0 && below(n) == 0; }
  // `min` to `max`, both included.
  Duration between(Duration min, Duration max) noexcept;
  void fill(std::span<std::byte> out) noexcept;

 private:
  std::uint64_t state_[4];
};

}  // namespace loquat::sim
