// faults.h - faults of the wire, written in words:
//
//   --drop 'c>s data #2'        the second segment with data from the client is lost
//   --delay 's>c fin 200ms'     the server's first FIN takes 200 ms longer
//   --duplicate '#4'            frame 4 comes twice
//   --reorder 'c>s data #1'     it comes after the next frame of its side
//   --corrupt 'c>s data'        one bit of it is flipped
//
//   which    [c>s | s>c] [KIND] [#N | #N-M | all]; default: both sides, every kind, the first.
//   KIND     syn synack ack data fin rst arp icmp udp tcp frame; ack: a segment that carries nothing else.
//   #N       the N-th match, from 1. Alone ("#4") it is the frame's own number.
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
  int first = 1, last = 1;  // which of the matches; INT_MAX: all
  Duration by{};            // delay

  bool fits(Side side, std::span<const std::byte> frame) const;
};

std::string_view name(Fault::Kind kind) noexcept;

// Parses one fault. The last word of a delay is the time ("50ms", "1s"); "50ms" alone means every frame. Throws
// std::invalid_argument, which names the unknown words and what is allowed.
Fault parse_fault(Fault::Kind kind, std::string_view text);
// "drop c>s data #2".
std::string str(const Fault& fault);

// "50ms", "1.5s", "200us". Throws std::invalid_argument.
Duration parse_duration(std::string_view text);

// Up to three faults among the first twelve frames; a seed always gives the same ones.
std::vector<Fault> random_faults(std::uint64_t seed);

// Finds the faults that apply to each frame; frames come in the order of sending.
class Faults {
 public:
  // `ordered`: by the user, not by the scenario.
  void add(const Fault& fault, bool ordered) { watched_.push_back({fault, ordered}); }
  struct Met {
    Fault fault;
    bool ordered;
  };
  // The faults that apply to this frame.
  std::vector<Met> meet(Side side, std::span<const std::byte> frame);
  // Whether some ordered fault has applied to a frame.
  bool any_ordered_met() const;
  // The ordered faults that have applied to none.
  std::vector<Fault> ordered_without_frame() const;

 private:
  struct Watched {
    Fault fault;
    bool ordered = false;
    int seen = 0;
    bool met = false;
  };
  std::vector<Watched> watched_;
};

}  // namespace loquat::wire
