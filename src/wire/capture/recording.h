// recording.h - a trace of the lab as captures: what a capture at one of its ends shows of it.
//
//   Trace trace = read_trace(text);
//   CaptureContents contents = recording_contents(trace);
//   Trace seen = recording_trace(trace, Side::client, 0);
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstddef>

#include "wire/capture/capture_trace.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

// Its connections, as the client's end saw them.
CaptureContents recording_contents(const Trace& trace);

// Connection `stream` as `end` saw it, as capture_trace() tells it. Frames keep their numbers, and what the kernels
// said of their congestion control (Frame::sender, receiver).
Trace recording_trace(const Trace& trace, Side end, std::size_t stream);

}  // namespace loquat::wire
