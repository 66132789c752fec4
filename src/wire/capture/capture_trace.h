// capture_trace.h - a capture file as traces: which connections it holds, and one of them, or all, with inferred
// states.
//
// True of every call in this file:
//   Numbers   Frames count from 1 in the file, connections from 0, as Wireshark's tcp.stream.
//   Errors    Of a damaged file, what precedes the damage is read; `problem` says what is wrong.
//   Lifetime  Arguments need live only until the call returns.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "codec/capture/reader.h"
#include "wire/capture/tracker.h"
#include "wire/trace/trace.h"

namespace loquat::wire {

struct CaptureContents {
  std::vector<TrackedConnection> connections;
  std::size_t frames = 0;                // all of them
  std::size_t without_tcp = 0;           // of those
  std::size_t unordered = 0;             // frames that are earlier than the one before them
  std::optional<std::uint64_t> dropped;  // by the capturing machine, if the file says so
  std::string problem;                   // empty if the file is whole
};

CaptureContents capture_contents(std::span<const std::byte> file);

// The rows of connection `stream`, or of all frames. If the file has at most one connection, frames without TCP are
// included either way. `name` is the file's, for Begin. If there is no such connection, the trace has no frames.
Trace capture_trace(std::span<const std::byte> file, const std::string& name, std::optional<std::size_t> stream);

// The interfaces of a capture, for Begin: "eth0, eth1; pcapng of 2 interfaces" or empty.
std::string capture_place(const codec::CaptureReader& reader);

}  // namespace loquat::wire
