// fuzz.h - what the fuzz targets share: cutting input into pieces, and saying what broke.
//
// A target is a file NAME_fuzz.cc with LLVMFuzzerTestOneInput. It runs under libFuzzer (clang) or under driver.cc (any
// compiler, seeded). A broken invariant aborts; the sanitizers see to the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace fuzz {

// Ends the run if `ok` is false. `what` is the invariant in words.
inline void check(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Calls `take` with consecutive pieces of `bytes`, of 1 to 16 bytes or now and then much longer. The cuts depend on the
// bytes only, so that a failing input fails again.
template <class Take>
void in_pieces(std::string_view bytes, Take take) {
  std::uint64_t state = 0x9E3779B97F4A7C15u + bytes.size();
  for (char c : bytes) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  while (!bytes.empty()) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    const std::size_t size = (state >> 60) == 0 ? 1 + (state >> 40) % 5000 : 1 + (state >> 40) % 16;
    take(bytes.substr(0, size));
    bytes.remove_prefix(size < bytes.size() ? size : bytes.size());
  }
}

}  // namespace fuzz
