// followed_stream.h - what both ends of a captured connection said: the bytes of each direction, once and in order.
//
// True of every call in this file:
//   Trace     As capture_trace() returns it, of one connection.
//   Bytes     Of bytes that were sent more than once, the first count, as for most receivers. What a bad checksum or a
//             comment ("lost") shows not to have arrived does not count, nor does what a RST carries
//             or what follows a FIN. What is sent to an end that has gone counts: it was said.
//   Positions Bytes of a direction, from 0 at its first one; without a SYN, at the first one that was captured.
//
// Layer: wire (docs/layers.txt).  Source: RFC 9293 s.3.4.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "wire/trace/trace.h"

namespace loquat::wire {

// What one end sent, until the other one did or bytes are missing.
struct Turn {
  Side from = Side::client;
  int frame = 0;               // with which the first of its bytes could be read
  Duration at{};               // of that frame
  std::uint64_t position = 0;  // of the first of its bytes
  std::uint64_t missing = 0;   // bytes before that one that were sent and are not in the capture
  std::string bytes;
};

struct FollowedStream {
  struct Change {
    Side from = Side::client;
    int frame = 0;
    bool operator==(const Change&) const = default;
  };
  std::vector<Turn> turns;
  std::vector<Change> changes;  // frames that repeat bytes, but other ones
};

FollowedStream follow_stream(const Trace& trace);

}  // namespace loquat::wire
