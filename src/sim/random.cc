#include "sim/random.h"

#include <bit>

namespace loquat::sim {

std::uint64_t mix(std::uint64_t value) noexcept {
  value += 0x9E3779B97F4A7C15u;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
  return value ^ (value >> 31);
}

Random::Random(std::uint64_t seed, std::uint64_t stream) noexcept {
  std::uint64_t value = mix(seed) ^ mix(~stream);
  for (auto& word : state_) word = value = mix(value);
}

std::uint64_t Random::next() noexcept {
  std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

// The bias of % is below bound / 2^64, which no test can see.
std::uint64_t Random::below(std::uint64_t bound) noexcept { return bound == 0 ? 0 : next() % bound; }

Duration Random::between(Duration min, Duration max) noexcept {
  if (max <= min) return min;
  return min + Duration(static_cast<Duration::rep>(below(static_cast<std::uint64_t>((max - min).count()) + 1)));
}

void Random::fill(std::span<std::byte> out) noexcept {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % 8 == 0) bits = next();
    out[i] = static_cast<std::byte>(bits & 0xFF);
    bits >>= 8;
  }
}

}  // namespace loquat::sim
