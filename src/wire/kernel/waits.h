// waits.h - what a TCP connection waits for, as many short looks at it see it.
//
//   Waits waits;
//   for (each look) waits.add(wait_of(socket), quiet_for(*socket.info));
//   waits.part_of(Wait::peers_word, looked_for);  // how much of that time
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "wire/kernel/sock_diag.h"

namespace loquat::wire::kernel {

enum class Wait : std::uint8_t {
  nothing,
  peers_word,     // all is sent and acknowledged, and we spoke last
  our_word,       // all is read, and the peer spoke last
  a_word,         // both spoke within one tick of the kernel's clock: somebody\'s
  small_segment,  // Nagle's algorithm holds it back until another small one is acknowledged, and that takes its time
};

// With Detail::info at least. Words that are younger than 10 ms count as no wait.
Wait wait_of(const SocketFacts& socket);

enum class Spoke : std::uint8_t { unknown, nobody, us, peer };
// Unknown if both did within a tick of the kernel's clock, some milliseconds.
Spoke who_spoke_last(const TcpInfo& info);
// Since the last byte of either.
Duration quiet_for(const TcpInfo& info);

class Waits {
 public:
  void add(Wait wait, Duration quiet);
  // What was a_word is `word`.
  void clear_up(Wait word);

  int looks() const noexcept { return looks_; }
  int seen(Wait wait) const noexcept { return of_[static_cast<std::size_t>(wait)].looks; }
  Duration part_of(Wait wait, Duration all) const noexcept {
    return looks_ == 0 ? Duration{} : all * seen(wait) / looks_;
  }
  // The longest silence at such a look.
  Duration longest(Wait wait) const noexcept { return of_[static_cast<std::size_t>(wait)].quiet; }

 private:
  struct Of {
    int looks = 0;
    Duration quiet{};
  };

  int looks_ = 0;
  std::array<Of, 5> of_{};
};

}  // namespace loquat::wire::kernel
