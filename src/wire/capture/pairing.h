// pairing.h - finds the frames of one capture in another one of the same connection. Internal to two_captures.h.
//
//   Pieces    Cards and kernels cut large segments and join small ones (TSO, GRO). So data is compared in pieces that
//             both captures know: from one beginning or end of a segment to the next.
//   Again     What was sent more than once and arrived less often: a piece that arrived is the last one that was sent
//             before it; with equal IP identifications, that one.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "codec/network/segment.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

// A segment in a capture. Its frame must live as long.
struct Sighting {
  const Frame* frame = nullptr;
  codec::Segment segment;
  std::int64_t time = 0;           // ns, of the capture's own clock
  std::uint32_t seq = 0, ack = 0;  // comparable between the captures
};

struct Pair {
  std::optional<std::size_t> received;  // the first that holds some of it
  std::int64_t time = 0;                // when the last of it was received
  std::size_t missing = 0;              // bytes of it that were never received; all of them, or 1: not received at all
};

struct Pairing {
  std::vector<Pair> sent;                // for each that was sent
  std::vector<std::size_t> unknown;      // received, but nobody was seen to send it
  std::vector<std::size_t> doubled;      // received, but sent less often
  std::optional<std::int64_t> shortest;  // ns on the way, if both clocks were the same
};

// `sent` and `received` go in one direction, each in the order of its capture.
Pairing pair_up(const std::vector<Sighting>& sent, const std::vector<Sighting>& received);

}  // namespace loquat::wire
