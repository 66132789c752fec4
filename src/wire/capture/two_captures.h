// two_captures.h - one connection as both of its ends captured it, laid beside each other: which frame was lost on the
// way, which was changed, and which was sent by neither end.
//
//   Times     Are the client's clock. The server's is set so that the shortest way there takes as long as the shortest
//             way back: nobody can tell them apart.
//   States    Of each end: inferred from what that end sent and got, in its own order.
//   Changes   What middleboxes change is told with the frame: addresses, sequence numbers, options, payload. TTL and
//             checksums change always, and are not.
//
// Layer: wire (docs/layers.txt).
#pragma once

#include <stdexcept>

#include "wire/trace/trace.h"

namespace loquat::wire {

// The two captures have nothing in common.
struct CapturesDiffer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// `client` and `server` are traces of one connection each, as capture_trace() returns them.
Trace join_captures(const Trace& client, const Trace& server);

}  // namespace loquat::wire
