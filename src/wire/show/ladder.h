// ladder.h - a trace as a ladder of text: the client's states on the left, the server's on the right, frames as arrows.
//
//   Ladder ladder({.width = 100}, [](std::string_view line) { print(line); });
//   for (each row, as it happens) ladder.add(row);
//   ladder.finish();
//
//   time ms   client 10.0.0.1:40000                          server 10.0.0.2:80
//      0.0   *SYN-SENT      ──── SYN  seq=0 win=64240 ──▶   *SYN-RECEIVED  #1
//      2.0   *ESTABLISHED   ◀─── SYN,ACK  seq=0 ack=1 ───    SYN-RECEIVED  #2
//
// True of every call in this file:
//   Times     Milliseconds since the trace began: when a frame was sent, or, in a row for its arrival, when it arrived.
//   States    Both ends' states after the row's event. A star (and bold type) marks a state that has changed.
//   Crossing  Frames that cross on the wire have two rows each, one for leaving and one for arriving, joined by a
//             vertical line. So add frames while they are held as well, or give the whole trace to draw().
//   Safe      No control character of a trace reaches the output: only draw()'s line ends and, with .colour, the
//             colours' codes.
//   Threads   One caller at a time.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "wire/text/language.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

struct LadderOptions {
  int width = 80;       // cells; 60 to 200 are used
  bool colour = false;  // ANSI codes
  bool ascii = false;   // ASCII only; texts are English then
  Language language = Language::en;
  bool held_at_once = false;  // draw a held frame at once, not when it is known whether it crosses another
  bool name_ports = false;    // from the first row on; else only once there is a second connection
};

class Ladder {
 public:
  // `out` takes one line at a time, without a line end.
  Ladder(const LadderOptions& options, std::function<void(std::string_view)> out);
  ~Ladder();

  void add(const Row& row);
  // Draws the frames that are still on the wire as leaving. Call it once, after the last row.
  void finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The whole ladder of a trace that has ended; its lines end with "\n".
std::string draw(const Trace& trace, LadderOptions options);

}  // namespace loquat::wire
