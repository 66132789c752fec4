// frame_text.h - frames in a few words, for the ladder and the drawing.
//
//   Safe      The texts are one line of valid UTF-8 without control characters, whatever the bytes are.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codec/network/segment.h"
#include "wire/text/language.h"
#include "wire/trace/numbering.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

// What a frame without TCP is: "ARP who-has 10.0.0.2".
std::string frame_summary(const Frame& frame);

// A part of an arrow's text. Where space is short, the lightest parts are left out first.
struct LabelPart {
  std::string text;
  int weight = 0;
};

// A frame as it is told: what it carries, and what the trace knows of it.
struct FrameView {
  const Frame& frame;
  std::optional<codec::Segment> segment;
  Numbers numbers;   // of the segment
  std::string port;  // ":40001", if the connection is to be named; else empty
};

// "SYN", "seq=0", "win=64240", "retransmission of #3". `ascii` escapes what else the payload has.
std::vector<LabelPart> frame_label(const FrameView& view, Language language, bool ascii = false);

// If a part of at least this weight is left out, that has to be said.
inline constexpr int remark_weight = 9;

// The parts that fit into `width` cells, in their order: "SYN  seq=0 win=64240". Parts that have to be told and do not
// fit are appended to `left_out`, if that is not null, each followed by ". ".
std::string join_label(const std::vector<LabelPart>& parts, int width, std::string* left_out = nullptr);

// What the kernel of a side counted, without what any connection moves: "The client's kernel counted TcpRetransSegs 1".
// Empty if nothing is left.
std::string counters_text(const Counters& counters, Language language);

}  // namespace loquat::wire
