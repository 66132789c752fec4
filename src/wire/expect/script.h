// script.h - what a run is expected to show, as somebody writes it by hand: a line for each segment and each state.
//
//   # the handshake
//   client > server SYN
//   server > client SYN,ACK seq=0 ack=1
//   client > server ACK
//   client ESTABLISHED
//   ...                                     anything
//   client > server data 5 lost
//   client > server data 5 +200ms           not earlier than that after the segment of the line above
//
// docs/wire.md lists the words.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "wire/text/text.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

// One line. What is not set is not asked for.
struct ExpectedLine {
  enum class Kind : std::uint8_t { anything, state, segment, arp, icmp, udp, frame };

  int number = 0;      // in the file, from 1
  std::string text{};  // as it stands there, without the comment
  Kind kind = Kind::segment;
  Side side = Side::client;  // the sender, or the one that is in `state`
  State state = State::unknown;
  std::optional<std::uint16_t> flags{};  // codec::tcp; PSH counts only if it is written
  bool data = false;                     // there is some; else there is none if `flags` are set
  std::optional<std::uint32_t> length{}, seq{}, ack{}, window{};
  std::optional<bool> retransmission{}, copy{};
  Fate fate = Fate::delivered;
  Duration later{};  // than the segment before
};

// A line that is not understood: what() names its number and the word. `text` is both languages'.
struct ScriptError : std::invalid_argument {
  explicit ScriptError(const Text& why) : std::invalid_argument(why.en), text(why) {}
  Text text;
};

// Reads a whole file. Throws ScriptError; so does a file without any line.
std::vector<ExpectedLine> parse_expected(std::string_view file);

}  // namespace loquat::wire
