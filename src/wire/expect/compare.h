// compare.h - whether a trace is as expected: all its frames in this order, and these states between them.
//
//   if (const auto difference = compare(parse_expected(file), trace)) ...
//
//   Order     Frames count in the order of sending, states when they were seen. Between two lines nothing but changes
//             of state may happen; at `...` anything may.
//   States    A line with a state holds if the side is in it after the line above, or comes to be in it before the next
//             frame.
//   Numbers   seq and ack are relative, as the ladder shows them.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wire/expect/script.h"

namespace loquat::wire {

// The line that could not be found, of all ways to read the `...` the one that gets farthest.
struct Difference {
  int line = 0;
  std::string expected{};          // empty: nothing more
  std::string came{};              // "#2 server > client SYN,ACK seq=0 ack=1 (1.1 ms)"; empty: the trace ended
  std::optional<States> states{};  // at that point, if a state was expected
};

std::optional<Difference> compare(const std::vector<ExpectedLine>& expected, const Trace& trace);

// In words, for people: "handshake.txt:2: ...".
Text text_of(const Difference& difference, const std::string& file);

}  // namespace loquat::wire
