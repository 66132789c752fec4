// faults.h - what is to happen to chosen frames, in words:
//
//   --drop 'c>s data #2'        the second segment with data from the client is lost
//   --delay 's>c fin 200ms'     the server's first FIN takes 200 ms longer
//   --duplicate '#4'            frame 4 comes twice
//   --reorder 'c>s data #1'     it comes after the next frame of its side
//   --corrupt 'c>s data'        one bit of it is turned over
//
//   which    [c>s | s>c] [KIND] [#N | #N-M | all]; nothing said: both sides, every kind, the first.
//   KIND     syn synack ack data fin rst arp icmp udp tcp frame; ack: a segment that carries nothing else.
//   #N       the N-th that fits, from 1. Alone ("#4") the frame's own number.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/trace/trace.h"

namespace loquat::wire {

enum class FrameKind : std::uint8_t { frame, syn, synack, ack, data, fin, rst, arp, icmp, udp, tcp };

struct Fault {
  enum class Kind : std::uint8_t { drop, delay, duplicate, reorder, corrupt, hold };

  Kind kind = Kind::drop;
  std::optional<Side> from{};
  FrameKind what = FrameKind::frame;
  int first = 1, last = 1;  // which of those that fit; INT_MAX: all
  Duration by{};            // delay

  bool fits(Side side, std::span<const std::byte> frame) const;
};

std::string_view name(Fault::Kind kind) noexcept;

// Reads one fault; of a delay the last word is the time ("50ms", "1s"), and "50ms" alone means every frame.
// Throws std::invalid_argument with the words that are not understood and what would be.
Fault parse_fault(Fault::Kind kind, std::string_view text);
// "drop c>s data #2".
std::string str(const Fault& fault);

// "50ms", "1.5s", "200us". Throws std::invalid_argument.
Duration parse_duration(std::string_view text);

// Up to three faults for the first twelve frames, the same for the same seed.
std::vector<Fault> random_faults(std::uint64_t seed);

// Applies faults to frames in the order of sending: counts for each fault what fitted it.
class Faults {
 public:
  void add(const Fault& fault) { watched_.push_back({fault, 0}); }
  // Those that meet this frame.
  std::vector<Fault> meet(Side side, std::span<const std::byte> frame);

 private:
  struct Watched {
    Fault fault;
    int seen = 0;
  };
  std::vector<Watched> watched_;
};

}  // namespace loquat::wire
